import { BYTES_PER_MS } from "../audio/mulaw.ts";
import type { AudioEngine, Transcoder } from "../audio/transcoder.ts";
import type { Business, KeyAction } from "../businesses/business.ts";
import type { RealtimeError } from "../model/realtime_error.ts";
import type { Reconnects } from "../model/reconnects.ts";
import type { ModelSession, ModelSessionHandler } from "../model/model.ts";
import type { Log } from "../observability/log.ts";
import type { Metrics } from "../observability/metrics/metrics.ts";
import { maskNumber } from "../observability/redaction/redact_attributes.ts";
import type { Clock } from "../util/clock.ts";
import { messageOf } from "../util/errors.ts";
import type {
  CallControl,
  CallStream,
  MediaStreamHandler,
  OpenControl,
  StreamEnd,
} from "../carrier/carrier.ts";
import { isCallLeaving } from "../carrier/control_errors.ts";
import {
  type CallEnd,
  type CallExpense,
  type CallInfo,
  type CallLimit,
  type CallProgress,
  type CallSummary,
  type DayLimit,
  loggedParties,
} from "./call_summary.ts";
import { type CallMemory, type CallSnapshot, ledgerBytes } from "../observability/reports/call_snapshot.ts";
import { Conversation } from "./conversation/conversation.ts";
import type { LateWords } from "./conversation/late_words.ts";
import { Journal } from "./journal/journal.ts";
import { Keypad } from "./keypad.ts";
import { ShownWords } from "./shown_words.ts";
import { namesIn } from "../records/redact_record.ts";
import { LINES } from "./conversation/instructions.ts";
import { Playback, type PlaybackOptions } from "./playback/playback.ts";
import type { SuspendedCalls } from "./suspended_calls.ts";
import type { Tool } from "./tools/tool.ts";
import { Uplink, type UplinkOptions } from "./uplink.ts";
import type { CallUsage } from "./journal/usage.ts";

/** The latest entries of a transcript, in which names are looked for to be masked. */
const ENTRIES_WITH_NAMES = 100;

/** What all calls of the process share. */
export interface CallServices {
  clock: Clock;
  log: Log;
  metrics: Metrics;
  playback: PlaybackOptions;
  /** How much audio one append shall carry at present. */
  appendSize: UplinkOptions["appendSize"];
  /** The tools of a business; all its calls share them. */
  toolsFor: (business: Business) => readonly Tool[];
  /** Opens a Realtime session for a call, or hands over the one that was opened ahead. */
  openRealtime: (info: CallInfo, handler: ModelSessionHandler) => ModelSession;
  /** The line in which calls wait to connect to the model again. */
  reconnects: Reconnects;
  /** Takes control of a call at the carrier. */
  openControl: OpenControl;
  /** What a call's use of OpenAI costs, in USD; undefined where a price is not known. */
  callCost: (business: Business, usage: CallUsage) => number | undefined;
  suspended: SuspendedCalls;
  /** Counts what a call has taken since it was last counted. */
  book: (info: CallInfo, expense: CallExpense) => void;
  /** Which of its business's limits of the day is used up by now; undefined when none. */
  spentLimit: (info: CallInfo) => DayLimit | undefined;
}

/** How often what a call has taken counts against limits that it shares with other calls. */
const BOOK_EVERY_MS = 5_000;

/** Who is told of a call's end: twice, each once. */
export interface CallEnds {
  /**
   * The call is over, and has let go of all but its session with the model, which may still tell last words.
   */
  released(): void;
  /** All is known of it, and nothing is held any more. */
  ended(summary: CallSummary): void;
}

/** The audio engine of a call, for code that only passes it on. */
export type CallEngine = AudioEngine;

/**
 * One call: a Twilio stream, a conversation with the model, and the audio between them. Whichever side ends
 * first, one disposer releases everything that the call holds and closes the other side, and `onEnd` is told
 * exactly once.
 */
export class CallSession implements MediaStreamHandler {
  readonly #services: CallServices;
  readonly #log: Log;
  readonly #stream: CallStream;
  readonly #ends: CallEnds;
  readonly #held: DisposableStack;
  readonly #transcoder: Transcoder;
  readonly callerAudio: Uplink;
  readonly #playback: Playback;
  readonly #journal: Journal;
  readonly #keypad: Keypad;
  readonly #control: CallControl;
  readonly #conversation: Conversation;
  readonly #shownWords = new ShownWords();
  /** Why the call says goodbye, when it is for a limit. */
  #limit: CallLimit | undefined;
  #nextBookingMs: number;
  #downlinkDroppedMs = 0;
  #isEnded = false;
  #lateWords: LateWords | undefined;

  constructor(
    stream: CallStream,
    readonly info: CallInfo,
    services: CallServices,
    engine: CallEngine,
    ends: CallEnds,
  ) {
    const { clock } = services;
    const log = services.log.with({ call: info.callSid, business: info.business.id });
    this.#services = services;
    this.#log = log;
    this.#stream = stream;
    this.#ends = ends;
    this.#nextBookingMs = clock.now() + BOOK_EVERY_MS;
    using held = new DisposableStack(); // releases what is open already when a later step throws
    this.#transcoder = held.use(engine.open());
    this.callerAudio = held.use(
      new Uplink(this.#transcoder, {
        appendSize: services.appendSize,
        onStalled: () => this.#conversation.sessionStalled(),
      }),
    );
    this.#playback = held.use(
      new Playback(
        stream,
        clock,
        { ...services.playback, isPausable: info.business.turns.resumeAfterFalseInterruption },
        {
          onOverflow: (droppedMs) => this.#onOverflow(droppedMs),
          onStalled: () => this.#onStreamStalled(),
        },
      ),
    );
    this.#journal = services.suspended.take(info.callSid)?.journal ?? new Journal(clock, services.metrics);
    this.#keypad = held.use(
      new Keypad(info.business.keys, clock, {
        onAction: (key, action) => this.#onKeyAction(key, action),
        onEntry: (digits) => this.#conversation.keysPressed(digits),
      }),
    );
    const { callSid, accountSid, business, variables } = info;
    this.#control = services.openControl({
      callSid,
      accountSid,
      business,
      callerId: info.isOutbound ? info.from : undefined,
      stream,
      whenHeard: (signal) => this.#playback.whenHeard(signal),
      suspend: () => services.suspended.put(callSid, { business, journal: this.#journal, variables }),
      forgetSuspended: () => services.suspended.drop(callSid),
      onSlow: () => this.#conversation.askToWait(),
    }, log);
    this.#conversation = held.use(
      new Conversation({
        info,
        tools: services.toolsFor(info.business),
        clock,
        log,
        transcoder: this.#transcoder,
        uplink: this.callerAudio,
        playback: this.#playback,
        control: this.#control,
        openSession: (handler) => services.openRealtime(info, handler),
        reconnects: services.reconnects,
        onUnavailable: (error) => this.#onUnavailable(error),
        journal: this.#journal,
        onSecond: () => this.#onSecond(),
        onLimit: (limit) => this.#reach(limit),
      }),
    );
    this.#held = held.move();
    log.info("call_started", loggedParties(info));
  }

  /** What the call holds now. */
  get memory(): CallMemory {
    return {
      outputRing: this.#playback.capacityBytes,
      inputRing: this.callerAudio.capacityBytes,
      engine: this.#isEnded ? 0 : this.#transcoder.bytesHeld,
      backlog: this.#stream.backlogBytes + this.#conversation.backlogBytes,
    };
  }

  /** The call as it is now. */
  snapshot(): CallSnapshot {
    const { info, memory } = this;
    const { callSid, business, isOutbound = false } = info;
    const { durationMs, usage, latency, lastTurn } = this.#journal.soFar();
    return {
      callSid,
      business: business.id,
      number: maskNumber(isOutbound ? info.to : info.from),
      isOutbound,
      startedAtEpochMs: Math.round(this.#services.clock.epoch() - durationMs),
      durationMs: Math.round(durationMs),
      state: this.#conversation.state,
      memory,
      ledgerBytes: ledgerBytes(memory),
      latency: latency ?? null,
      costUsd: this.#services.callCost(business, usage) ?? null,
      lastWords: lastTurn
        ? {
          speaker: lastTurn.kind === "user" ? "caller" : "agent",
          text: this.#shownWords.masked(lastTurn.text, () => this.#namesToMask()),
        }
        : null,
    };
  }

  /** The names that the business's records leave out, as far as they were told lately. */
  #namesToMask(): string[] {
    if (!this.info.business.records.redact.includes("name")) return [];
    return namesIn(this.#journal.transcript.entries().slice(-ENTRIES_WITH_NAMES));
  }

  /** What is known of the call so far. The audio of the present stream is not in it yet. */
  progress(): CallProgress {
    const journal = this.#journal.report();
    const costUsd = this.#services.callCost(this.info.business, journal.usage);
    return { ...journal, info: this.info, costUsd, memory: this.memory };
  }

  /**
   * Of a call that is over: what is still to come of it is not waited for. `ended` is told before it returns.
   */
  settle(): void {
    this.#lateWords?.end();
  }

  /** Ends the call from our side. Twilio goes on with the `action` of its `<Connect>`. */
  end(reason: CallEnd): void {
    this.#end(reason, undefined);
  }

  /** Releases memory that the buffers do not need now. Returns how many bytes. */
  trim(): number {
    return this.#playback.trim() + this.callerAudio.trim();
  }

  onMark(name: string): void {
    this.#playback.onMark(name);
  }

  onDtmf(digit: string): void {
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

  #onKeyAction(key: string, action: KeyAction): void {
    this.#log.info("key_action", { key, action: action.action });
    switch (action.action) {
      case "say":
        return this.#conversation.tell(action.text);
      case "hang_up":
        return this.#conversation.leave(LINES.keyHangUp);
      case "transfer":
        return this.#transferByKey(key, action.target);
    }
  }

  #transferByKey(key: string, name: string): void {
    const target = this.info.business.transfers.find((candidate) => candidate.name === name);
    if (!target) return this.#log.error("key_without_target", { key, target: name });
    this.#conversation.giveWay();
    this.#conversation.waitFor(this.#control.transfer(target)).catch((error) => {
      // Pressed again, or too late: the call is on its way out, and nothing is to be said of it.
      if (isCallLeaving(error)) return this.#log.info("key_while_leaving", { key });
      this.#log.error("transfer_failed", { message: messageOf(error) });
      this.#conversation.tell(LINES.notPutThrough);
    });
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

  /** The way out that the call has taken; a hang-up for a limit has a name of its own. */
  get #exit(): CallEnd | undefined {
    const { exit } = this.#control;
    return exit === "agent_hung_up" && this.#limit ? "limit_reached" : exit;
  }

  /** What the call costs is looked at while it costs it: alone, and with the other calls of its business. */
  #onSecond(): void {
    const { info } = this;
    const { durationMs, usage } = this.#journal.soFar();
    const costUsd = this.#services.callCost(info.business, usage) ?? 0;
    if (costUsd >= info.business.limits.costPerCallUsd) return this.#reach("call_cost");
    const { minutesPerDay, costPerDayUsd } = info.business.limits;
    if (minutesPerDay === undefined && costPerDayUsd === undefined && !info.isOutbound) return;
    const nowMs = this.#services.clock.now();
    if (nowMs >= this.#nextBookingMs) {
      this.#nextBookingMs = nowMs + BOOK_EVERY_MS;
      this.#services.book(info, this.#journal.book({ durationMs, costUsd }));
    }
    const limit = this.#services.spentLimit(info);
    if (limit) this.#reach(limit);
  }

  /** Says goodbye for good, since a limit of the business is reached. */
  #reach(limit: CallLimit): void {
    if (this.#limit === undefined) {
      this.#limit = limit;
      this.#log.warn("limit_reached", { limit });
      this.#journal.limitReached(limit);
    }
    this.#conversation.leave(limit === "call_minutes" ? LINES.end : LINES.limit);
  }

  #onOverflow(droppedMs: number): void {
    if (this.#downlinkDroppedMs === 0) this.#log.warn("output_buffer_full", { droppedMs });
    this.#downlinkDroppedMs += droppedMs;
  }

  #end(reason: CallEnd, error: RealtimeError | undefined): void {
    if (this.#isEnded) return;
    const { memory } = this;
    this.#isEnded = true;
    const lateWords = this.#lateWords = this.#conversation.end();
    this.callerAudio.finish();
    this.#held.dispose(); // first, since a tool that still runs is written down as it is cut off
    this.#journal.streamEnded({
      uplinkMs: this.callerAudio.appendedBytes / BYTES_PER_MS,
      uplinkDroppedMs: this.callerAudio.droppedBytes / BYTES_PER_MS,
      uplinkMissingMs: this.#stream.stats.missingAudioMs,
      downlinkMs: this.#playback.sentMs,
      downlinkDroppedMs: this.#downlinkDroppedMs,
    });
    const { durationMs } = this.progress();
    this.#stream.close();
    this.#ends.released();
    const settle = () => this.#settle({ memory, durationMs, reason, error });
    if (lateWords) lateWords.afterwards(settle);
    else settle();
  }

  /** Nothing more is to be known of the call. */
  #settle(
    { memory, durationMs, reason, error }: Pick<CallSummary, "memory" | "durationMs" | "reason" | "error">,
  ): void {
    const progress = { ...this.progress(), durationMs };
    const { costUsd = 0 } = progress;
    const summary: CallSummary = {
      ...progress,
      memory,
      reason,
      latest: this.#journal.book({ durationMs, costUsd }),
      error,
    };
    this.#log.info("call_ended", {
      reason,
      streams: summary.streams,
      ...durations(summary),
      ...this.#notUnderstood(),
      usage: summary.usage,
      costUsd: summary.costUsd,
      latency: summary.latency,
    });
    this.#ends.ended(summary);
  }

  /** How many messages of Twilio and OpenAI were ignored as unknown or malformed, for the log. */
  #notUnderstood(): Record<string, number> {
    const { unknown, malformed } = this.#conversation.notUnderstood;
    const counts = {
      malformedMessages: this.#stream.stats.malformed,
      unknownEvents: unknown,
      malformedEvents: malformed,
    };
    return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  }
}

function durations(summary: CallSummary): Record<string, number> {
  return Object.fromEntries(
    Object.entries(summary).filter((entry): entry is [string, number] => typeof entry[1] === "number")
      .filter(([name]) => name.endsWith("Ms")).map(([name, value]) => [name, Math.round(value)]),
  );
}
