import type { Clock } from "../util/clock.ts";
import { Deadline } from "../util/deadline.ts";
import { readBounded } from "../util/read_body.ts";
import { textResponse } from "./router.ts";

/** Time for a body to arrive after its head. Twilio gives up on a webhook after 15 s. */
export const BODY_TIMEOUT_MS = 5_000;
/**
 * Each piece costs the event loop as much as a small request, and more the more is waiting behind it, however
 * short it is. No network cuts a body this small.
 */
const MIN_PIECE_BYTES = 512;

/**
 * Reads a request's body as text, or returns the answer that refuses it: 413 above `maxBytes` or in crumbs,
 * 408 when it is not complete within {@link BODY_TIMEOUT_MS}, so that a client that trickles bytes cannot
 * hold a connection, and 400 when the connection ends before it. Never rejects.
 */
export async function readBody(request: Request, maxBytes: number, clock: Clock): Promise<string | Response> {
  using deadline = new Deadline(clock, BODY_TIMEOUT_MS);
  try {
    const bounds = { signal: deadline.signal, minPieceBytes: MIN_PIECE_BYTES };
    return await readBounded(request.body, maxBytes, bounds) ??
      textResponse(413, `The body must have at most ${maxBytes} bytes, and not come in crumbs.`, {
        connection: "close",
      });
  } catch {
    if (!deadline.isOver) return textResponse(400, "The body did not arrive.", { connection: "close" });
    return textResponse(408, `The body must be here within ${BODY_TIMEOUT_MS / 1000} s.`, {
      connection: "close",
    });
  }
}
