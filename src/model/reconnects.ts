import { backoffMs } from "../util/backoff.ts";
import { after, type Clock, type Timer } from "../util/clock.ts";

/**
 * Connections that may be on their way at once, at first and at most. Each that comes about allows one more.
 */
const WINDOW = { first: 16, most: 32 };
/**
 * Pause of all after a refusal, by how many there were without a success in between; half of it is left to
 * chance.
 */
const PAUSE = { firstMs: 1_000, maxMs: 4_000 };

/** What wants to connect. */
export interface Connecting {
  /** Connects. */
  connect(): void;
  /** True when somebody waits for it: it goes before others. */
  isUrgent(): boolean;
}

/**
 * The connections that the calls of a process make, so that sessions that are lost together do not come back
 * all at once against the model's limit. A window of connections that are on their way grows with each that
 * comes about, and is halved when one is refused for being one too many; then all pause. (A refused WebSocket
 * shows no `Retry-After`: the runtime tells its status only.) What waits is bounded by the calls: one turn
 * each.
 */
export class Reconnects {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #waiting = new Set<ConnectTurn>();
  #connecting = 0;
  #window = WINDOW.first;
  #pausedUntilMs = 0;
  #refusals = 0;
  #pause: Timer | undefined;

  /** @param random from 0 to 1 */
  constructor(clock: Clock, random: () => number = Math.random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Of a turn: it wants to connect, as soon as the line allows. */
  join(turn: ConnectTurn): void {
    this.#waiting.add(turn);
    this.#letIn();
  }

  /** Of a turn: it connects. */
  began(): void {
    this.#connecting++;
  }

  /** Of a turn: it connects no more, or does not wait any more. */
  ended(turn: ConnectTurn, how: "succeeded" | "refused" | "left"): void {
    if (!this.#waiting.delete(turn)) this.#connecting--;
    if (how === "succeeded") {
      this.#refusals = 0;
      this.#window = Math.min(this.#window + 1, WINDOW.most);
    }
    if (how === "refused") this.#refused(this.#clock.now());
    this.#letIn();
  }

  /** Refusals of what was on its way already say nothing new. */
  #refused(now: number): void {
    if (now < this.#pausedUntilMs) return;
    this.#window = Math.max(1, Math.floor(this.#window / 2));
    this.#pausedUntilMs = now + backoffMs(PAUSE, ++this.#refusals, this.#random());
  }

  #letIn(): void {
    if (this.#waiting.size === 0) {
      this.#pause?.cancel();
      this.#pause = undefined;
      return;
    }
    const leftMs = this.#pausedUntilMs - this.#clock.now();
    if (leftMs > 0) {
      this.#pause ??= after(this.#clock, leftMs, () => {
        this.#pause = undefined;
        this.#letIn();
      });
      return;
    }
    while (this.#connecting < this.#window) {
      const next = this.#next();
      if (!next) return;
      this.#waiting.delete(next);
      next.begin();
    }
  }

  #next(): ConnectTurn | undefined {
    let first: ConnectTurn | undefined;
    for (const turn of this.#waiting) {
      if (turn.isUrgent) return turn;
      first ??= turn;
    }
    return first;
  }
}

/** A call's place in the line. It is used again for each connection, one after another. */
export class ConnectTurn {
  readonly #line: Reconnects;
  readonly #connecting: Connecting;
  #state: "idle" | "waiting" | "connecting" = "idle";

  constructor(line: Reconnects, connecting: Connecting) {
    this.#line = line;
    this.#connecting = connecting;
  }

  /** True while it waits for others. */
  get isWaiting(): boolean {
    return this.#state === "waiting";
  }

  /** True while it neither waits nor connects. */
  get isIdle(): boolean {
    return this.#state === "idle";
  }

  get isUrgent(): boolean {
    return this.#connecting.isUrgent();
  }

  /** Connects, before this returns if the line allows it. */
  enter(): void {
    this.leave();
    this.#state = "waiting";
    this.#line.join(this);
  }

  /**
   * Connects whatever the line: for a call that has only begun, and is better sent elsewhere than kept
   * waiting.
   */
  begin(): void {
    this.#state = "connecting";
    this.#line.began();
    this.#connecting.connect();
  }

  /** The connection came about. */
  succeeded(): void {
    this.#end("succeeded");
  }

  /** The model takes no more connections at present. */
  refused(): void {
    this.#end("refused");
  }

  /** The connection failed for another reason, or is not wanted any more. */
  leave(): void {
    this.#end("left");
  }

  #end(how: "succeeded" | "refused" | "left"): void {
    if (this.#state === "idle") return;
    this.#state = "idle";
    this.#line.ended(this, how);
  }
}
