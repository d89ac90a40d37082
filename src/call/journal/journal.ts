import type { ServerEvent } from "../../model/events.ts";
import type { Metrics } from "../../observability/metrics/metrics.ts";
import type { Clock } from "../../util/clock.ts";
import { type CallAudio, NO_AUDIO } from "./call_audio.ts";
import type { JournalSnapshot } from "./journal_snapshot.ts";
import { LatencyMeter } from "./latency.ts";
import type { LatencySummary } from "../../observability/reports/call_snapshot.ts";
import type { HeardItem } from "../playback/playback_ledger.ts";
import type { ToolRun } from "../tools/tool_run.ts";
import { Transcript } from "./transcript.ts";
import type { TranscriptEntry, Turn } from "./transcript_entry.ts";
import { recordEvent } from "./transcript_events.ts";
import { addCounts, type CallUsage, UsageMeter } from "./usage.ts";

/** What is known of a call afterwards, from its first stream on. */
export interface JournalReport extends CallAudio {
  /** Media streams that the call has had: more than one when it came back from a transfer or from key tones. */
  streams: number;
  /** When the first stream began: ISO 8601, UTC. */
  startedAt: string;
  /** Since the first stream began; what the call spent elsewhere between two of them counts. */
  durationMs: number;
  transcript: TranscriptEntry[];
  usage: CallUsage;
  /** Undefined when no turn was answered. */
  latency: LatencySummary | undefined;
}

/** What a call takes that is counted beyond it, by the day for one. */
export interface CallExpense {
  durationMs: number;
  /** 0 where a price is not known. */
  costUsd: number;
}

/**
 * Writes down a call as it happens: what was said and heard, what it used, and how fast it was. One journal goes through all
 * media streams of the call.
 */
export class Journal {
  readonly transcript: Transcript;
  /** On the clock's monotonic time. */
  readonly startedAtMs: number;
  /** The caller has been told that the call will soon be as long as it may be: once, however often the call comes back. */
  isWarned = false;
  /** As the first process wrote it down: the same for good. */
  readonly #startedEpochMs: number;
  readonly #clock: Clock;
  readonly #metrics: Metrics;
  readonly #usage: UsageMeter;
  readonly #latency: LatencyMeter;
  #streams = 0;
  #audio = NO_AUDIO;
  #booked: CallExpense = { durationMs: 0, costUsd: 0 };

  /**
   * @param metrics count what happens over all calls
   * @param past what another process wrote down of the call
   */
  constructor(clock: Clock, metrics: Metrics, past?: JournalSnapshot) {
    this.#clock = clock;
    this.#metrics = metrics;
    const epochMs = clock.epoch();
    this.#startedEpochMs = past?.startedEpochMs ?? epochMs;
    this.startedAtMs = clock.now() - (epochMs - this.#startedEpochMs);
    this.transcript = new Transcript(clock, this.startedAtMs, past?.transcript);
    this.#usage = new UsageMeter(past?.usage);
    this.#latency = new LatencyMeter(clock, past?.latency);
    if (past === undefined) return;
    this.#streams = past.streams;
    this.#audio = past.audio;
    this.#booked = past.booked;
    this.isWarned = past.isWarned;
  }

  /** What another process needs to go on with this journal. */
  snapshot(): JournalSnapshot {
    return {
      startedEpochMs: this.#startedEpochMs,
      streams: this.#streams,
      audio: this.#audio,
      booked: this.#booked,
      isWarned: this.isWarned,
      transcript: this.transcript.entries(),
      usage: this.#usage.usage,
      latency: this.#latency.past,
    };
  }

  /** A media stream of the call is over, which has carried `audio`. */
  streamEnded(audio: CallAudio): void {
    this.#streams++;
    this.#audio = addCounts(this.#audio, audio);
    this.#latency.streamEnded();
    this.#metrics.count("audioDropped", "caller", audio.uplinkDroppedMs / 1000);
    this.#metrics.count("audioDropped", "model", audio.downlinkDroppedMs / 1000);
  }

  /** What `total` has grown by since the stream before: what is counted over calls counts each minute once. */
  book(total: CallExpense): CallExpense {
    const { durationMs, costUsd } = this.#booked;
    this.#booked = total;
    return { durationMs: total.durationMs - durationMs, costUsd: total.costUsd - costUsd };
  }

  /** Any event of the session. */
  event(event: ServerEvent): void {
    recordEvent(this.transcript, event);
    switch (event.type) {
      case "input_audio_buffer.speech_started":
        return this.#latency.speechStarted();
      case "input_audio_buffer.speech_stopped":
        return this.#latency.speechStopped();
      case "response.created":
        return this.#latency.responseCreated(event.response.id ?? "");
      case "response.done":
        return this.#usage.addResponse(event.response.usage);
      case "conversation.item.input_audio_transcription.completed":
        return this.#usage.addTranscription(event.usage);
    }
  }

  /** The first audio of an item came from the model. */
  itemBegan(itemId: string, responseId: string): void {
    this.transcript.assistantAudioBegan(itemId);
    this.#latency.audioReceived(responseId);
  }

  /** The first audio of an item was handed to Twilio; the caller hears it from `playsAtMs` on. */
  itemSent(responseId: string, playsAtMs: number): void {
    this.#latency.audioSent(responseId);
    const turn = this.#latency.audioPlayed(responseId, playsAtMs);
    if (!turn) return;
    this.#metrics.observe("turnReceived", turn.receivedMs / 1000);
    this.#metrics.observe("turnSent", turn.sentMs / 1000);
    this.#metrics.observe("turnPlayed", turn.playedMs / 1000);
  }

  /** The caller cut off what was playing. */
  interrupted(items: readonly HeardItem[]): void {
    this.transcript.interrupted();
    for (const { itemId, heardMs, receivedMs } of items) this.transcript.heard(itemId, heardMs, receivedMs);
  }

  /** The connection to OpenAI is gone, and is made again. */
  sessionLost(): void {
    this.transcript.note("The connection to the model was lost, and made again.");
    this.#metrics.count("sessionsLost");
  }

  tool(run: ToolRun): void {
    this.transcript.tool(run);
    this.#metrics.count("toolCalls", run.outcome);
  }

  /** What a live call shows of itself. Costs less than a report. */
  soFar(): Pick<JournalReport, "durationMs" | "usage" | "latency"> & { lastTurn: Turn | undefined } {
    return {
      durationMs: this.#clock.now() - this.startedAtMs,
      usage: this.#usage.usage,
      latency: this.#latency.summary(),
      lastTurn: this.transcript.lastTurn,
    };
  }

  /** What is known so far. */
  report(): JournalReport {
    return {
      ...this.#audio,
      streams: this.#streams,
      startedAt: new Date(this.#startedEpochMs).toISOString(),
      durationMs: this.#clock.now() - this.startedAtMs,
      transcript: this.transcript.entries(),
      usage: this.#usage.usage,
      latency: this.#latency.summary(),
    };
  }
}
