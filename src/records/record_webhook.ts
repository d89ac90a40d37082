import type { RecordWebhook } from "../businesses/business.ts";
import { after, type Clock } from "../util/clock.ts";
import { AppError } from "../util/errors.ts";
import { RequestSigner } from "../util/request_signature.ts";
import type { CallRecord } from "./call_record.ts";

/** How long the endpoint may take to answer, in milliseconds. */
export const RECORD_WEBHOOK_TIMEOUT_MS = 10_000;

/**
 * Sends a record to a business: `POST` with `{"event": "call.ended", "delivery": ID, "record": {…}}`, signed as
 * {@link RequestSigner} says when there is a secret. `delivery` (also `X-Slimline-Delivery`) is the same whenever the same
 * record is sent again. Any status from 200 to 299 means that it has arrived. A redirect is a failure: it would take the
 * record to a place that nobody configured.
 *
 * @param stop breaks it off, as at the end of the process
 * @throws {AppError} `webhook_failed`
 */
export async function sendRecord(
  { url, signingSecret }: RecordWebhook,
  record: CallRecord,
  delivery: string,
  clock: Clock,
  stop?: AbortSignal,
): Promise<void> {
  const body = JSON.stringify({ event: "call.ended", delivery, record });
  const signature = signingSecret ? await new RequestSigner(signingSecret).headers(body, clock.epoch()) : {};
  const headers = { "content-type": "application/json", "x-slimline-delivery": delivery, ...signature };
  const abort = new AbortController();
  const timer = after(clock, RECORD_WEBHOOK_TIMEOUT_MS, () => abort.abort());
  let status: number;
  try {
    const signal = stop ? AbortSignal.any([abort.signal, stop]) : abort.signal;
    const answer = await fetch(url, { method: "POST", headers, body, signal, redirect: "error" });
    await answer.body?.cancel();
    status = answer.status;
  } catch (cause) {
    throw new AppError("webhook_failed", "The webhook cannot be reached, or does not answer in time.", {
      cause,
    });
  } finally {
    timer.cancel();
  }
  if (status < 200 || status > 299) throw new AppError("webhook_failed", `The webhook answered ${status}.`);
}
