import { after, type Clock } from "../util/clock.ts";
import { readBounded } from "../util/read_text.ts";
import { textResponse } from "./router.ts";

/** Time for a body to arrive after its head. Twilio gives up on a webhook after 15 s. */
export const BODY_TIMEOUT_MS = 10_000;

/**
 * Reads a request's body as text, or returns the answer that refuses it: 413 above `maxBytes`, 408 when it is
 * not complete within {@link BODY_TIMEOUT_MS}, so that a client that trickles bytes cannot hold a connection.
 *
 * @throws whatever the connection fails with
 */
export async function readBody(request: Request, maxBytes: number, clock: Clock): Promise<string | Response> {
  const late = new AbortController();
  const timer = after(clock, BODY_TIMEOUT_MS, () => late.abort());
  try {
    return await readBounded(request.body, maxBytes, late.signal) ??
      textResponse(413, `The body must have at most ${maxBytes} bytes.`);
  } catch (error) {
    if (!late.signal.aborted) throw error;
    return textResponse(408, `The body must be here within ${BODY_TIMEOUT_MS / 1000} s.`, {
      connection: "close",
    });
  } finally {
    timer.cancel();
  }
}
