import type { ServerEvent } from "../../model/events.ts";
import type { Metrics } from "../../observability/metrics/metrics.ts";
import type { Clock } from "../../util/clock.ts";
import type { RecordAudio } from "../../records/call_record.ts";
import type { WholeMessage } from "../../records/whole_messages.ts";
import {
  type CallExpense,
  type CallLimit,
  type CallProgress,
  NO_AUDIO,
  NO_EXPENSE,
} from "../call_summary.ts";
import { LatencyMeter, type TurnLatency } from "./latency.ts";
import type { HeardItem } from "../playback/playback_ledger.ts";
import type { FunctionCall, TakenMessage, ToolRun } from "../tools/tool.ts";
import type { CallTrace } from "./call_trace.ts";
import { type ItemKind, Transcript } from "./transcript.ts";
import type { TranscriptEntry, Turn } from "./transcript_entry.ts";
import { RecentIds } from "../../util/recent_ids.ts";
import { addCounts, type CallUsage, UsageMeter } from "./usage.ts";

/** Silences whose transcriptions may still be on their way. */
const MAX_SILENCES = 8;
/** Messages of one call that are kept whole. */
const MAX_MESSAGES = 20;
/** Responses and transcriptions remembered as paid for: what is told twice is told soon after. */
const MAX_PAID = 32;

/**
 * A journal as JSON, for the process that goes on with it. Its items' ids stay behind: a new session has
 * other ones.
 */
export interface JournalState {
  /** Unix time in milliseconds by the clock of the first process, which may differ from that of the next. */
  readonly startedEpochMs: number;
  /** How long ago the call began when this was written down; missing where an earlier version wrote it. */
  readonly ageMs?: number;
  readonly streams: number;
  readonly audio: RecordAudio;
  readonly booked: CallExpense;
  readonly isWarned: boolean;
  readonly toolCalls: number;
  readonly transcript: readonly TranscriptEntry[];
  readonly usage: CallUsage;
  readonly messages: readonly WholeMessage[];
  readonly latency: { readonly count: number; readonly turns: readonly TurnLatency[] };
  /** Of the trace that the call's next stream goes on with; missing where nobody collects traces. */
  readonly traceContext?: string;
}

/**
 * Writes down a call as it happens: what was said and heard, what it used, and how fast it was. One journal
 * goes through all media streams of the call.
 */
export class Journal {
  readonly transcript: Transcript;
  /** On the clock's monotonic time. */
  readonly startedAtMs: number;
  /**
   * The caller has been told that the call will soon be as long as it may be: once, however often the call
   * comes back.
   */
  isWarned = false;
  /** Function calls of the model that are over. */
  toolCalls = 0;
  /** Of the present stream; undefined where nobody collects traces. */
  trace: CallTrace | undefined;
  /** Of the stream before. */
  readonly #pastTrace: string | undefined;
  /** As the first process wrote it down: the same for good. */
  readonly #startedEpochMs: number;
  readonly #clock: Clock;
  readonly #metrics: Metrics;
  readonly #usage: UsageMeter;
  readonly #latency: LatencyMeter;
  /** Items of silence, which OpenAI takes for turns because the caller says nothing. */
  readonly #silences = new RecentIds(MAX_SILENCES);
  /** Of the present session: the next one may use the same ids. */
  #paid = new RecentIds(MAX_PAID);
  #streams = 0;
  #audio = NO_AUDIO;
  readonly #messages: WholeMessage[] = [];
  #booked = NO_EXPENSE;

  /**
   * @param metrics count what happens over all calls
   * @param past what another process wrote down of the call
   */
  constructor(clock: Clock, metrics: Metrics, past?: JournalState) {
    this.#clock = clock;
    this.#metrics = metrics;
    const epochMs = clock.epoch();
    this.#startedEpochMs = past?.startedEpochMs ?? epochMs;
    this.startedAtMs = clock.now() - (past?.ageMs ?? epochMs - this.#startedEpochMs);
    this.transcript = new Transcript(clock, this.startedAtMs, past?.transcript);
    this.#usage = new UsageMeter(past?.usage);
    this.#latency = new LatencyMeter(clock, past?.latency);
    this.#pastTrace = past?.traceContext;
    if (past === undefined) return;
    this.#streams = past.streams;
    this.#audio = past.audio;
    this.#booked = past.booked;
    this.#messages.push(...past.messages);
    this.isWarned = past.isWarned;
    this.toolCalls = past.toolCalls;
  }

  /** What another process needs to go on with this journal. */
  state(): JournalState {
    return {
      startedEpochMs: this.#startedEpochMs,
      ageMs: this.#clock.now() - this.startedAtMs,
      streams: this.#streams,
      audio: this.#audio,
      booked: this.#booked,
      isWarned: this.isWarned,
      toolCalls: this.toolCalls,
      transcript: this.transcript.entries(),
      usage: this.#usage.usage,
      messages: this.#messages,
      latency: this.#latency.past,
      ...this.traceContext !== undefined && { traceContext: this.traceContext },
    };
  }

  /**
   * The same as it will be when the present stream, which has carried `audio`, is over, and `total` is
   * booked.
   */
  stateAfter(audio: RecordAudio, total: CallExpense): JournalState {
    return {
      ...this.state(),
      streams: this.#streams + 1,
      audio: addCounts(this.#audio, audio),
      booked: total,
    };
  }

  /** By which the call's trace is gone on with; undefined where there is none yet. */
  get traceContext(): string | undefined {
    return this.trace?.context ?? this.#pastTrace;
  }

  /** A media stream of the call is over, which has carried `audio`. */
  streamEnded(audio: RecordAudio): void {
    this.#streams++;
    this.#audio = addCounts(this.#audio, audio);
    this.#latency.dropTurn(); // what the call says when it is back answers nobody's turn
    this.#metrics.count("audioDropped", "caller", audio.uplinkDroppedMs / 1000);
    this.#metrics.count("audioDropped", "model", audio.downlinkDroppedMs / 1000);
  }

  /**
   * What `total` has grown by since the stream before: what is counted over calls counts each minute once.
   */
  book(total: CallExpense): CallExpense {
    const { durationMs, costUsd } = this.#booked;
    this.#booked = total;
    return { durationMs: total.durationMs - durationMs, costUsd: total.costUsd - costUsd };
  }

  /** Any event of the session. */
  event(event: ServerEvent): void {
    const { transcript } = this;
    this.trace?.event(event);
    switch (event.type) {
      case "input_audio_buffer.speech_started":
        transcript.userBegan(event.item_id ?? "");
        return this.#latency.dropTurn();
      case "input_audio_buffer.speech_stopped":
        return this.#latency.speechStopped();
      case "input_audio_buffer.timeout_triggered":
        if (event.item_id) this.#silences.add(event.item_id);
        return;
      case "conversation.item.added": {
        const id = event.item.id ?? "";
        const kind = this.#silences.has(id) ? "other" : itemKind(event.item);
        return transcript.itemAdded(id, event.previous_item_id, kind);
      }
      case "conversation.item.input_audio_transcription.delta":
        if (!this.#silences.has(event.item_id)) transcript.userDelta(event.item_id, event.delta ?? "");
        return;
      case "conversation.item.input_audio_transcription.completed": {
        const isSilence = this.#silences.has(event.item_id) && event.transcript.trim() === "";
        if (!isSilence) transcript.userTranscript(event.item_id, event.transcript);
        if (this.#isFirst(event.item_id)) this.#usage.addTranscription(event.usage);
        return;
      }
      case "conversation.item.input_audio_transcription.failed":
        if (!this.#silences.has(event.item_id)) transcript.userTranscriptFailed(event.item_id);
        return;
      case "response.created":
        return this.#latency.responseCreated(event.response.id ?? "");
      case "response.output_audio_transcript.delta":
        return transcript.assistantDelta(event.item_id, event.delta);
      case "response.output_audio_transcript.done":
        // A further part of the same item has been added by its deltas already.
        if ((event.content_index ?? 0) === 0) transcript.assistantDone(event.item_id, event.transcript);
        return;
      case "conversation.item.done":
      case "response.output_item.done":
        return transcript.assistantItem(event.item.id ?? "", wordsOfItem(event.item));
      case "response.done":
        this.#responseDone(event.response);
        if (this.#isFirst(event.response.id)) this.#usage.addResponse(event.response.usage);
        return;
    }
  }

  /** False when it has been paid for. Not every server names its responses. */
  #isFirst(id = ""): boolean {
    if (id === "") return true;
    if (this.#paid.has(id)) return false;
    this.#paid.add(id);
    return true;
  }

  /** How a response ended. An interruption has an entry of its own. */
  #responseDone({ status = "completed", status_details, output }: ResponseEnd): void {
    // Nothing of it is checked.
    for (const item of Array.isArray(output) ? output : []) {
      if (typeof item?.id === "string") this.transcript.assistantItem(item.id, wordsOfItem(item));
    }
    const reason = status_details?.reason ?? status_details?.error?.code ?? status_details?.error?.type ??
      status;
    this.#metrics.count("responses", status === "incomplete" ? reason : status);
    if (status === "incomplete") this.transcript.note(`An answer ended early: ${reason}.`);
    else if (status === "failed") this.transcript.note(`An answer failed: ${reason}.`);
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
    this.transcript.waited(turn.playedMs);
    this.trace?.answered(turn);
  }

  /** The caller cut off what was playing. */
  interrupted(items: readonly HeardItem[]): void {
    this.transcript.interruptionStands(); // the one before
    const cut = items.find(({ heardMs, receivedMs }) => heardMs < receivedMs) ?? items.at(-1);
    this.transcript.interrupted(Math.round(cut?.heardMs ?? 0));
    this.#heard(items);
  }

  /** What was taken for an interruption was none: what it cut off goes on. */
  interruptionTakenBack(itemIds: readonly string[]): void {
    this.transcript.interruptionTakenBack(itemIds);
    this.#metrics.count("interruptions", "taken_back");
  }

  /** It was one. */
  interruptionStands(): void {
    this.transcript.interruptionStands();
    this.#metrics.count("interruptions", "stands");
  }

  /** The call, or this stream of it, ended in the middle of these. */
  endedIn(items: readonly HeardItem[]): void {
    this.#heard(items);
  }

  /** The end of an answer was left out. */
  cutShort(item: HeardItem): void {
    this.#heard([item]);
  }

  /** Nobody will hear any of these. */
  unsaid(itemIds: readonly string[]): void {
    if (itemIds.length > 0) this.#latency.dropTurn();
    for (const itemId of itemIds) this.transcript.unsaid(itemId);
  }

  #heard(items: readonly HeardItem[]): void {
    for (const { itemId, heardMs, receivedMs } of items) this.transcript.heard(itemId, heardMs, receivedMs);
  }

  /** The call has reached a limit, and says goodbye. */
  limitReached(limit: CallLimit): void {
    this.transcript.note(`The call reached a limit: ${limit}.`);
    this.#metrics.count("limitsReached", limit);
  }

  /** An operator did something to the call, which `note` names. */
  operatorActed(action: string, note: string): void {
    this.transcript.note(note);
    this.#metrics.count("operatorActions", action);
  }

  /** There is a connection to OpenAI: the first one, or one in place of another. */
  sessionReady(): void {
    this.#paid = new RecentIds(MAX_PAID);
    this.trace?.sessionReady();
  }

  /** The connection to OpenAI is gone, and is made again. @param code why */
  sessionLost(code: string): void {
    this.trace?.sessionLost(code);
    this.transcript.note("The connection to the model was lost, and made again.");
    this.#metrics.count("sessionsLost");
  }

  /** A tool is about to do its work: what becomes of it may never be known. */
  toolBegan(call: FunctionCall): void {
    this.transcript.toolBegan(call);
  }

  tool(run: ToolRun): void {
    this.toolCalls++;
    this.transcript.tool(run);
    this.#metrics.count("toolCalls", run.outcome);
    this.trace?.tool(run);
  }

  /**
   * The caller left a message. The first {@link MAX_MESSAGES} are kept word for word. One that the model
   * takes again, as when the caller speaks into its answer, is the same.
   */
  messageTaken({ callerName: name, number, text }: TakenMessage): void {
    const isTheSame = (message: WholeMessage) =>
      message.name === name && message.number === (number ?? null) && message.text === text;
    if (this.#messages.length >= MAX_MESSAGES || this.#messages.some(isTheSame)) return;
    this.#messages.push({
      atMs: Math.round(this.#clock.now() - this.startedAtMs),
      name,
      number: number ?? null,
      text,
    });
  }

  /** What a live call shows of itself. Costs less than a report. */
  soFar(): Pick<CallProgress, "durationMs" | "usage" | "latency"> & { lastTurn: Turn | undefined } {
    return {
      durationMs: this.#clock.now() - this.startedAtMs,
      usage: this.#usage.usage,
      latency: this.#latency.summary(),
      lastTurn: this.transcript.lastTurn,
    };
  }

  /** How long the caller waited for each of the latest answers, and how many there have been. */
  get answered(): { readonly count: number; readonly turns: readonly TurnLatency[] } {
    return this.#latency.past;
  }

  /** What is known so far. */
  report(): Omit<CallProgress, "info" | "costUsd" | "memory"> {
    return {
      ...this.#audio,
      streams: this.#streams,
      startedAt: new Date(this.#startedEpochMs).toISOString(),
      durationMs: this.#clock.now() - this.startedAtMs,
      transcript: this.transcript.entries(),
      messages: [...this.#messages],
      usage: this.#usage.usage,
      latency: this.#latency.summary(),
    };
  }
}

type ResponseEnd = Extract<ServerEvent, { type: "response.done" }>["response"];
type Item = Extract<ServerEvent, { type: "conversation.item.added" }>["item"];

/**
 * Text that this program put into the conversation itself was not spoken, and items of a restored history
 * were before.
 */
function itemKind(item: Item): ItemKind {
  if (item.type !== "message") return "other";
  switch (item.role) {
    case "user":
      return item.content?.some((part) => part.type === "input_audio") ? "user" : "other";
    case "assistant":
      return item.content?.some((part) => part.type === "output_text") ? "other" : "assistant";
    default:
      return "other";
  }
}

/** What the model says in an item, as far as the item has it. Nothing of an item is checked for it. */
function wordsOfItem(item: unknown): string {
  const { type, role, content } = item as { type?: unknown; role?: unknown; content?: unknown };
  if (type !== "message" || role !== "assistant" || !Array.isArray(content)) return "";
  const texts = content.flatMap((part) => typeof part?.transcript === "string" ? part.transcript : []);
  return texts.join(" ").trim();
}
