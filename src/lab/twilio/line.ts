import { type Clock, type Timer } from "../../util/clock.ts";
import type { NetworkOptions } from "./network.ts";

/** What all simulated calls to one server have in common. */
export interface Line {
  /** One clock for all calls of the process: they share its timer. */
  clock: Clock;
  /** Where the server really listens, such as `http://127.0.0.1:8080`. */
  server: string;
  /** The origin that the server believes it has (`PUBLIC_URL`). Signatures are made over it. */
  publicUrl: string;
  /** `TWILIO_ACCOUNT_SID` of the server. */
  accountSid: string;
  /**
   * `TWILIO_AUTH_TOKEN` of the server, which signatures are made with. Without it nothing is signed, as a
   * server that verifies nobody (`--insecure`) wants it.
   */
  authToken?: string;
  /** How far away the caller is; default no distance. */
  network?: NetworkOptions;
}

/** How often a waiting condition is looked at, in milliseconds. */
const POLL_MS = 10;
/** What the time between two looks counts for at most: beyond it, the machine was busy with other things. */
const MOST_COUNTED_MS = 2 * POLL_MS;
/** However busy the machine is, no wait is longer than so many times what was allowed. */
const MAX_PATIENCE = 6;

/**
 * Resolves to true once `condition` holds, or to false when `timeoutMs` have passed, not counting what a busy
 * machine adds, or `isOver` holds before it.
 */
export function until(
  clock: Clock,
  condition: () => boolean,
  timeoutMs: number,
  isOver: () => boolean = () => false,
): Promise<boolean> {
  const endMs = clock.now() + MAX_PATIENCE * timeoutMs;
  let leftMs = timeoutMs;
  let lookedMs = clock.now();
  return new Promise((resolve) => {
    const look = () => {
      const nowMs = clock.now();
      leftMs -= Math.min(nowMs - lookedMs, MOST_COUNTED_MS);
      lookedMs = nowMs;
      if (condition()) resolve(true);
      else if (isOver() || leftMs <= 0 || nowMs >= endMs) resolve(false);
      else clock.at(nowMs + Math.min(POLL_MS, leftMs), look);
    };
    look();
  });
}

/** A sleep that can be ended early. */
export class Nap {
  #timer: Timer | undefined;
  #wake: (() => void) | undefined;

  constructor(readonly clock: Clock) {}

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = this.clock.at(this.clock.now() + ms, resolve);
    });
  }

  wake(): void {
    this.#timer?.cancel();
    this.#wake?.();
  }
}
