import type { Clock, Timer } from "../../util/clock.ts";

/** How often a session checks whether something came. One timer for each session, none for a message. */
export const HEARTBEAT_MS = 1_000;
/** A check may be this much late, to share a moment with other sessions. */
const SLACK_MS = 100;
/**
 * A look that comes later says nothing about the peer: we stood still ourselves, and what it sent waits to be
 * read.
 */
const MAX_LATE_MS = SLACK_MS + 200;
/** Looks in a row that may find nothing new after a sign of life was asked for. */
const PATIENCE = 2;
/** A peer that says nothing is lost after this long at most, apart from late checks. */
export const SILENT_MS = (PATIENCE + 2) * HEARTBEAT_MS;

/** What a heartbeat watches. */
export interface HeartbeatPort {
  /** Messages received so far. */
  received(): number;
  /** Asks for a sign of life, which must be answered by a message. */
  ask(): void;
  /** There was none: nobody is there any more. */
  onSilent(): void;
}

/**
 * Detects a connection that is open on our side only. A peer that sent nothing between two looks is asked for
 * a sign of life, and lost when none comes. One that talks by itself is never asked.
 */
export class Heartbeat implements Disposable {
  readonly #port: HeartbeatPort;
  readonly #clock: Clock;
  #timer: Timer;
  #received: number;
  /** Looks in a row that found nothing new. */
  #quietLooks = 0;

  constructor(clock: Clock, port: HeartbeatPort) {
    this.#clock = clock;
    this.#port = port;
    this.#received = port.received();
    this.#timer = this.#schedule();
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }

  #schedule(): Timer {
    const dueMs = this.#clock.now() + HEARTBEAT_MS;
    return this.#timer = this.#clock.at(dueMs, () => {
      this.#schedule();
      if (this.#clock.now() - dueMs <= MAX_LATE_MS) this.#look();
    }, SLACK_MS);
  }

  #look(): void {
    const received = this.#port.received();
    this.#quietLooks = received === this.#received ? this.#quietLooks + 1 : 0;
    this.#received = received;
    if (this.#quietLooks === 1) this.#port.ask();
    else if (this.#quietLooks > PATIENCE) this.#port.onSilent();
  }
}
