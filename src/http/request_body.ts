import { after, type Clock } from "../util/clock.ts";
import { readBounded } from "../util/read_text.ts";
import { text } from "./router.ts";

/** A body must be here this long after its head: Twilio itself gives a webhook up after 15 s. */
export const BODY_TIMEOUT_MS = 10_000;

/**
 * The text of a request's body, or the answer that refuses it: 413 when it has more than `maxBytes`, 408 when it does not
 * come in time, since whoever sends it byte by byte would hold a connection for nothing.
 *
 * @throws whatever the connection fails with
 */
export async function readBody(request: Request, maxBytes: number, clock: Clock): Promise<string | Response> {
  const late = new AbortController();
  const timer = after(clock, BODY_TIMEOUT_MS, () => late.abort());
  try {
    return await readBounded(request.body, maxBytes, late.signal) ??
      text(413, `The body must have at most ${maxBytes} bytes.`);
  } catch (error) {
    if (!late.signal.aborted) throw error;
    return text(408, `The body must be here within ${BODY_TIMEOUT_MS / 1000} s.`, { connection: "close" });
  } finally {
    timer.cancel();
  }
}
