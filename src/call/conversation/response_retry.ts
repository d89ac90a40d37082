import { RATE_LIMIT, type RealtimeError } from "../../model/realtime_error.ts";
import { after, type Clock, type Timer } from "../../util/clock.ts";
import type { ResponseRequest, ResponseSequencer } from "./response_sequencer.ts";

/**
 * Pauses before a failed response is asked for again. Once is enough for a server's error, which is rarely
 * met twice.
 */
const RETRY_DELAYS_MS = [0];
/**
 * The same for a limit of the rate, which passes with time: as long in all as a talk waits for a session that is
 * refused for the load. OpenAI counts by the minute, and mostly asks for some seconds.
 */
const RATE_LIMIT_DELAYS_MS = [1_000, 2_000, 4_000, 8_000];

/** Asks again for responses that failed: at once or after a pause, and not for ever. */
export class ResponseRetry implements Disposable {
  readonly #sequencer: Pick<ResponseSequencer, "request" | "hold" | "release">;
  readonly #clock: Clock;
  readonly #onUnavailable: (error: RealtimeError) => void;
  #failuresInARow = 0;
  #pause: Timer | undefined;

  /** @param onUnavailable there is no use in asking again */
  constructor(
    sequencer: Pick<ResponseSequencer, "request" | "hold" | "release">,
    clock: Clock,
    onUnavailable: (error: RealtimeError) => void,
  ) {
    this.#sequencer = sequencer;
    this.#clock = clock;
    this.#onUnavailable = onUnavailable;
  }

  /** A response did not fail. */
  succeeded(): void {
    this.#failuresInARow = 0;
  }

  /**
   * A response failed. `request` is what it was asked for by; undefined for one that answered the caller's
   * turn.
   */
  failed(error: RealtimeError, request: ResponseRequest | undefined): void {
    const isLimit = error.code === RATE_LIMIT;
    // What the model says by itself meanwhile, to a caller who asks for example, meets the same limit.
    if (!isLimit || this.#pause === undefined) {
      const delayMs = (isLimit ? RATE_LIMIT_DELAYS_MS : RETRY_DELAYS_MS)[this.#failuresInARow++];
      if (error.kind === "fatal" || delayMs === undefined) return this.#onUnavailable(error);
      if (delayMs > 0) this.#askNothingFor(delayMs);
    }
    this.#sequencer.request(request ?? { purpose: "retry" });
  }

  [Symbol.dispose](): void {
    this.#pause?.cancel();
  }

  #askNothingFor(ms: number): void {
    this.#sequencer.hold();
    this.#pause?.cancel();
    this.#pause = after(this.#clock, ms, () => {
      this.#pause = undefined;
      this.#sequencer.release();
    });
  }
}
