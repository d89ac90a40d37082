import { BYTES_PER_MS } from "../audio/mulaw.ts";
import type { CallControl, CallStream, MediaStreamHandler, StreamEnd } from "../carrier/carrier.ts";
import type { RealtimeError } from "../model/realtime_error.ts";
import type { Log } from "../observability/log.ts";
import type { CallMemory, CallSnapshot } from "../observability/reports/call_snapshot.ts";
import type { CallTalk } from "../observability/reports/call_talk.ts";
import { messageOf } from "../util/errors.ts";
import { CallAccount } from "./call_account.ts";
import { type ActionOutcome, CallActions, type OperatorAction } from "./call_actions.ts";
import { CallMove } from "./call_move.ts";
import type { CallEngine, CallServices } from "./call_services.ts";
import {
  type CallEnd,
  type CallInfo,
  type CallProgress,
  type CallSummary,
  loggedParties,
  loggedSummary,
} from "./call_summary.ts";
import { Conversation } from "./conversation/conversation.ts";
import type { CallRemains } from "./call_remains.ts";
import { LATE_WORDS_WITHIN_MS } from "./conversation/late_words.ts";
import { HOLD_WORDS_AFTER_MS } from "./hold/hold_words.ts";
import { Journal } from "./journal/journal.ts";
import { Keypad } from "./keypad.ts";
import { LimitWatch } from "./limit_watch.ts";
import { Playback } from "./playback/playback.ts";
import type { KeptCall } from "./suspended_calls.ts";
import { ShownCall } from "./shown_call.ts";
import { Uplink } from "./uplink.ts";

/** Who is told of a call's end: twice, each once. */
export interface CallEnds {
  /**
   * The call is over, and has let go of all but its session with the model, which may still tell last words,
   * and of tools that are at work.
   * @param isMoved it goes on in another process
   */
  released(isMoved: boolean): void;
  /** All is known of it, and nothing is held any more. */
  ended(summary: CallSummary): void;
}

/**
 * One call: a Twilio stream, a conversation with the model, and the audio between them. Whichever side ends
 * first, one disposer releases everything that the call holds and closes the other side, and {@link CallEnds}
 * are told, each once.
 */
export class CallSession implements MediaStreamHandler {
  readonly #services: CallServices;
  readonly #log: Log;
  readonly #stream: CallStream;
  readonly #ends: CallEnds;
  readonly #held: DisposableStack;
  readonly callerAudio: Uplink;
  readonly #playback: Playback;
  readonly #journal: Journal;
  readonly #keypad: Keypad;
  readonly #control: CallControl;
  readonly #conversation: Conversation;
  readonly #actions: CallActions;
  readonly #limits: LimitWatch;
  readonly #account: CallAccount;
  readonly #shown: ShownCall;
  readonly #move: CallMove;
  readonly #rescues: number;
  #isEnded = false;
  #remains: CallRemains | undefined;

  constructor(
    stream: CallStream,
    readonly info: CallInfo,
    services: CallServices,
    engine: CallEngine,
    ends: CallEnds,
  ) {
    const { clock } = services;
    const { callSid, accountSid, business, variables } = info;
    const log = services.log.with({ call: callSid, business: business.id });
    this.#services = services;
    this.#log = log;
    this.#stream = stream;
    this.#ends = ends;
    using held = new DisposableStack(); // releases what is open already when a later step throws
    const transcoder = held.use(engine.open());
    this.callerAudio = held.use(
      new Uplink(transcoder, {
        appendSize: services.appendSize,
        onStalled: () => this.#conversation.sessionStalled(),
      }),
    );
    this.#playback = held.use(
      new Playback(
        stream,
        clock,
        { ...services.playback, isPausable: business.turns.resumeAfterFalseInterruption },
        {
          onOverflow: (droppedMs) => this.#onOverflow(droppedMs),
          onStalled: () => this.#onStreamStalled(),
        },
      ),
    );
    const past = services.suspended.take(callSid);
    this.#journal = past?.journal ?? new Journal(clock, services.metrics);
    this.#journal.trace = services.tracing?.begin(info, clock, this.#journal.traceContext);
    this.#rescues = past?.rescues ?? 0;
    services.holdWords?.clipsOf(business); // looks for them
    this.#shown = new ShownCall({ info, clock, journal: this.#journal, callCost: services.callCost });
    this.#limits = new LimitWatch({
      info,
      clock,
      log,
      journal: this.#journal,
      callCost: services.callCost,
      book: services.book,
      spentLimit: services.spentLimit,
      leave: (line) => this.#conversation.leave(line),
    });
    this.#keypad = held.use(
      new Keypad(business.keys, clock, {
        onAction: (key, action) => this.#actions.key(key, action),
        onEntry: (digits) => this.#conversation.keysPressed(digits),
        isAnswered: () => this.#conversation.isAnswered,
      }),
    );
    this.#control = services.openControl({
      callSid,
      accountSid,
      business,
      callerId: info.isOutbound ? info.from : undefined,
      stream,
      whenHeard: async (signal) => {
        await this.#playback.whenHeard(signal);
        await this.#keypad.whenTold(signal); // whoever types does not want to leave
      },
      suspend: () =>
        services.suspended.put(callSid, {
          business,
          variables,
          earlierCalls: info.earlierCalls,
          journal: this.#journal,
        }),
      forgetSuspended: () => services.suspended.drop(callSid),
      onSlow: () => this.#conversation.askToWait(),
    }, log);
    this.#conversation = held.use(
      new Conversation({
        info,
        tools: services.toolsFor(business),
        clock,
        log,
        transcoder,
        uplink: this.callerAudio,
        playback: this.#playback,
        control: this.#control,
        openSession: (handler) => services.openRealtime(info, handler),
        reconnects: services.reconnects,
        onUnavailable: (error) => this.#onUnavailable(error),
        journal: this.#journal,
        holdClips: () => services.holdWords?.clipsOf(business) ?? [],
        isTyping: () => this.#keypad.isOpen,
        onSecond: () => this.#onSecond(),
        onLimit: (limit) => this.#limits.reach(limit),
      }),
    );
    this.#actions = new CallActions({
      business,
      conversation: this.#conversation,
      control: this.#control,
      journal: this.#journal,
      log,
    });
    this.#account = new CallAccount({
      info,
      stream,
      transcoder,
      uplink: this.callerAudio,
      playback: this.#playback,
      conversation: this.#conversation,
      journal: this.#journal,
      callCost: services.callCost,
    });
    this.#move = held.use(
      new CallMove({
        uplink: this.callerAudio,
        playback: this.#playback,
        conversation: this.#conversation,
      }),
    );
    if (past?.carried) this.#move.arrive(past.carried, clock);
    this.#held = held.move();
    log.info("call_started", loggedParties(info));
  }

  /** What the call holds now. */
  get memory(): CallMemory {
    return this.#account.memory;
  }

  /** The call as it is now. */
  snapshot(): CallSnapshot {
    return this.#shown.snapshot(this.memory, this.#conversation.state);
  }

  /** The call with its talk. @param isMasked whether personal data is replaced */
  talk(isMasked: boolean): CallTalk {
    return this.#shown.talk(this.#conversation.state, isMasked);
  }

  /** What is known of the call so far. The audio of the present stream is not in it yet. */
  progress(): CallProgress {
    return this.#account.progress();
  }

  /**
   * Of a call that is over: what is still to come of it is not waited for. `ended` is told before it returns.
   */
  settle(): void {
    this.#remains?.end();
  }

  /** Of a call that is over: what is still to come of it is waited for no longer than last words are. */
  settleSoon(): void {
    this.#remains?.endWithin(LATE_WORDS_WITHIN_MS);
  }

  /** What another process needs to go on with the call, as it is now. */
  kept(): KeptCall {
    const { business, variables, earlierCalls } = this.info;
    return { business, variables, earlierCalls, journal: this.#journal.state(), rescues: this.#rescues };
  }

  /** True once the call goes on in another process, or is about to. */
  get isOnItsWay(): boolean {
    return this.#move.isUnderWay;
  }

  /** From now on a rest is looked for: what the caller says meanwhile goes along. */
  aboutToMove(): void {
    this.callerAudio.keepTurn();
  }

  /** Whether the call can change processes now; see `Conversation`. */
  get rest(): "pause" | "gap" | undefined {
    return this.#isEnded ? undefined : this.#conversation.rest;
  }

  /**
   * Lets another process go on with the call, in a rest of the talk. Then the stream is closed; what the
   * carrier asks next must reach the other one. See {@link CallMove.leave}.
   *
   * @returns whether the call has left
   */
  async move(handOver: (call: KeptCall) => Promise<boolean>): Promise<boolean> {
    if (this.#isEnded) return false;
    const { durationMs, costUsd } = this.#account.expense;
    const hasLeft = await this.#move.leave(async (carried) => {
      const journal = this.#journal.stateAfter(this.#account.audio, { durationMs, costUsd });
      return await handOver({ ...this.kept(), journal, carried }) && !this.#isEnded;
    });
    if (!hasLeft) return false;
    const { memory } = this;
    this.#isEnded = true;
    this.#release();
    // What is booked here is what the other process takes for booked.
    const summary = this.#account.summary({ memory, durationMs, reason: "moved", error: undefined });
    this.#stream.close();
    this.#ends.released(true);
    this.#tell(summary, this.#services.clock.now());
    return true;
  }

  /** An operator does something to the call. */
  act(action: OperatorAction): ActionOutcome {
    return this.#actions.operator(action);
  }

  /** Ends the call from our side. Twilio goes on with the `action` of its `<Connect>`. */
  end(reason: CallEnd): void {
    this.#end(reason, undefined);
  }

  /** Releases memory that the buffers do not need now. Returns how many bytes. */
  trim(): number {
    return this.callerAudio.trim();
  }

  onMark(name: string): void {
    this.#playback.onMark(name);
  }

  onDtmf(digit: string): void {
    if (!this.#keypad.admits()) return;
    this.#journal.transcript.key(digit);
    this.#conversation.keyPressed();
    this.#keypad.press(digit);
  }

  onInboundLost(): void {
    this.#log.warn("caller_unheard");
  }

  onEnd(end: StreamEnd): void {
    this.#end(this.#exit ?? (end === "stopped" ? "caller_hung_up" : "stream_lost"), undefined);
  }

  #onSecond(): void {
    const { clock, holdWords } = this.#services;
    this.#limits.look();
    const isTried = clock.now() - this.#journal.startedAtMs >= HOLD_WORDS_AFTER_MS;
    if (isTried && this.#conversation.state !== "connecting") holdWords?.prepare(this.info.business);
  }

  #onUnavailable(error: RealtimeError): void {
    this.#log.error("agent_lost", { code: error.code, kind: error.kind, message: error.message });
    const exit = this.#exit;
    this.#end(exit ?? "agent_lost", exit ? undefined : error);
  }

  /**
   * The caller no longer hears us. Closing the stream would not reach Twilio either, so REST takes its place.
   */
  #onStreamStalled(): void {
    this.#log.error("stream_stalled", {
      backlogBytes: this.#stream.backlogBytes,
      waitingMs: Math.round(this.#playback.waitingBytes / BYTES_PER_MS),
    });
    this.#control.fallBack().catch((error) =>
      this.#log.error("fallback_failed", { message: messageOf(error) })
    );
    this.#end(this.#exit ?? "stream_stalled", undefined);
  }

  /** The way out that the call has taken; a hang-up for a limit or by an operator has its own name. */
  get #exit(): CallEnd | undefined {
    const { exit } = this.#control;
    if (exit !== "agent_hung_up") return exit;
    if (this.#limits.reached) return "limit_reached";
    return this.#actions.isEndedByOperator ? "operator_hung_up" : exit;
  }

  #onOverflow(droppedMs: number): void {
    if (this.#account.dropped(droppedMs)) this.#log.warn("output_buffer_full", { droppedMs });
  }

  #end(reason: CallEnd, error: RealtimeError | undefined): void {
    if (this.#isEnded) return;
    const { memory } = this;
    this.#isEnded = true;
    const remains = this.#remains = this.#conversation.end();
    const durationMs = this.#release();
    const endedAtMs = this.#services.clock.now();
    const { suspended } = this.#services;
    const { callSid } = this.info;
    if (suspended.has(callSid)) {
      suspended.left(callSid, { ...this.#journal.state(), booked: this.#account.expense });
    }
    this.#stream.close();
    this.#ends.released(false);
    // Nothing more is to be known of the call then.
    remains.afterwards(() =>
      this.#tell(this.#account.summary({ memory, durationMs, reason, error }), endedAtMs)
    );
  }

  /** Lets go of all but the stream. Returns how long the call has lasted, in milliseconds. */
  #release(): number {
    this.callerAudio.finish();
    this.#held.dispose();
    this.#journal.streamEnded(this.#account.audio);
    return this.#journal.soFar().durationMs;
  }

  /** @param endedAtMs on the clock's monotonic time */
  #tell(summary: CallSummary, endedAtMs: number): void {
    this.#log.info("call_ended", { ...loggedSummary(summary), ...this.#account.notUnderstood() });
    const { reason, error, usage, costUsd } = summary;
    this.#journal.trace?.end({ reason, errorCode: error?.code, usage, costUsd }, endedAtMs);
    this.#ends.ended(summary);
  }
}
