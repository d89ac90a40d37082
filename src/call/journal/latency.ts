import type { LatencyFigures, LatencySummary } from "../../observability/reports/call_snapshot.ts";
import type { Clock } from "../../util/clock.ts";

/** Most turns kept one by one. Older ones fall out; the summary is of those kept. */
export const MAX_TURNS = 200;

/**
 * How long the caller waited for an answer. All in milliseconds since `speech_stopped` arrived. The API tells
 * so only after the silence that ends a turn (`silence_duration_ms` of server VAD; semantic VAD tells no
 * figure), so what the caller felt is longer by that silence and by the way there and back.
 */
export interface TurnLatency {
  readonly responseId: string;
  /** First audio of the answer came from the model. */
  readonly receivedMs: number;
  /** It was handed to Twilio. */
  readonly sentMs: number;
  /** It began to play at the caller's side, as far as marks and clock tell. */
  readonly playedMs: number;
}

/** The turn whose answer is awaited. Times are absolute; undefined has not come yet. */
interface OpenTurn {
  readonly stoppedAtMs: number;
  /** The response that may answer: the latest created since the caller stopped. */
  responseId: string | undefined;
  receivedAtMs: number | undefined;
  sentAtMs: number | undefined;
}

/**
 * Measures each turn from the end of the caller's speech to the first sound of the answer. A response without
 * audio (a function call) leaves the turn open for the next one. When the caller speaks again before anything
 * was played, the turn has no answer and is dropped.
 */
export class LatencyMeter {
  readonly #clock: Clock;
  readonly #turns: TurnLatency[];
  #count: number;
  #open: OpenTurn | undefined;

  /** @param past turns that were measured before: how many, and those kept */
  constructor(clock: Clock, past: LatencyMeter["past"] = { count: 0, turns: [] }) {
    this.#clock = clock;
    this.#turns = [...past.turns];
    this.#count = past.count;
  }

  /** What another meter needs to go on: the latest turns, oldest first, and how many there have been. */
  get past(): { readonly count: number; readonly turns: readonly TurnLatency[] } {
    return { count: this.#count, turns: this.#turns };
  }

  /** The caller speaks, or leaves: nothing that comes from now on answers the turn before. */
  dropTurn(): void {
    this.#open = undefined;
  }

  /** The caller's turn is over. */
  speechStopped(): void {
    const stoppedAtMs = this.#clock.now();
    this.#open = { stoppedAtMs, responseId: undefined, receivedAtMs: undefined, sentAtMs: undefined };
  }

  /** A response begins. Before the caller stopped, it is not the answer. */
  responseCreated(responseId: string): void {
    if (this.#open && this.#open.receivedAtMs === undefined) this.#open.responseId = responseId;
  }

  /** Audio of a response came from the model. Only the first counts; cheap enough to be told of all. */
  audioReceived(responseId: string): void {
    const turn = this.#open;
    if (turn?.responseId === responseId) turn.receivedAtMs ??= this.#clock.now();
  }

  /** Audio of a response was handed to Twilio. Only the first counts. */
  audioSent(responseId: string): void {
    const turn = this.#open;
    if (turn?.responseId !== responseId || turn.receivedAtMs === undefined) return;
    turn.sentAtMs ??= this.#clock.now();
  }

  /**
   * Audio of a response is known to have begun to play. Ends the turn, and returns it if this was its end.
   * @param playedAtMs when it began, on the clock's monotonic time; not before it was sent
   */
  audioPlayed(responseId: string, playedAtMs: number = this.#clock.now()): TurnLatency | undefined {
    const turn = this.#open;
    if (turn?.responseId !== responseId || turn.receivedAtMs === undefined || turn.sentAtMs === undefined) {
      return undefined;
    }
    this.#open = undefined;
    this.#count++;
    const latency = {
      responseId,
      receivedMs: turn.receivedAtMs - turn.stoppedAtMs,
      sentMs: turn.sentAtMs - turn.stoppedAtMs,
      playedMs: Math.max(playedAtMs, turn.sentAtMs) - turn.stoppedAtMs,
    };
    this.#turns.push(latency);
    if (this.#turns.length > MAX_TURNS) this.#turns.shift();
    return latency;
  }

  /** Undefined before the first answered turn. */
  summary(): LatencySummary | undefined {
    if (this.#turns.length === 0) return undefined;
    return {
      turns: this.#count,
      received: figures(this.#turns.map((turn) => turn.receivedMs)),
      sent: figures(this.#turns.map((turn) => turn.sentMs)),
      played: figures(this.#turns.map((turn) => turn.playedMs)),
    };
  }
}

/** The median is the lower of the two middle ones when their number is even: a wait that did occur. */
function figures(waitsMs: number[]): LatencyFigures {
  const sorted = waitsMs.map(Math.round).sort((a, b) => a - b);
  return { p50Ms: sorted[(sorted.length - 1) >> 1], maxMs: sorted[sorted.length - 1] };
}
