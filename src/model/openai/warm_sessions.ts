import { after, type Clock, type Timer } from "../../util/clock.ts";
import type { ModelSession, ModelSessionHandler, OpenSession } from "../model.ts";

/**
 * A session that no call has taken after this long is closed: Twilio connects within seconds or not at all.
 */
export const WARM_LIFETIME_MS = 10_000;

interface Warm {
  session: ModelSession;
  expiry: Timer;
}

/**
 * Sessions opened ahead of their call, while Twilio is still acting on the webhook's answer, so that the
 * caller need not wait for OpenAI to accept and configure one. One for each call at most; what is lost
 * meanwhile is forgotten.
 */
export class WarmSessions implements Disposable {
  readonly #clock: Clock;
  readonly #maxSessions: number;
  readonly #waiting = new Map<string, Warm>();

  /** @param maxSessions that may wait at the same time; beyond it a call opens its own when it starts */
  constructor(clock: Clock, maxSessions: number) {
    this.#clock = clock;
    this.#maxSessions = maxSessions;
  }

  /** Sessions that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Opens a session for the call `key`, unless it has one or too many wait. */
  prepare(key: string, open: OpenSession): void {
    if (this.#waiting.has(key) || this.#waiting.size >= this.#maxSessions) return;
    const session = open({ onReady() {}, onLost: () => this.#forget(key) });
    const expiry = after(this.#clock, WARM_LIFETIME_MS, () => this.#drop(key));
    this.#waiting.set(key, { session, expiry });
  }

  /** Hands the call its session, if one waits; `handler` is told what becomes of it, `onReady` included. */
  take(key: string, handler: ModelSessionHandler): ModelSession | undefined {
    const warm = this.#forget(key);
    warm?.session.adopt(handler);
    return warm?.session;
  }

  [Symbol.dispose](): void {
    for (const key of [...this.#waiting.keys()]) this.#drop(key);
  }

  #drop(key: string): void {
    this.#forget(key)?.session.close();
  }

  #forget(key: string): Warm | undefined {
    const warm = this.#waiting.get(key);
    warm?.expiry.cancel();
    this.#waiting.delete(key);
    return warm;
  }
}
