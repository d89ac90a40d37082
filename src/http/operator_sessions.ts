import type { Clock } from "../util/clock.ts";
import { sameSecret } from "./operators.ts";
import { setLatest } from "../util/set_latest.ts";

/** A session that nobody has used for so long ends. An open dashboard uses its own. */
export const SESSION_IDLE_MS = 30 * 60_000;
/** A session ends after this however much it is used. */
export const SESSION_LIFETIME_MS = 8 * 3_600_000;
/** A sign-in link works for this long after the start, once. */
export const LINK_LIFETIME_MS = 3_600_000;
/** Sessions at once; another one ends the oldest. */
const MAX_SESSIONS = 64;

/** Sessions of operators who have signed in by a browser. No method rejects. */
export interface OperatorSessions {
  /** Begins a session. Resolves with its id, which nobody can guess. */
  begin(): Promise<string>;
  /** Whether a session has not ended. Counts as a use of it. */
  isOpen(id: string): Promise<boolean>;
  end(id: string): Promise<void>;
  /** Whether `code` is that of the sign-in link; true only once. */
  redeem(code: string): Promise<boolean>;
}

/** The sessions that this process holds, in memory: none outlives it. */
export class OwnSessions implements OperatorSessions {
  readonly #clock: Clock;
  readonly #sessions = new Map<string, { readonly sinceMs: number; usedMs: number }>();
  readonly #startedMs: number;
  #code: string | undefined;

  /** @param code of the sign-in link. Default: there is none */
  constructor(clock: Clock, code?: string) {
    this.#clock = clock;
    this.#code = code;
    this.#startedMs = clock.now();
  }

  begin(): Promise<string> {
    const id = crypto.randomUUID();
    const now = this.#clock.now();
    setLatest(this.#sessions, id, { sinceMs: now, usedMs: now }, MAX_SESSIONS);
    return Promise.resolve(id);
  }

  isOpen(id: string): Promise<boolean> {
    const session = this.#sessions.get(id);
    if (!session) return Promise.resolve(false);
    const now = this.#clock.now();
    if (now - session.usedMs >= SESSION_IDLE_MS || now - session.sinceMs >= SESSION_LIFETIME_MS) {
      this.#sessions.delete(id);
      return Promise.resolve(false);
    }
    session.usedMs = now;
    return Promise.resolve(true);
  }

  end(id: string): Promise<void> {
    this.#sessions.delete(id);
    return Promise.resolve();
  }

  async redeem(code: string): Promise<boolean> {
    if (this.#code === undefined || this.#clock.now() - this.#startedMs >= LINK_LIFETIME_MS) return false;
    if (!await sameSecret(code, this.#code)) return false;
    const isFirst = this.#code !== undefined; // two may have come at once
    this.#code = undefined;
    return isFirst;
  }
}
