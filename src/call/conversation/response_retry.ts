import { RATE_LIMIT, type RealtimeError } from "../../model/realtime_error.ts";
import { after, type Clock, type Timer } from "../../util/clock.ts";
import type { ResponseRequest, ResponseSequencer } from "./response_sequencer.ts";

/** Failures in a row after which another session is tried; after one more, the call ends. */
const REPLACE_AT_FAILURE = 2;
/**
 * Pauses before what met a limit of the rate is asked for again, since that passes with time: as long in all
 * as a talk waits for a session that is refused for the load. OpenAI counts by the minute, and mostly asks
 * for some seconds.
 */
const RATE_LIMIT_DELAYS_MS = [1_000, 2_000, 4_000, 8_000];

/** Asks again for responses that failed: at once, in another session or after a pause, and not for ever. */
export class ResponseRetry implements Disposable {
  readonly #sequencer: Pick<ResponseSequencer, "request" | "hold" | "release">;
  readonly #clock: Clock;
  readonly #replaceSession: (error: RealtimeError) => void;
  readonly #onUnavailable: (error: RealtimeError) => void;
  #failuresInARow = 0;
  #pause: Timer | undefined;

  /**
   * @param replaceSession changes the session for another one
   * @param onUnavailable there is no use in asking again
   */
  constructor(
    sequencer: Pick<ResponseSequencer, "request" | "hold" | "release">,
    clock: Clock,
    replaceSession: (error: RealtimeError) => void,
    onUnavailable: (error: RealtimeError) => void,
  ) {
    this.#sequencer = sequencer;
    this.#clock = clock;
    this.#replaceSession = replaceSession;
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
    if (error.kind === "fatal") return this.#onUnavailable(error);
    const again = request ?? { purpose: "retry" };
    if (error.code === RATE_LIMIT) return this.#waitFor(error, again);
    if (++this.#failuresInARow > REPLACE_AT_FAILURE) return this.#onUnavailable(error);
    if (this.#failuresInARow < REPLACE_AT_FAILURE) return this.#sequencer.request(again);
    this.#sequencer.hold(); // it is for the next session
    this.#sequencer.request(again);
    this.#replaceSession(error);
    this.#sequencer.release();
  }

  [Symbol.dispose](): void {
    this.#pause?.cancel();
  }

  #waitFor(error: RealtimeError, again: ResponseRequest): void {
    // What the model says by itself meanwhile, to a caller who asks for example, meets the same limit.
    if (this.#pause === undefined) {
      const delayMs = RATE_LIMIT_DELAYS_MS[this.#failuresInARow++];
      if (delayMs === undefined) return this.#onUnavailable(error);
      this.#askNothingFor(delayMs);
    }
    this.#sequencer.request(again);
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
