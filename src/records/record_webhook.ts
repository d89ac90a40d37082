import type { RecordWebhook } from "../businesses/business.ts";
import type { GuardedRequests } from "../egress/guarded_requests.ts";
import type { Clock } from "../util/clock.ts";
import { Deadline } from "../util/deadline.ts";
import { AppError } from "../util/errors.ts";
import { requestSignature } from "../util/request_signature.ts";
import { type OutgoingRecord, splitMessages } from "./whole_messages.ts";

/** How long the endpoint may take to answer, in milliseconds. */
export const RECORD_WEBHOOK_TIMEOUT_MS = 10_000;
/** Most bytes read of the answer, of which only the status matters. */
const MAX_ANSWER_BYTES = 1_024;

/**
 * Sends a record to a business: `POST` with `{"event": "call.ended", "delivery": ID, "record": {…}}`, and
 * `"messages"` where there are whole ones, signed as {@link requestSignature} says when there is a secret.
 * `delivery` (also `X-Slimline-Delivery`) is the same whenever the same record is sent again. Any status from
 * 200 to 299 means that it has arrived. A redirect is a failure: it would take the record to a place that
 * nobody configured.
 *
 * @param requests the only way out: a business file may name any URL
 * @param stop breaks it off, as at the end of the process
 * @throws {AppError} `webhook_failed`
 */
export async function sendRecord(
  { url, signingSecret }: RecordWebhook,
  outgoing: OutgoingRecord,
  delivery: string,
  clock: Clock,
  requests: GuardedRequests,
  stop?: AbortSignal,
): Promise<void> {
  const { record, messages } = splitMessages(outgoing);
  const body = JSON.stringify({ event: "call.ended", delivery, record, messages });
  const signature = await requestSignature(signingSecret, body, clock.epoch());
  const headers = { "content-type": "application/json", "x-slimline-delivery": delivery, ...signature };
  using deadline = new Deadline(clock, RECORD_WEBHOOK_TIMEOUT_MS, stop);
  let status: number;
  try {
    const { signal } = deadline;
    ({ status } = await requests.post({ url, headers, body, signal, maxBytes: MAX_ANSWER_BYTES }));
  } catch (cause) {
    if (cause instanceof AppError) throw new AppError("webhook_failed", cause.message, { cause });
    throw new AppError("webhook_failed", "The webhook cannot be reached, or does not answer in time.", {
      cause,
    });
  }
  if (status < 200 || status > 299) throw new AppError("webhook_failed", `The webhook answered ${status}.`);
}
