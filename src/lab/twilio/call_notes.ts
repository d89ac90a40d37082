import type { Clock } from "../../util/clock.ts";
import type { CallEvent } from "./call_report.ts";
import type { Problem } from "./media_leg.ts";

/** Problems and events kept per call; what comes later is told, and not kept. */
const MAX_PROBLEMS = 100;
const MAX_EVENTS = 2000;

/** What happens in one simulated call, and what Twilio would complain of in it. */
export class CallNotes {
  /** In order. */
  readonly events: CallEvent[] = [];
  readonly problems: Problem[] = [];
  /** The clock's time from which on events count. */
  readonly placedMs: number;
  readonly #clock: Clock;
  readonly #onEvent: ((event: CallEvent) => void) | undefined;

  /** @param onEvent told of each event, also of those that are not kept */
  constructor(clock: Clock, onEvent: ((event: CallEvent) => void) | undefined) {
    this.#clock = clock;
    this.#onEvent = onEvent;
    this.placedMs = clock.now();
  }

  event(event: CallEvent["event"], detail?: string): void {
    const entry = { atMs: this.#clock.now() - this.placedMs, event, detail };
    if (this.events.length < MAX_EVENTS) this.events.push(entry);
    this.#onEvent?.(entry);
  }

  problem(problem: Problem): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
    this.event("problem", `${problem.code} ${problem.message}`);
  }
}
