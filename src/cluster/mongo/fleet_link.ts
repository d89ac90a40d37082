import type { Log } from "../../observability/log.ts";
import { after, type Clock, type Timer } from "../../util/clock.ts";
import { messageOf } from "../../util/errors.ts";
import type { FleetStore } from "./fleet_store.ts";

/** Longest that a webhook waits for the database. */
export const ASK_WITHIN_MS = 150;
/**
 * Longest that is waited for it where a call would be lost, taken twice, or one too many. When nothing at all
 * was heard of it for so long, it counts as away.
 */
export const TAKE_WITHIN_MS = 1_500;
/** When nothing at all was heard of it for so long, who asks for a caller who is not in yet decides alone. */
const SILENT_MS = 200;
/** The same just after it was late: a webhook may have several questions. */
const ASK_AGAIN_WITHIN_MS = 20;
const LATE_FOR_MS = 300;

/** Times are doubles, and differences of them come out a hair off. */
const TIME_ROUNDING_MS = 0.01;

/** There was no answer in time. */
export const NO_ANSWER: unique symbol = Symbol("no answer");
type NoAnswer = typeof NO_ANSWER;

/** What a link works with. */
export interface FleetLinkOptions {
  /** Connects, or says why not by throwing. */
  connect: () => Promise<FleetStore>;
  /** The database went away just now. */
  onAway: () => void;
  clock: Clock;
  log: Log;
}

/**
 * The way to the database. While it is away nothing is asked and nothing waits; whoever asks gets {@link
 * NO_ANSWER}, and decides alone. {@link probe} finds out that it is back.
 */
export class FleetLink {
  readonly #options: FleetLinkOptions;
  #store: FleetStore | undefined;
  #isAway = false;
  /** How often it went away. */
  #losses = 0;
  #lateAtMs = -Infinity;
  #heardAtMs: number;
  /** Since when it has been asked without having been heard, by time in which this process could hear it. */
  #unheardSinceMs: number | undefined;
  #telling: Promise<unknown> = Promise.resolve();
  /** The last that is to be told of each call, by name, until it has been. */
  readonly #told = new Map<string, Promise<unknown>>();
  /** Questions that got no answer in time, since the start. */
  unanswered = 0;

  constructor(options: FleetLinkOptions) {
    this.#options = options;
    this.#heardAtMs = options.clock.awake();
  }

  /** The database cannot be asked. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** It has been asked, and nothing at all has been heard of it for {@link SILENT_MS}. */
  get isSilent(): boolean {
    return this.#silentForMs >= SILENT_MS;
  }

  get #silentForMs(): number {
    return this.#unheardSinceMs === undefined ? 0 : this.#options.clock.awake() - this.#unheardSinceMs;
  }

  /** Operations since the start; undefined before the first connection. */
  get operations(): FleetStore["operations"] | undefined {
    return this.#store?.operations;
  }

  /**
   * Asks while a caller waits. Never rejects.
   * @param withinMs default {@link ASK_WITHIN_MS}, and less when the database has just been late
   */
  async ask<Answer>(
    question: (store: FleetStore) => Promise<Answer>,
    withinMs?: number,
  ): Promise<Answer | NoAnswer> {
    const { clock } = this.#options;
    const isLate = clock.now() - this.#lateAtMs < LATE_FOR_MS;
    const endMs = clock.awake() + (withinMs ?? (isLate ? ASK_AGAIN_WITHIN_MS : ASK_WITHIN_MS));
    return await this.#askUntil(question, () => endMs - clock.awake());
  }

  /**
   * The same until `clock.awake()` is `untilMs`, but only as long as anything is heard of the database: a
   * slow one is waited for, and one that says nothing is not.
   */
  async askUnlessSilent<Answer>(
    question: (store: FleetStore) => Promise<Answer>,
    untilMs: number,
  ): Promise<Answer | NoAnswer> {
    const { clock } = this.#options;
    return await this.#askUntil(
      question,
      () => Math.min(untilMs - clock.awake(), SILENT_MS - this.#silentForMs),
    );
  }

  /** @param leftMs how long the answer is waited for from now on, without standstills: it may be unread */
  async #askUntil<Answer>(
    question: (store: FleetStore) => Promise<Answer>,
    leftMs: () => number,
  ): Promise<Answer | NoAnswer> {
    const store = this.#store;
    if (this.#isAway || !store) return this.#noAnswer();
    const { clock } = this.#options;
    this.#unheardSinceMs ??= clock.awake();
    const late = Promise.withResolvers<NoAnswer>();
    let timer: Timer;
    const look = () => {
      const ms = leftMs();
      if (ms > TIME_ROUNDING_MS) return void (timer = after(clock, ms, look));
      this.#lateAtMs = clock.now();
      if (clock.awake() - this.#heardAtMs >= TAKE_WITHIN_MS) this.#lost("It does not answer.");
      late.resolve(this.#noAnswer());
    };
    const answer: Promise<Answer | NoAnswer> = question(store).then((found) => {
      this.#heard();
      return found;
    }, (error) => {
      this.#lost(messageOf(error));
      return this.#noAnswer();
    });
    timer = after(clock, Math.max(0, leftMs()), look);
    try {
      return await Promise.race<Answer | NoAnswer>([answer, late.promise]);
    } finally {
      timer.cancel();
    }
  }

  /**
   * Works with the database while nobody waits. Returns whether that succeeded. Never rejects.
   */
  async tell(work: (store: FleetStore) => Promise<unknown>): Promise<boolean> {
    if (this.#isAway || !this.#store) return false;
    try {
      await work(this.#store);
      this.#heard();
      return true;
    } catch (error) {
      this.#lost(messageOf(error));
      return false;
    }
  }

  /**
   * The same one after the other, in the order of the calls: what takes a slot comes before what frees it.
   * Returns at once.
   *
   * @param names the calls that it is about
   */
  tellInTurn(names: readonly string[], work: (store: FleetStore) => Promise<unknown>): void {
    const told = this.#telling = this.#telling.then(() => this.tell(work)); // never rejects
    for (const name of names) this.#told.set(name, told);
    void told.then(() => {
      for (const name of names) if (this.#told.get(name) === told) this.#told.delete(name);
    });
  }

  /** Resolves when what is to be told of this call has been; without a name, when all has. Never rejects. */
  async told(name?: string): Promise<void> {
    await (name === undefined ? this.#telling : this.#told.get(name));
  }

  /**
   * Works with the database whether it is away or not: a success shows that it is back. Returns whether it
   * came back just now. Never rejects.
   *
   * @param work is told whether the database was away, and done again when it went away meanwhile
   */
  async probe(
    work: (store: FleetStore, wasAway: boolean) => Promise<unknown>,
  ): Promise<"there" | "back" | "away"> {
    try {
      const store = this.#store ??= await this.#options.connect();
      let wasAway: boolean;
      let losses: number;
      do {
        wasAway = this.#isAway;
        losses = this.#losses;
        await work(store, wasAway);
      } while (this.#isAway && !wasAway);
      if (this.#losses > losses) return "away"; // again, after it had answered
      this.answers();
      return wasAway ? "back" : "there";
    } catch (error) {
      this.#lost(messageOf(error));
      return "away";
    }
  }

  /** Whoever waits may ask it again, before the work is done that shows that it is back. */
  answers(): void {
    if (this.#isAway) this.#options.log.info("cluster_back");
    this.#isAway = false;
    this.#heard();
  }

  #heard(): void {
    this.#heardAtMs = this.#options.clock.awake();
    this.#unheardSinceMs = undefined;
  }

  #noAnswer(): NoAnswer {
    this.unanswered++;
    return NO_ANSWER;
  }

  #lost(message: string): void {
    if (this.#isAway) return;
    this.#isAway = true;
    this.#losses++;
    const meaning = "each instance decides by what it knew last";
    this.#options.log.error("cluster_away", { message, meaning });
    this.#options.onAway();
  }
}
