import type { Business } from "../businesses/business.ts";
import { type CallVariables, knownVariables } from "../businesses/call_variables.ts";
import { type GuardedRequests, mergedHeaders } from "../egress/guarded_requests.ts";
import type { Log } from "../observability/log.ts";
import type { Clock } from "../util/clock.ts";
import { Deadline } from "../util/deadline.ts";
import { AppError, messageOf } from "../util/errors.ts";
import { ExpiringMap } from "../util/expiring_map.ts";
import { isObject } from "../util/is_object.ts";
import { requestSignature } from "../util/request_signature.ts";

/** Answers that wait for their stream; the oldest is forgotten beyond it, and asked for again. */
const MAX_WAITING_LOOKUPS = 1_000;
/** How long an answer waits for its stream, which comes within seconds or not at all. */
const LOOKUP_LIFETIME_MS = 60_000;
/** Most bytes of an answer: more than all variables can hold. */
export const MAX_LOOKUP_BYTES = 32_768;

/** The call that is looked up. */
export interface LookedUpCall {
  readonly callSid: string;
  /** As the network gave it. */
  readonly from: string;
  readonly to: string;
}

/**
 * Asks a business about a call that comes in, while Twilio still connects it: `POST` with `{"event":
 * "call.incoming", "call": {"sid", "business", "from", "to"}}`, signed as {@link requestSignature} says when
 * there is a secret. The answer's `{"variables": {…}}` are those of the call. Whatever fails is logged, and
 * the call goes on without.
 */
export class CallLookups {
  readonly #requests: Pick<GuardedRequests, "post">;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #waiting: ExpiringMap<Promise<CallVariables>>;

  /** @param requests the only way out: a business file may name any URL */
  constructor(requests: Pick<GuardedRequests, "post">, clock: Clock, log: Log) {
    this.#requests = requests;
    this.#clock = clock;
    this.#log = log;
    this.#waiting = new ExpiringMap({
      maxEntries: MAX_WAITING_LOOKUPS,
      lifetimeMs: LOOKUP_LIFETIME_MS,
      nowMs: () => clock.now(),
    });
  }

  /**
   * Asks about a call whose stream will come; what is asked for already is not asked for again. Never
   * rejects.
   */
  begin(business: Business, call: LookedUpCall): Promise<CallVariables> {
    const waiting = this.#waiting.get(call.callSid);
    if (waiting) return waiting;
    const asked = this.#ask(business, call);
    this.#waiting.set(call.callSid, asked);
    return asked;
  }

  /** Whether the call's stream has not come yet. */
  isWaiting(callSid: string): boolean {
    return this.#waiting.has(callSid);
  }

  /**
   * What is known of a call whose stream is there: asks now if another process has answered its webhook.
   * Never rejects.
   */
  take(business: Business, call: LookedUpCall): Promise<CallVariables> {
    const asked = this.#waiting.get(call.callSid) ?? this.#ask(business, call);
    this.#waiting.delete(call.callSid);
    return asked;
  }

  async #ask(business: Business, { callSid, from, to }: LookedUpCall): Promise<CallVariables> {
    const { id, lookup } = business;
    if (lookup === undefined) return {};
    const startMs = this.#clock.now();
    using deadline = new Deadline(this.#clock, lookup.timeoutMs);
    try {
      const body = JSON.stringify({ event: "call.incoming", call: { sid: callSid, business: id, from, to } });
      const headers = mergedHeaders(
        lookup.headers,
        { accept: "application/json", "content-type": "application/json" },
        await requestSignature(lookup.signingSecret, body, this.#clock.epoch()),
      );
      const { url } = lookup;
      const { signal } = deadline;
      const { status, text, isCut } = await this.#requests.post(
        { url, headers, body, signal, maxBytes: MAX_LOOKUP_BYTES },
      );
      if (status < 200 || status > 299) {
        throw new AppError("lookup_failed", `The look-up answered ${status}.`);
      }
      if (isCut) throw new AppError("lookup_failed", `The answer has more than ${MAX_LOOKUP_BYTES} bytes.`);
      const variables = knownVariables(business, readAnswer(text));
      const tookMs = Math.round(this.#clock.now() - startMs);
      this.#log.info("call_looked_up", {
        call: callSid,
        business: id,
        variables: Object.keys(variables).length,
        tookMs,
      });
      return variables;
    } catch (error) {
      const message = deadline.isOver ? `No answer within ${lookup.timeoutMs} ms.` : messageOf(error);
      this.#log.warn("lookup_failed", { call: callSid, business: id, message });
      return {};
    }
  }
}

/** @throws {AppError} `lookup_failed` for an answer of another form; without its text, which is personal */
function readAnswer(text: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new AppError("lookup_failed", "The answer is not JSON.");
  }
  if (isObject(json) && isObject(json.variables)) return json.variables;
  throw new AppError("lookup_failed", 'The answer must be {"variables": {…}}.');
}
