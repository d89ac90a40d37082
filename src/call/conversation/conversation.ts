import type { Transcoder } from "../../audio/transcoder.ts";
import type { ClientEvent, ServerEvent } from "../../model/events.ts";
import { fromApi, RealtimeError } from "../../model/realtime_error.ts";
import type { Reconnects } from "../../model/reconnects.ts";
import type { ModelSession, OpenSession } from "../../model/model.ts";
import type { Log } from "../../observability/log.ts";
import type { Clock } from "../../util/clock.ts";
import { messageOf } from "../../util/errors.ts";
import type { CallInfo, CallLimit } from "../call_summary.ts";
import type { CallState } from "../../observability/reports/call_snapshot.ts";
import type { CallControl } from "../../carrier/carrier.ts";
import type { Journal } from "../journal/journal.ts";
import { historyEvents } from "../journal/transcript_history.ts";
import type { Playback } from "../playback/playback.ts";
import type { HeardItem } from "../playback/playback_ledger.ts";
import type { Tool } from "../tools/tool.ts";
import { holdSound } from "../hold_sound.ts";
import type { Uplink } from "../uplink.ts";
import { AnswerAudio } from "./answer_audio.ts";
import { callContext } from "./call_context.ts";
import { BargeIn } from "./barge_in.ts";
import { LINES, modelInterrupts } from "./instructions.ts";
import { type AwaitedByCaller, CallTimers, MAX_UNNOTICED } from "./call_timers.ts";
import {
  cancelEventId,
  heardOfHistory,
  heardOnly,
  responseCancel,
  responseCreate,
  TURNS_OFF,
} from "./client_events.ts";
import { forgottenTurnMs } from "./deadlines.ts";
import { FunctionCalls } from "./function_calls.ts";
import { Goodbye } from "./goodbye.ts";
import { Greeting } from "./greeting.ts";
import { requestAfterLoss, wasFoundOutLate } from "./handover.ts";
import { ItemSender } from "./item_sender.ts";
import { type LinkHandler, RealtimeLink } from "./realtime_link.ts";
import { ResponseRetry } from "./response_retry.ts";
import { speechMeasure } from "./speech_length.ts";
import { REQUEST_ID, type ResponseRequest, ResponseSequencer } from "./response_sequencer.ts";

/** After waiting this often in vain for an answer, a new session is tried; after once more, the call ends. */
const REPLACE_AT_ATTEMPT = 2;

/**
 * Sessions that may stall without one between them that took a whole turn of the caller; then the line to OpenAI is no
 * good, and neither is a new one.
 */
export const MAX_STALLED_SESSIONS = 3;

/** What a conversation works with. All of it belongs to the call, which also disposes of it. */
export interface ConversationParts {
  info: CallInfo;
  tools: readonly Tool[];
  clock: Clock;
  log: Log;
  transcoder: Transcoder;
  uplink: Uplink;
  playback: Playback;
  control: CallControl;
  openSession: OpenSession;
  reconnects: Reconnects;
  /** The model is unavailable: the call must end with the fallback. */
  onUnavailable: (error: RealtimeError) => void;
  journal: Journal;
  /** A second has passed, in which the call has not said goodbye. */
  onSecond: () => void;
  /** The call has reached a limit: it must {@link Conversation.leave}. */
  onLimit: (limit: CallLimit) => void;
}

/**
 * The talk between caller and model: what OpenAI reports goes in, what is to be played, asked for and told comes out. Owns
 * the link to OpenAI and the state machines of a talk; each of those knows nothing of the others.
 */
export class Conversation implements LinkHandler, Disposable {
  readonly #parts: ConversationParts;
  readonly #sequencer: ResponseSequencer;
  readonly #bargeIn: BargeIn;
  readonly #items: ItemSender;
  readonly #timers: CallTimers;
  readonly #goodbye: Goodbye;
  readonly #answer: AnswerAudio;
  readonly #functions: FunctionCalls;
  readonly #link: RealtimeLink;
  readonly #retry: ResponseRetry;
  readonly #greeting: Greeting;
  #stalledSessions = 0;
  #isCallerSpeaking = false;
  /** The item of the turn that ended last. */
  #lastTurnId = "";

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    const { info, clock } = parts;
    const { business } = info;
    this.#answer = new AnswerAudio(parts);
    this.#sequencer = new ResponseSequencer((eventId, request) => {
      this.#timers.awaitAnswer();
      this.#send(responseCreate(eventId, business, request));
    });
    this.#items = new ItemSender(this.#sequencer);
    this.#bargeIn = new BargeIn(
      {
        unheardMs: () => parts.playback.unheardMs,
        activeResponseId: () => this.#sequencer.activeResponseId,
        isProtected: () => this.#greeting.isProtected(this.#sequencer.activeResponseId, parts.playback),
        callerLevel: () => parts.uplink.level(),
        silence: () => this.#answer.silence(),
        cancel: (responseId) => this.#send(responseCancel(responseId)),
        heardOnly: (item) => this.#tellHeard(item),
      },
      clock,
      { speech: speechMeasure(business), serverCancels: modelInterrupts(business) },
    );
    this.#timers = new CallTimers({ ...business.time, forgottenTurnMs: forgottenTurnMs(business) }, clock, {
      onSilence: () => this.#sequencer.request({ purpose: "prompt", instructions: LINES.silence }),
      onLongSilence: () => this.#goodbye.say(LINES.longSilence, { isFinal: false }),
      onNearEnd: () => {
        parts.journal.isWarned = true;
        this.#sequencer.request({ purpose: "warning", instructions: LINES.nearEnd });
      },
      onEnd: () => parts.onLimit("call_minutes"),
      onSecond: parts.onSecond,
      onOverdue: () => this.#onOverdue(),
      onNoAnswer: (attempt) => this.#onNoAnswer(attempt),
      onHold: () => this.#hold(),
      onForgottenTurn: () => this.#replaceSilent("A turn of the caller did not end."),
      onUnnoticed: (time) => this.#onUnnoticed(time),
      unheardMs: () => parts.playback.unheardMs,
      awaited: () => this.#awaited(),
      signsOfWork: () => this.#link.signsOfWork,
      callerLevel: () => parts.uplink.level(),
    }, parts.journal);
    this.#goodbye = new Goodbye({
      sequencer: this.#sequencer,
      timers: this.#timers,
      control: parts.control,
      isCallerSpeaking: () => this.#isCallerSpeaking,
      onHangUpFailed: (error) => this.#onHangUpFailed(error),
    });
    this.#functions = new FunctionCalls({
      ...parts,
      items: this.#items,
      sequencer: this.#sequencer,
      timers: this.#timers,
      goodbye: this.#goodbye,
      onOverrun: () => parts.onLimit("tool_calls"),
    });
    this.#retry = new ResponseRetry(this.#sequencer, clock, parts.onUnavailable);
    this.#greeting = new Greeting(info);
    const greeting = this.#greeting.request(() => this.#goodbye.hangUpAfterwards());
    if (greeting) this.#sequencer.request(greeting);
    const { connectWithinMs } = business.time;
    this.#link = new RealtimeLink(parts.openSession, clock, this, {
      connectWithinMs,
      reconnects: parts.reconnects,
    });
  }

  /** Bytes handed to OpenAI's socket and not yet taken by the network. */
  get backlogBytes(): number {
    return this.#link.backlogBytes;
  }

  get isOwing(): boolean {
    return !this.#sequencer.isIdle || this.#functions.running > 0;
  }

  get isPaused(): boolean {
    // An answer that is awaited would be lost with its session.
    return !this.#timers.isAwaitingAnswer && this.#sequencer.isIdle && this.#functions.running === 0 &&
      !this.#isCallerSpeaking &&
      this.#parts.playback.unheardMs === 0;
  }

  /** Messages of OpenAI that were not understood: of a type that is not known, or malformed. Counts ended sessions only. */
  get notUnderstood(): { unknown: number; malformed: number } {
    return this.#link.notUnderstood;
  }

  /** What the call is about at present. */
  get state(): CallState {
    if (!this.#link.session) return "connecting";
    if (this.#isCallerSpeaking) return "caller_speaks";
    if (this.#parts.playback.unheardMs > 0) return "answering";
    if (this.#functions.running > 0) return "using_tool";
    return this.#timers.isAwaitingAnswer || !this.#sequencer.isIdle ? "thinking" : "listening";
  }

  /** Tells the model something that happened, and lets it answer. Waits for a session when there is none. */
  tell(text: string): void {
    this.#goodbye.callOff();
    this.#timers.activity();
    this.#items.sendTextSoon(text);
    this.#sequencer.request({ purpose: "continue" });
  }

  /** Keys that the caller pressed one after another. Without a session there is no need to tell: the history has them. */
  keysPressed(digits: string): void {
    this.#goodbye.callOff();
    this.#functions.turnBegan();
    this.#timers.activity();
    if (this.#items.isConnected) {
      this.#items.sendText(`The caller pressed the keys ${[...digits].join(" ")}.`);
    }
    this.#sequencer.request({ purpose: "continue" });
  }

  /** The caller is to be put through to somebody at once: cuts off whatever is said at present, a goodbye too. */
  giveWay(): void {
    this.#goodbye.giveWay();
    this.#bargeIn.interruptNow();
  }

  /** The caller is asked to wait, while something takes longer than it should. */
  askToWait(): void {
    this.#sequencer.request({ purpose: "filler", instructions: LINES.wait });
  }

  /** The session takes no audio any more: another one is needed. */
  sessionStalled(): void {
    const error = new RealtimeError("retryable", "realtime_stalled", "OpenAI takes no audio any more.");
    if (++this.#stalledSessions >= MAX_STALLED_SESSIONS) return this.#parts.onUnavailable(error);
    this.#link.replace(error);
  }

  /** Says goodbye by `line` and hangs up when it was heard, whatever the caller says meanwhile. */
  leave(line: string): void {
    this.#goodbye.say(line, { isFinal: true });
  }

  [Symbol.dispose](): void {
    this.#retry[Symbol.dispose]();
    this.#bargeIn[Symbol.dispose]();
    this.#timers[Symbol.dispose]();
    this.#functions[Symbol.dispose]();
    this.#link[Symbol.dispose]();
  }

  onUp(session: ModelSession, isFirst: boolean): void {
    const { clock, info, journal, log, uplink } = this.#parts;
    log.info(isFirst ? "agent_ready" : "agent_back");
    this.#answer.sessionBegan();
    this.#functions.sessionBegan();
    if (this.#greeting.isToMachine) session.send(TURNS_OFF); // its beep is no turn, and interrupts nothing
    const context = callContext(info, clock.epoch());
    if (context) session.send(context); // first: what comes later may say otherwise
    for (const event of historyEvents(journal.transcript.entries())) session.send(event);
    this.#items.attach(session);
    uplink.attach(session);
    this.#sequencer.open();
  }

  onDown(error: RealtimeError): void {
    this.#parts.log.warn("agent_down", { code: error.code, message: error.message });
    this.#parts.uplink.detach();
    this.#items.detach();
    this.#functions.sessionLost();
    // What came of the answer is played; the rest of it never comes.
    this.#answer.finish();
    this.#parts.journal.sessionLost();
    const { activeResponseId, activeRequest } = this.#sequencer;
    this.#sequencer.close();
    const request = requestAfterLoss({
      responseId: activeResponseId,
      request: activeRequest,
      heardResponseId: this.#answer.responseId,
      runningTools: this.#functions.running,
      isCallerSpeaking: this.#isCallerSpeaking,
      isAnswerOwed: this.#timers.isAwaitingAnswer && this.#sequencer.isIdle,
      lastWords: this.#parts.journal.transcript.wordsOf(this.#lastTurnId),
      isUnheard: wasFoundOutLate(error) && this.#sequencer.isIdle && !this.#goodbye.isUnderWay,
    });
    if (request) this.#sequencer.request(request);
    this.#timers.turnLost();
    this.#isCallerSpeaking = false;
  }

  onUnavailable(error: RealtimeError): void {
    this.#parts.onUnavailable(error);
  }

  onAudioDelta(text: string, start: number, end: number, itemId: string, responseId: string): void {
    if (this.#bargeIn.isSilenced(responseId)) return;
    this.#timers.answering();
    this.#answer.delta(text, start, end, itemId, responseId);
  }

  onEvent(event: ServerEvent): void {
    this.#parts.journal.event(event);
    if (this.#functions.event(event)) this.#timers.answered();
    switch (event.type) {
      case "input_audio_buffer.speech_started":
        this.#isCallerSpeaking = true;
        this.#goodbye.callOff();
        this.#sequencer.callerStarted();
        this.#timers.callerStarted();
        return this.#bargeIn.speechStarted(event.audio_start_ms);
      case "input_audio_buffer.speech_stopped":
        this.#lastTurnId = event.item_id;
        this.#functions.turnBegan();
        return this.#turnEnded(event.audio_end_ms);
      case "input_audio_buffer.committed":
        // The turn's end has been told already, unless that event was lost.
        if (this.#isCallerSpeaking) this.#turnEnded();
        return;
      case "conversation.item.added":
        return this.#sequencer.itemAdded(event.item.id ?? "");
      case "response.created":
        return this.#onResponseCreated(event.response);
      case "response.output_audio.done":
        return this.#answer.itemDone(event.item_id);
      case "response.done":
        return this.#onResponseDone(event.response);
    }
  }

  #turnEnded(audioEndMs?: number): void {
    this.#isCallerSpeaking = false;
    this.#stalledSessions = 0;
    this.#timers.callerStopped();
    this.#bargeIn.speechStopped(audioEndMs);
  }

  #onResponseCreated(response: { id?: string; metadata?: Record<string, string> | null }): void {
    const responseId = response.id ?? "";
    this.#sequencer.created(responseId, response.metadata?.[REQUEST_ID]);
    this.#timers.answerBegun();
    const { activeRequest, isActiveAskedFor } = this.#sequencer;
    this.#greeting.responseCreated(responseId, activeRequest?.purpose);
    // The greeting is for a caller who says hello first, too; and a goodbye that is still wanted then is final.
    const mayTalkOver = activeRequest?.purpose === "greeting" || activeRequest?.purpose === "goodbye";
    if (this.#isCallerSpeaking && isActiveAskedFor && !mayTalkOver) this.#bargeIn.begunWhileSpeaking();
  }

  #onResponseDone(response: Extract<ServerEvent, { type: "response.done" }>["response"]): void {
    const status = response.status ?? "completed";
    const request = this.#sequencer.activeRequest;
    // One that was cancelled or failed is no answer: the next one is owed by the same measure. So is one that is asked for
    // below, which is why this comes first.
    if (status === "completed" || status === "incomplete") this.#timers.answered();
    this.#functions.responseDone(response.id ?? "", status);
    this.#sequencer.done(response.id ?? "", status, response.metadata?.[REQUEST_ID]);
    if (status !== "failed") return this.#retry.succeeded();
    const error = fromApi(response.status_details?.error ?? {});
    this.#parts.log.warn("response_failed", { code: error.code, message: error.message });
    this.#retry.failed(error, request);
  }

  onError(error: RealtimeError, eventId: string | undefined): void {
    if (this.#sequencer.refused(error.code, eventId)) return;
    const active = this.#sequencer.activeResponseId;
    if (active !== undefined && eventId === cancelEventId(active)) return this.#endUnseen(active);
    this.#parts.log.warn("realtime_error", { code: error.code, message: error.message, eventId });
  }

  /** What the caller waits for, who does not speak. */
  #awaited(): AwaitedByCaller {
    if (!this.#link.session) return "session";
    // Pauses and tools have time-outs of their own.
    if (this.#sequencer.isHeld || this.#functions.running > 0) return "something";
    if (!this.#sequencer.isIdle || this.#timers.isAwaitingAnswer) return "answer";
    return this.#goodbye.isUnderWay ? "something" : "nothing";
  }

  #onNoAnswer(attempt: number): void {
    this.#parts.log.warn("no_answer", { attempt });
    const message = "The model did not answer in time.";
    if (attempt > REPLACE_AT_ATTEMPT) return this.#parts.onUnavailable(modelSilent(message));
    const active = this.#sequencer.activeResponseId;
    // All of it was heard, and only its end has got lost.
    const isHeardOut = active === this.#answer.responseId && !this.#answer.isUnfinished;
    if (active !== undefined && isHeardOut && !this.#sequencer.isAbandoned) return this.#endUnseen(active);
    // A session that does not even react to what it is asked is asked no more.
    if (attempt === REPLACE_AT_ATTEMPT || this.#sequencer.isUnconfirmed) {
      this.#timers.skipTo(REPLACE_AT_ATTEMPT);
      return this.#link.replace(modelSilent(message));
    }
    this.#askAgain(active);
  }

  /** The active response, if there is one, does not go on: it is given up, and what it was to say is asked for again. */
  #askAgain(active: string | undefined): void {
    const request = this.#sequencer.activeRequest;
    let again: ResponseRequest = request ?? { purpose: "retry" };
    if (active !== undefined) {
      const isHeard = active === this.#answer.responseId;
      if (isHeard && request?.purpose !== "goodbye") {
        again = { purpose: "handover", instructions: LINES.handover, onDone: request?.onDone };
      }
      if (isHeard) this.#answer.finish();
      this.#bargeIn.disown(active);
      this.#sequencer.abandon();
      this.#send(responseCancel(active));
    }
    this.#sequencer.callerIgnored();
    this.#sequencer.request(again);
  }

  /** The active response is over, although nobody said so. */
  #endUnseen(responseId: string): void {
    this.#functions.responseDone(responseId, "completed");
    this.#sequencer.done(responseId, "completed");
  }

  #onUnnoticed(time: number): void {
    this.#parts.log.warn("caller_unnoticed", { time });
    // A second sound that it does not notice shows that it does not listen.
    if (time === MAX_UNNOTICED) return this.#replaceSilent("The session does not notice the caller.");
    this.#sequencer.request({ purpose: "prompt", instructions: LINES.unnoticed });
  }

  #replaceSilent(message: string): void {
    this.#link.replace(modelSilent(message));
  }

  /** Lets a caller who waits hear that the line lives. A machine that takes a message is not to record it. */
  #hold(): void {
    if (!this.#greeting.isToMachine) this.#answer.hold(holdSound());
  }

  #tellHeard(item: HeardItem): void {
    this.#send(
      this.#answer.isOfThisSession(item.itemId)
        ? heardOnly(item)
        : heardOfHistory(this.#parts.journal.transcript.textOf(item.itemId)),
    );
  }

  /** The goodbye has not ended the call. */
  #onOverdue(): void {
    this.#parts.log.warn("goodbye_overdue");
    // It waits for a caller who talks on and on: then it is said all the same, and there is as much time again.
    if (this.#goodbye.isUnsaid && this.#isCallerSpeaking) return this.#sequencer.callerIgnored();
    if (this.#goodbye.isUnsaid) {
      return this.#parts.onUnavailable(modelSilent("There was no goodbye in time."));
    }
    this.#bargeIn.interruptNow();
    this.#parts.control.hangUp().catch((error) => this.#onHangUpFailed(error));
  }

  #onHangUpFailed(error: unknown): void {
    this.#parts.log.error("hang_up_failed", { message: messageOf(error) });
  }

  #send(event: ClientEvent): void {
    this.#link.session?.send(event);
  }
}

function modelSilent(message: string): RealtimeError {
  return new RealtimeError("retryable", "model_silent", message);
}
