import type { Transcoder } from "../../audio/transcoder.ts";
import type { CallControl } from "../../carrier/carrier.ts";
import type { ClientEvent } from "../../model/events.ts";
import type { OpenSession } from "../../model/model.ts";
import type { RealtimeError } from "../../model/realtime_error.ts";
import type { Reconnects } from "../../model/reconnects.ts";
import type { Log } from "../../observability/log.ts";
import type { Clock } from "../../util/clock.ts";
import { messageOf } from "../../util/errors.ts";
import type { CallInfo, CallLimit } from "../call_summary.ts";
import { clipMs, type HoldClip } from "../hold/hold_clip.ts";
import { HoldTurns } from "../hold/hold_turns.ts";
import type { Journal } from "../journal/journal.ts";
import type { Playback } from "../playback/playback.ts";
import type { HeardItem } from "../playback/playback_ledger.ts";
import { CARRIED_ITEM } from "../suspended_calls.ts";
import type { Tool } from "../tools/tool.ts";
import type { Uplink } from "../uplink.ts";
import { AnswerAudio } from "./answer_audio.ts";
import { AnswersOwed, modelSilent } from "./answers_owed.ts";
import { isQuestion, saysGoodbye } from "./backchannels.ts";
import { BargeIn } from "./barge_in.ts";
import { BrokenAnswers } from "./broken_answers.ts";
import { CallTimers } from "./call_timers.ts";
import { CallerTurn } from "./caller_turn.ts";
import { heardOfHistory, heardOnly, responseCancel, responseCreate } from "./client_events.ts";
import { type AwaitedByCaller, forgottenTurnMs } from "./deadlines.ts";
import { FunctionCalls } from "./function_calls.ts";
import { Goodbye } from "./goodbye.ts";
import { Greeting } from "./greeting.ts";
import { LINES, modelInterrupts } from "./instructions.ts";
import { ItemSender } from "./item_sender.ts";
import { OwedWords } from "./late_words.ts";
import { OpenInterruption } from "./open_interruption.ts";
import { type LinkHandler, RealtimeLink } from "./realtime_link.ts";
import { ResponseRetry } from "./response_retry.ts";
import { type ResponseRequest, ResponseSequencer } from "./response_sequencer.ts";
import { speechMeasure } from "./speech_length.ts";
import { StalledSessions } from "./handover.ts";

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
  /** Sentences for a caller who waits, as far as there are any by now. Default: there are none. */
  holdClips?: () => readonly HoldClip[];
  /** True while the caller has pressed keys that the model will be told of in a moment. Default: never. */
  isTyping?: () => boolean;
  /** A second has passed, in which the call has not said goodbye. */
  onSecond: () => void;
  /** The call has reached a limit: it must say goodbye and hang up. */
  onLimit: (limit: CallLimit) => void;
}

/**
 * The state machines of a conversation, wired to each other: each is a file of its own, and knows nothing of
 * the others but what it is told.
 */
export class ConversationMachines implements Disposable {
  readonly answer: AnswerAudio;
  readonly bargeIn: BargeIn;
  readonly brokenAnswers: BrokenAnswers;
  readonly functions: FunctionCalls;
  readonly goodbye: Goodbye;
  readonly holdTurns: HoldTurns;
  readonly greeting: Greeting;
  readonly interruption: OpenInterruption;
  readonly items: ItemSender;
  readonly link: RealtimeLink;
  readonly owed: AnswersOwed;
  readonly owedWords = new OwedWords();
  readonly retry: ResponseRetry;
  readonly sequencer: ResponseSequencer;
  readonly stalledSessions = new StalledSessions();
  readonly timers: CallTimers;
  readonly turn = new CallerTurn(this);
  /** How much the caller waits for that is neither an answer nor a tool. */
  atWork = 0;

  /** @param handlerOf makes what is told of the model's sessions; it is told nothing before this returns */
  constructor(
    readonly parts: ConversationParts,
    handlerOf: (machines: ConversationMachines) => LinkHandler,
  ) {
    const { info, clock } = parts;
    const { business } = info;
    const send = (event: ClientEvent) => this.#send(event);
    const replaceSession = (error: RealtimeError) => this.link.replace(error);
    this.holdTurns = new HoldTurns(parts.holdClips ?? (() => []));
    this.answer = new AnswerAudio({
      ...parts,
      onTooLong: (cut) => this.#onTooLong(cut),
      onWaitOver: () => this.holdTurns.over(),
    });
    this.sequencer = new ResponseSequencer((eventId, request) => {
      this.timers.answer.begin();
      this.#send(responseCreate(eventId, business, this.#worded(request)));
    });
    this.items = new ItemSender(this.sequencer);
    this.bargeIn = new BargeIn(
      {
        unheardMs: () => parts.playback.unheardMs,
        activeResponseId: () => this.sequencer.activeResponseId,
        isProtected: () => this.isProtected,
        callerLevel: () => parts.uplink.level(),
        silence: (isByVoice) => isByVoice ? this.interruption.silence() : this.interruption.silenceNow(),
        cancel: (responseId) => this.#send(responseCancel(responseId)),
        heardOnly: (item) => this.#tellHeard(item),
      },
      clock,
      { speech: speechMeasure(business), serverCancels: modelInterrupts(business) },
    );
    this.timers = new CallTimers({ ...business.time, forgottenTurnMs: forgottenTurnMs(business) }, clock, {
      onShortSilence: () => this.brokenAnswers.remindsOfPromise(),
      onSilence: () => this.#onSilence(),
      onLongSilence: () => this.goodbye.say(LINES.longSilence, { isFinal: false }),
      onNearEnd: () => {
        parts.journal.isWarned = true;
        this.sequencer.request({ purpose: "warning", instructions: LINES.nearEnd });
      },
      onEnd: () => parts.onLimit("call_minutes"),
      onSecond: parts.onSecond,
      onOverdue: () => this.#onOverdue(),
      onNoAnswer: (attempt) => this.owed.missing(attempt),
      onHold: (awaited) => this.#hold(awaited),
      hasHoldWords: () => this.holdTurns.hasFirstWords,
      onForgottenTurn: () => this.turn.forgotten(),
      onLongTurn: (time) => this.turn.tooLong(time),
      onUnnoticed: (time) => this.owed.unnoticed(time),
      unheardMs: () => parts.playback.unheardMs,
      awaited: () => this.#awaited(),
      isThinking: () => this.owed.isThinking,
      signsOfWork: () => this.link.signsOfWork,
      callerLevel: () => parts.uplink.level(),
    }, parts.journal);
    this.goodbye = new Goodbye({
      sequencer: this.sequencer,
      timers: this.timers,
      control: parts.control,
      isCallerSpeaking: () => this.turn.isSpeaking,
      isInterruptionOpen: () => this.interruption.isOpen,
      onHangUpFailed: (error) => this.#onHangUpFailed(error),
    });
    this.interruption = new OpenInterruption({
      ...parts,
      business,
      answer: this.answer,
      sequencer: this.sequencer,
      timers: this.timers,
      bargeIn: this.bargeIn,
      send,
      onStands: () => this.goodbye.callOff(),
      isGreeting: () => this.greeting.isOpening(parts.playback, clock.now()),
      isLeaving: () => this.goodbye.isUnderWay,
      isGoingElsewhere: () => this.goodbye.isGoingElsewhere,
    });
    this.functions = new FunctionCalls({
      ...parts,
      answer: this.answer,
      items: this.items,
      sequencer: this.sequencer,
      timers: this.timers,
      goodbye: this.goodbye,
      onOverrun: () => parts.onLimit("tool_calls"),
    });
    this.owed = new AnswersOwed({
      sequencer: this.sequencer,
      bargeIn: this.bargeIn,
      answer: this.answer,
      functions: this.functions,
      turn: this.turn,
      log: parts.log,
      send,
      replaceSession,
      onUnavailable: parts.onUnavailable,
    });
    this.brokenAnswers = new BrokenAnswers({
      ...parts,
      sequencer: this.sequencer,
      bargeIn: this.bargeIn,
      interruption: this.interruption,
      turn: this.turn,
      answer: this.answer,
      owed: this.owed,
      language: business.language,
      send,
    });
    this.retry = new ResponseRetry(this.sequencer, clock, replaceSession, parts.onUnavailable);
    this.greeting = new Greeting(info);
    const greeting = this.greeting.request(() => this.goodbye.hangUpAfterwards());
    if (greeting) this.sequencer.request(greeting);
    const { connectWithinMs } = business.time;
    this.link = new RealtimeLink(parts.openSession, clock, handlerOf(this), {
      connectWithinMs,
      reconnects: parts.reconnects,
    });
  }

  [Symbol.dispose](): void {
    this.retry[Symbol.dispose]();
    this.bargeIn[Symbol.dispose]();
    this.brokenAnswers[Symbol.dispose]();
    this.interruption[Symbol.dispose]();
    this.timers[Symbol.dispose]();
    this.functions[Symbol.dispose]();
    this.link[Symbol.dispose]();
  }

  /** What the caller waits for, who does not speak. */
  #awaited(): AwaitedByCaller {
    if (!this.link.session) return "session";
    // Pauses and tools have time-outs of their own.
    const { control } = this.parts;
    // The tool that hangs up waits for the goodbye, as the caller does.
    if (this.goodbye.isUnsaid && !this.sequencer.isHeld && control.exit === undefined) return "answer";
    const isBusy = this.functions.running > 0 || this.atWork > 0 || control.exit !== undefined;
    if (this.sequencer.isHeld || isBusy) return "something";
    if (!this.sequencer.isIdle || this.timers.answer.isAwaiting) return "answer";
    return this.goodbye.isUnderWay ? "something" : "nothing";
  }

  /**
   * Lets a caller who waits hear that the line lives; in words where it is the model that is missing. A
   * machine that takes a message is not to record it. Returns how long it is, in milliseconds.
   */
  #hold(awaited: AwaitedByCaller): number {
    if (this.greeting.isToMachine || this.parts.playback.isPaused) return 0;
    const clip = this.holdTurns.next(awaited !== "something");
    this.answer.hold(clip);
    return clipMs(clip);
  }

  /** True while what plays must not be interrupted. */
  get isProtected(): boolean {
    return this.goodbye.isFinal ||
      this.greeting.isProtected(this.sequencer.activeResponseId, this.parts.playback);
  }

  /** No more of an answer can wait: it ends where the buffer does. */
  #onTooLong(cut: HeardItem): void {
    this.bargeIn.disown(cut.responseId);
    if (this.sequencer.activeResponseId === cut.responseId) this.#send(responseCancel(cut.responseId));
    this.parts.journal.cutShort(cut);
    this.#tellHeard(cut);
  }

  /** True when the last that was said is a goodbye of the agent's, to a caller who has spoken. */
  get hasTakenLeave(): boolean {
    const { journal, info } = this.parts;
    const last = journal.transcript.lastAnswer;
    return this.turn.count > 0 && this.answer.hasAnswered && !isQuestion(last) &&
      saysGoodbye(last, info.business.language);
  }

  /** Nobody speaks. After a goodbye there is nothing to ask. */
  #onSilence(): void {
    if (this.hasTakenLeave) return this.goodbye.hangUpAfterwards();
    this.sequencer.request({ purpose: "prompt", instructions: LINES.silence });
  }

  /** The greeting answers a caller who has spoken first. */
  #worded(request: ResponseRequest): ResponseRequest {
    const { purpose, instructions } = request;
    if (purpose !== "greeting" || this.turn.count === 0) return request;
    return { ...request, instructions: `${instructions} ${LINES.spokenFirst}` };
  }

  #tellHeard(item: HeardItem): void {
    // The model has it in its history as said.
    if (item.itemId === CARRIED_ITEM || this.interruption.retells(item)) return;
    this.#send(
      this.answer.isOfThisSession(item.itemId)
        ? heardOnly(item)
        : heardOfHistory(this.parts.journal.transcript.textOf(item.itemId)),
    );
  }

  /** The goodbye has not ended the call. */
  #onOverdue(): void {
    this.parts.log.warn("goodbye_overdue");
    // It waits for a caller who talks on and on: then it is said all the same, and there is as much time
    // again.
    if (this.goodbye.isUnsaid && this.turn.isSpeaking) return this.sequencer.callerIgnored();
    if (this.goodbye.isUnsaid) {
      return this.parts.onUnavailable(modelSilent("There was no goodbye in time."));
    }
    this.bargeIn.interruptNow();
    this.parts.control.hangUp().catch((error) => this.#onHangUpFailed(error));
  }

  #onHangUpFailed(error: unknown): void {
    this.parts.log.error("hang_up_failed", { message: messageOf(error) });
  }

  #send(event: ClientEvent): void {
    this.link.session?.send(event);
  }
}
