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
import { AnswersOwed, modelSilent } from "./answers_owed.ts";
import { type AwaitedByCaller, CallTimers } from "./call_timers.ts";
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
import { LateWords, OwedWords } from "./late_words.ts";
import { OpenInterruption, SHORT_REST_MS } from "./open_interruption.ts";
import { requestAfterLoss, wasFoundOutLate } from "./handover.ts";
import { ItemSender } from "./item_sender.ts";
import { type LinkHandler, RealtimeLink } from "./realtime_link.ts";
import { ResponseRetry } from "./response_retry.ts";
import { speechMeasure } from "./speech_length.ts";
import { REQUEST_ID, ResponseSequencer } from "./response_sequencer.ts";

/**
 * Sessions that may stall without one between them that took a whole turn of the caller; then the line to
 * OpenAI is no good, and neither is a new one.
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
 * The talk between caller and model: what OpenAI reports goes in, what is to be played, asked for and told
 * comes out. Owns the link to OpenAI and the state machines of a talk; each of those knows nothing of the
 * others.
 */
export class Conversation implements LinkHandler, Disposable {
  readonly #parts: ConversationParts;
  readonly #sequencer: ResponseSequencer;
  readonly #bargeIn: BargeIn;
  readonly #items: ItemSender;
  readonly #timers: CallTimers;
  readonly #goodbye: Goodbye;
  readonly #answer: AnswerAudio;
  readonly #owed: AnswersOwed;
  readonly #functions: FunctionCalls;
  readonly #link: RealtimeLink;
  readonly #retry: ResponseRetry;
  readonly #greeting: Greeting;
  readonly #interruption: OpenInterruption;
  readonly #owedWords = new OwedWords();
  #stalledSessions = 0;
  #isCallerSpeaking = false;
  /** What the caller waits for, that is neither an answer nor a tool. */
  #atWork = 0;
  /** The item of the turn that ended last. */
  #lastTurnId = "";

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    const { info, clock } = parts;
    const { business } = info;
    this.#answer = new AnswerAudio({ ...parts, onTooLong: (cut) => this.#onTooLong(cut) });
    this.#sequencer = new ResponseSequencer((eventId, request) => {
      this.#timers.awaitAnswer();
      this.#send(responseCreate(eventId, business, request));
    });
    this.#items = new ItemSender(this.#sequencer);
    this.#bargeIn = new BargeIn(
      {
        unheardMs: () => parts.playback.unheardMs,
        activeResponseId: () => this.#sequencer.activeResponseId,
        isProtected: () => this.#isProtected,
        callerLevel: () => parts.uplink.level(),
        silence: (isByVoice) => isByVoice ? this.#interruption.silence() : this.#interruption.silenceNow(),
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
      onNoAnswer: (attempt) => this.#owed.missing(attempt),
      onHold: () => this.#hold(),
      onForgottenTurn: () => this.#owed.turnForgotten(),
      onLongTurn: (time) => this.#onLongTurn(time),
      onUnnoticed: (time) => this.#owed.unnoticed(time),
      unheardMs: () => parts.playback.unheardMs,
      awaited: () => this.#awaited(),
      isThinking: () => this.#owed.isThinking,
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
    this.#interruption = new OpenInterruption({
      ...parts,
      business,
      answer: this.#answer,
      sequencer: this.#sequencer,
      timers: this.#timers,
      bargeIn: this.#bargeIn,
      send: (event) => this.#send(event),
      cancel: (responseId) => this.#send(responseCancel(responseId)),
      onStands: () => this.#goodbye.callOff(),
      isLeaving: () => this.#goodbye.isUnderWay,
    });
    this.#functions = new FunctionCalls({
      ...parts,
      items: this.#items,
      sequencer: this.#sequencer,
      timers: this.#timers,
      goodbye: this.#goodbye,
      onOverrun: () => parts.onLimit("tool_calls"),
    });
    this.#owed = new AnswersOwed({
      sequencer: this.#sequencer,
      bargeIn: this.#bargeIn,
      answer: this.#answer,
      functions: this.#functions,
      log: parts.log,
      send: (event) => this.#send(event),
      replaceSession: (error) => this.#link.replace(error),
      onUnavailable: parts.onUnavailable,
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

  /**
   * Messages of OpenAI that were not understood: of a type that is not known, or malformed. Counts ended
   * sessions only.
   */
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
    this.#timers.somebodyActed();
    this.#makeWay();
    this.#items.sendTextSoon(text);
    this.#sequencer.request({ purpose: "continue" });
  }

  /**
   * Lets the model know something that the caller did not say. `isToBeSaid`: it tells the caller at once.
   * Without a session there is no need to send it: the history has it as a note.
   */
  inform(text: string, isToBeSaid: boolean): void {
    if (isToBeSaid) {
      this.#goodbye.callOff();
      this.#timers.somebodyActed();
      this.#makeWay();
    }
    if (this.#items.isConnected) this.#items.sendText(text, "system");
    if (isToBeSaid) this.#sequencer.request({ purpose: "continue" });
  }

  /** True while a goodbye is said that ends the call whatever the caller says. */
  get isLastGoodbye(): boolean {
    return this.#goodbye.isFinal;
  }

  /** The caller presses keys, which make no entry yet. */
  keyPressed(): void {
    this.#timers.keyPressed();
    if (!this.#goodbye.isUnderWay) this.#makeWay();
  }

  /**
   * Keys that the caller pressed one after another. Without a session there is no need to tell: the history
   * has them.
   */
  keysPressed(digits: string): void {
    this.#goodbye.callOff();
    this.#functions.turnBegan();
    this.#timers.somebodyActed();
    this.#makeWay();
    if (this.#items.isConnected) {
      this.#items.sendText(`The caller pressed the keys ${[...digits].join(" ")}.`);
    }
    this.#sequencer.request({ purpose: "continue" });
  }

  /**
   * The caller is to be put through to somebody at once: cuts off whatever is said at present, a goodbye too.
   */
  giveWay(): void {
    this.#goodbye.giveWay();
    this.#bargeIn.interruptNow();
  }

  /** The caller waits for `work`, and is not silent meanwhile. */
  async waitFor(work: Promise<void>): Promise<void> {
    this.#atWork++;
    try {
      await work;
    } finally {
      this.#atWork--;
    }
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
    if (!this.#goodbye.isUnderWay) this.#makeWay();
    this.#goodbye.say(line, { isFinal: true });
  }

  /**
   * The call is over: what still played ends where it was heard. Returns what is left to wait for; undefined
   * when nothing is.
   */
  end(): LateWords | undefined {
    const { info, journal, clock, uplink } = this.#parts;
    this.#answer.end();
    const isLoud = uplink.level() !== "quiet";
    const sound = {
      isSpeaking: this.#isCallerSpeaking,
      isLoud,
      responseId: this.#sequencer.activeResponseId,
    };
    const owed = this.#owedWords;
    if (info.business.transcription === null || (owed.count === 0 && !sound.isSpeaking && !isLoud)) return;
    uplink.finish();
    const session = this.#link.handOver();
    return session && new LateWords({ session, owed, journal, clock, sound });
  }

  [Symbol.dispose](): void {
    this.#retry[Symbol.dispose]();
    this.#bargeIn[Symbol.dispose]();
    this.#interruption[Symbol.dispose]();
    this.#timers[Symbol.dispose]();
    this.#functions[Symbol.dispose]();
    this.#link[Symbol.dispose]();
  }

  onUp(session: ModelSession, isFirst: boolean): void {
    const { clock, info, journal, log, uplink } = this.#parts;
    log.info(isFirst ? "agent_ready" : "agent_back");
    this.#answer.sessionBegan();
    this.#interruption.sessionBegan();
    this.#owedWords.clear();
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
    if (this.#bargeIn.isSilenced(responseId) && !this.#interruption.takes(itemId)) return;
    this.#interruption.audioBegins(responseId);
    this.#timers.answering();
    this.#answer.delta(text, start, end, itemId, responseId);
  }

  onEvent(event: ServerEvent): void {
    this.#parts.journal.event(event);
    this.#owedWords.event(event);
    const isRefused = "response_id" in event && this.#interruption.isRefused(event.response_id);
    if (!isRefused && this.#functions.event(event)) {
      this.#timers.answered();
      if ("response_id" in event) this.#owed.called(event.response_id);
    }
    switch (event.type) {
      case "input_audio_buffer.timeout_triggered":
        return this.#timers.machineTalks();
      case "conversation.item.input_audio_transcription.completed":
        if (event.transcript.trim()) this.#timers.somebodyActed();
        return this.#interruption.transcribed(event.item_id, event.transcript);
      case "input_audio_buffer.speech_started":
        if (this.#timers.isNoise) return;
        this.#isCallerSpeaking = true;
        this.#interruption.speechStarted(event, this.#isProtected);
        if (!this.#interruption.isOpen) this.#goodbye.callOff();
        this.#sequencer.callerStarted();
        this.#timers.callerStarted();
        return this.#bargeIn.speechStarted(event.audio_start_ms);
      case "input_audio_buffer.speech_stopped":
        this.#lastTurnId = event.item_id;
        this.#functions.turnBegan();
        this.#turnEnded(event.audio_end_ms);
        return this.#interruption.speechStopped(event);
      case "conversation.item.input_audio_transcription.failed":
        return this.#interruption.transcribed(event.item_id, undefined);
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
      case "response.output_item.done":
        return this.#interruption.itemDone(event);
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

  #onLongTurn(time: number): void {
    this.#isCallerSpeaking = false;
    this.#bargeIn.speechStopped();
    this.#owed.turnTooLong(time);
  }

  #onResponseCreated(response: { id?: string; metadata?: Record<string, string> | null }): void {
    const responseId = response.id ?? "";
    this.#sequencer.created(responseId, response.metadata?.[REQUEST_ID]);
    this.#timers.answerBegun();
    const { activeRequest, isActiveAskedFor } = this.#sequencer;
    this.#greeting.responseCreated(responseId, activeRequest?.purpose);
    // The greeting is for a caller who says hello first, too; and a goodbye that is still wanted then is
    // final.
    const mayTalkOver = activeRequest?.purpose === "greeting" || activeRequest?.purpose === "goodbye";
    if (this.#isCallerSpeaking && isActiveAskedFor && !mayTalkOver) this.#bargeIn.begunWhileSpeaking();
    this.#interruption.responseCreated(responseId, isActiveAskedFor);
  }

  #onResponseDone(response: Extract<ServerEvent, { type: "response.done" }>["response"]): void {
    const status = response.status ?? "completed";
    const reason = response.status_details?.reason;
    if (status === "incomplete" || status === "cancelled") {
      this.#parts.log.info(`response_${status}`, { reason });
    }
    const request = this.#sequencer.activeRequest;
    // One that was cancelled or failed is no answer: the next one is owed by the same measure. So is one that
    // is asked for below, which is why this comes first.
    const isUnheard = this.#owed.isUnheard(response, status);
    if (!isUnheard && (status === "completed" || status === "incomplete")) this.#timers.answered();
    this.#functions.responseDone(response.id ?? "", status);
    this.#sequencer.done(response.id ?? "", isUnheard ? "failed" : status, response.metadata?.[REQUEST_ID]);
    this.#interruption.responseDone(response.id ?? "", status);
    // A caller who speaks is owed the answer to that, and no other.
    if (isUnheard && !(this.#isCallerSpeaking && !request)) return this.#owed.unheard(response, request);
    if (status !== "failed") {
      this.#owed.heard();
      return this.#retry.succeeded();
    }
    const error = fromApi(response.status_details?.error ?? {});
    this.#parts.log.warn("response_failed", { code: error.code, message: error.message });
    this.#retry.failed(error, request);
  }

  onError(error: RealtimeError, eventId: string | undefined): void {
    if (this.#sequencer.refused(error.code, eventId)) return;
    const active = this.#sequencer.activeResponseId;
    if (active !== undefined && eventId === cancelEventId(active)) return this.#owed.endUnseen(active);
    this.#parts.log.warn("realtime_error", { code: error.code, message: error.message, eventId });
  }

  /** What the caller waits for, who does not speak. */
  #awaited(): AwaitedByCaller {
    if (!this.#link.session) return "session";
    // Pauses and tools have time-outs of their own.
    const { control } = this.#parts;
    const isBusy = this.#functions.running > 0 || this.#atWork > 0 || control.exit !== undefined;
    if (this.#sequencer.isHeld || isBusy) return "something";
    if (!this.#sequencer.isIdle || this.#timers.isAwaitingAnswer) return "answer";
    return this.#goodbye.isUnderWay ? "something" : "nothing";
  }

  /** Lets a caller who waits hear that the line lives. A machine that takes a message is not to record it. */
  #hold(): void {
    if (!this.#greeting.isToMachine) this.#answer.hold(holdSound());
  }

  /**
   * Something else is to be said at once: what still plays or is being made is cut off where it was heard,
   * unless so little of it is left that it may as well be heard out.
   */
  #makeWay(): void {
    const { playback } = this.#parts;
    const isBusy = playback.unheardMs > SHORT_REST_MS || this.#sequencer.activeResponseId !== undefined;
    if (!isBusy || this.#isProtected || this.#greeting.isToMachine) return;
    this.#bargeIn.interruptNow();
  }

  get #isProtected(): boolean {
    return this.#goodbye.isFinal ||
      this.#greeting.isProtected(this.#sequencer.activeResponseId, this.#parts.playback);
  }

  /** No more of an answer can wait: it ends where the buffer does. */
  #onTooLong(cut: HeardItem): void {
    this.#bargeIn.disown(cut.responseId);
    if (this.#sequencer.activeResponseId === cut.responseId) this.#send(responseCancel(cut.responseId));
    this.#parts.journal.cutShort(cut);
    this.#tellHeard(cut);
  }

  #tellHeard(item: HeardItem): void {
    if (this.#interruption.retells(item)) return;
    this.#send(
      this.#answer.isOfThisSession(item.itemId)
        ? heardOnly(item)
        : heardOfHistory(this.#parts.journal.transcript.textOf(item.itemId)),
    );
  }

  /** The goodbye has not ended the call. */
  #onOverdue(): void {
    this.#parts.log.warn("goodbye_overdue");
    // It waits for a caller who talks on and on: then it is said all the same, and there is as much time
    // again.
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
