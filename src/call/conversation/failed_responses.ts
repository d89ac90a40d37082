import { RATE_LIMIT, type RealtimeError } from "../../realtime/realtime_error.ts";

/** Pauses before a failed response is asked for again. Once is enough for a server's error, which is rarely met twice. */
const RETRY_DELAYS_MS = [0];
/** The same for a limit of the rate, which passes with time. */
const RATE_LIMIT_DELAYS_MS = [1_000, 2_000];

/** Counts responses that failed in a row, and says when the next attempt is due. */
export class FailedResponses {
  #inARow = 0;

  /** A response did not fail. */
  succeeded(): void {
    this.#inARow = 0;
  }

  /** A response failed. Returns how long to wait before it is asked for again; undefined: there is no use in it. */
  failed(error: RealtimeError): number | undefined {
    if (error.kind === "fatal") return undefined;
    const delays = error.code === RATE_LIMIT ? RATE_LIMIT_DELAYS_MS : RETRY_DELAYS_MS;
    return delays[this.#inARow++];
  }
}
