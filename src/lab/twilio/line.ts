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

/**
 * Resolves to true once `condition` holds, or to false when `timeoutMs` have passed or `isOver` holds before
 * it.
 */
export function until(
  clock: Clock,
  condition: () => boolean,
  timeoutMs: number,
  isOver: () => boolean = () => false,
): Promise<boolean> {
  const endMs = clock.now() + timeoutMs;
  return new Promise((resolve) => {
    const look = () => {
      if (condition()) resolve(true);
      else if (isOver() || clock.now() >= endMs) resolve(false);
      else clock.at(Math.min(clock.now() + POLL_MS, endMs), look);
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
