import { after, type Clock, sleep } from "../../util/clock.ts";
import { messageOf } from "../../util/errors.ts";
import { readBounded } from "../../util/read_text.ts";
import { type CallChange, changeForm, type OutboundCall, outboundForm } from "./rest_call.ts";
import { callSidOfAnswer, errorOfAnswer, type IncomingNumber, numberOfAnswer } from "./rest_answer.ts";
import { TwilioRestError } from "./rest_error.ts";

/** An answer must be complete after this long, for each attempt. */
const REST_TIMEOUT_MS = 5_000;
/** Pause before the one repetition. */
export const RETRY_DELAY_MS = 250;
/** Longest answer read; a call's description has about 2 kB. A longer one counts as empty. */
export const MAX_REST_ANSWER_BYTES = 65_536;
/** Twilio's bound on TwiML inside a REST request. */
export const MAX_REST_TWIML_CHARS = 4_000;

interface RestRequest {
  method: "GET" | "POST";
  body?: URLSearchParams;
}

export interface TwilioRestOptions {
  /** Origin of the API, such as `https://api.twilio.com`. */
  apiUrl: string;
  /** Of the account that owns the calls. Undefined (`--insecure`): every request fails with `twilio_no_credentials`. */
  authToken: string | undefined;
  clock: Clock;
  /** Default {@link REST_TIMEOUT_MS}. */
  timeoutMs?: number;
}

/** Calls of Twilio's REST API, version 2010-04-01: HTTP Basic authorization, forms in, JSON out. */
export class TwilioRest {
  readonly #options: TwilioRestOptions;

  constructor(options: TwilioRestOptions) {
    this.#options = options;
  }

  /**
   * Ends a live call, or gives it other TwiML. A stream of it then stops: close it only after its `stop`, or the old TwiML
   * goes on. Repeated once when Twilio is overloaded, fails or is not reached, since doing it twice changes nothing.
   *
   * @param accountSid the call's own, from its webhook or its stream's `start`
   * @returns `gone` when the call had ended already, which Twilio tells in two ways: 404 with 20404, 400 with 21220
   * @throws {TwilioRestError}
   */
  async updateCall(accountSid: string, callSid: string, change: CallChange): Promise<"updated" | "gone"> {
    if ("twiml" in change && change.twiml.length > MAX_REST_TWIML_CHARS) {
      throw new TwilioRestError(
        "twilio_twiml_too_long",
        `The TwiML has ${change.twiml.length} characters; a REST request takes at most ${MAX_REST_TWIML_CHARS}.`,
      );
    }
    try {
      await this.#post(accountSid, `Calls/${encodeURIComponent(callSid)}`, changeForm(change), isTransient);
      return "updated";
    } catch (error) {
      if (isGone(error)) return "gone";
      throw error;
    }
  }

  /**
   * Places a call. Repeated only after 429, which is sure to have placed none: a second call to somebody is worse than a
   * failure.
   *
   * @throws {TwilioRestError}
   */
  async createCall(call: OutboundCall): Promise<{ callSid: string }> {
    const body = await this.#post(call.accountSid, "Calls", outboundForm(call), isLimited);
    return { callSid: callSidOfAnswer(body) };
  }

  /**
   * What a number of the account does when it rings; undefined when the account has no such number.
   *
   * @param number in E.164
   * @throws {TwilioRestError}
   */
  async incomingNumber(accountSid: string, number: string): Promise<IncomingNumber | undefined> {
    const query = new URLSearchParams({ PhoneNumber: number, PageSize: "1" });
    return numberOfAnswer(await this.#get(accountSid, "IncomingPhoneNumbers", query));
  }

  #post(
    accountSid: string,
    resource: string,
    body: URLSearchParams,
    mayRepeat: (error: unknown) => boolean,
  ): Promise<string> {
    return this.#request(accountSid, `${resource}.json`, { method: "POST", body }, mayRepeat);
  }

  #get(accountSid: string, resource: string, query: URLSearchParams): Promise<string> {
    return this.#request(accountSid, `${resource}.json?${query}`, { method: "GET" }, isTransient);
  }

  async #request(
    accountSid: string,
    target: string,
    request: RestRequest,
    mayRepeat: (error: unknown) => boolean,
  ): Promise<string> {
    try {
      return await this.#attempt(accountSid, target, request);
    } catch (error) {
      if (!mayRepeat(error)) throw error;
      await sleep(this.#options.clock, RETRY_DELAY_MS);
      return await this.#attempt(accountSid, target, request);
    }
  }

  /** The body of a 2xx answer. */
  async #attempt(accountSid: string, target: string, request: RestRequest): Promise<string> {
    const { apiUrl, authToken, clock, timeoutMs = REST_TIMEOUT_MS } = this.#options;
    if (authToken === undefined) {
      throw new TwilioRestError(
        "twilio_no_credentials",
        "TWILIO_AUTH_TOKEN is needed to ask Twilio's REST API.",
      );
    }
    const abort = new AbortController();
    const timer = after(clock, timeoutMs, () => abort.abort());
    try {
      const response = await fetch(
        `${apiUrl}/2010-04-01/Accounts/${encodeURIComponent(accountSid)}/${target}`,
        {
          ...request,
          headers: {
            authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}`,
            accept: "application/json",
          },
          redirect: "manual", // the authorization is for this origin alone
          signal: abort.signal,
        },
      );
      const body = await readBounded(response.body, MAX_REST_ANSWER_BYTES) ?? "";
      if (response.ok) return body;
      throw errorOfAnswer(response.status, body);
    } catch (error) {
      if (error instanceof TwilioRestError) throw error;
      throw abort.signal.aborted
        ? new TwilioRestError("twilio_timeout", `Twilio did not answer within ${timeoutMs} ms.`)
        : new TwilioRestError("twilio_unreachable", `Twilio was not reached: ${messageOf(error)}`, {
          cause: error,
        });
    } finally {
      timer.cancel();
    }
  }
}

function isLimited(error: unknown): boolean {
  return error instanceof TwilioRestError && error.code === "twilio_limited";
}

function isTransient(error: unknown): boolean {
  return error instanceof TwilioRestError && (error.isAmbiguous || error.code === "twilio_limited");
}

function isGone(error: unknown): boolean {
  if (!(error instanceof TwilioRestError)) return false;
  const { httpStatus, twilioCode } = error;
  return (httpStatus === 404 && twilioCode === 20404) || (httpStatus === 400 && twilioCode === 21220);
}
