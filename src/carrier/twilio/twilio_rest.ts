import { hedge } from "./hedge.ts";
import { type Clock, sleep } from "../../util/clock.ts";
import { Deadline } from "../../util/deadline.ts";
import { AppError, messageOf } from "../../util/errors.ts";
import { isObject } from "../../util/is_object.ts";
import { readBounded } from "../../util/read_body.ts";
import type { AuthTokens } from "./auth_tokens.ts";

/** An answer must be complete after this long, for each attempt. */
const REST_TIMEOUT_MS = 5_000;
/** Pause before a repetition. */
export const RETRY_DELAY_MS = 250;
/** A change of a call that has no answer after this long is asked for once more, by another connection. */
export const HEDGE_AFTER_MS = 1_500;
/**
 * How often a change is asked for at least; as often as there are hosts when these are more, up to
 * {@link MAX_TRIES}.
 */
const LEAST_TRIES = 2;
const MAX_TRIES = 3;
/** Longest answer read; a call's description has about 2 kB. A longer one counts as empty. */
const MAX_REST_ANSWER_BYTES = 65_536;
/** Longest TwiML in a REST request. Source: https://www.twilio.com/docs/voice/api/call-resource#twiml-parameter */
export const MAX_REST_TWIML_CHARS = 4_000;

/** What a live call is told to do: end, or run other TwiML. */
export type CallChange = { status: "completed" } | { twiml: string };

/** A call to place. Numbers are E.164. Source: https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource */
export interface OutboundCall {
  /** The account that pays, and owns or has verified `from`. */
  accountSid: string;
  to: string;
  from: string;
  /** Asked for TwiML by POST once the call is answered. */
  url: string;
  /** Told by POST of each of the `statusCallbackEvents`. */
  statusCallback: string;
  statusCallbackEvents: readonly ("initiated" | "ringing" | "answered" | "completed")[];
  /** How long it rings, in seconds; Twilio may add 5. At most 600. */
  timeoutSeconds: number;
  /**
   * Has Twilio say in `AnsweredBy` whether a machine answered: as soon as it is known (`Enable`), or when the
   * machine's greeting is over (`DetectMessageEnd`). Default: no detection.
   */
  machineDetection?: "Enable" | "DetectMessageEnd";
}

export interface TwilioRestOptions {
  /**
   * Origin of the API, such as `https://api.twilio.com`. Several, separated by commas, are other ways to the same account, such
   * as other edges: a change of a call is asked of the next one when the first does not answer.
   */
  apiUrl: string;
  /**
   * Of the accounts that own the calls. Undefined (`--insecure`): every request fails with
   * `twilio_no_credentials`.
   */
  authTokens: AuthTokens | undefined;
  clock: Clock;
  /** Longest wait for a complete answer, for each attempt. Default 5,000. */
  timeoutMs?: number;
}

/**
 * A client of Twilio's REST API, version 2010-04-01: HTTP Basic authorization, forms in, JSON out.
 * Source: https://www.twilio.com/docs/usage/api
 */
export class TwilioRest {
  readonly #options: TwilioRestOptions;
  readonly #origins: readonly string[];

  constructor(options: TwilioRestOptions) {
    this.#options = options;
    this.#origins = options.apiUrl.split(",");
  }

  /**
   * Ends a live call, or gives it other TwiML. Its stream then stops: close it only after its `stop`, or the
   * old TwiML goes on. Repeated when Twilio is overloaded, fails, is not reached or does not answer at once,
   * since doing it twice changes nothing.
   *
   * @param accountSid the call's own, from its webhook or its stream's `start`
   * @param isMoot true once there is no use in a repetition any more
   * @returns `gone` when the call had ended already, which Twilio says in two ways: 404 with 20404, 400 with
   * 21220
   * @throws {TwilioRestError}
   */
  async updateCall(
    accountSid: string,
    callSid: string,
    change: CallChange,
    isMoot: () => boolean = () => false,
  ): Promise<"updated" | "gone"> {
    if ("twiml" in change && change.twiml.length > MAX_REST_TWIML_CHARS) {
      throw new TwilioRestError(
        "twilio_twiml_too_long",
        `The TwiML has ${change.twiml.length} characters; a REST request takes at most ${MAX_REST_TWIML_CHARS}.`,
      );
    }
    const body = new URLSearchParams(
      "status" in change ? { Status: change.status } : { Twiml: change.twiml },
    );
    try {
      const target = `Calls/${encodeURIComponent(callSid)}.json`;
      await hedge(
        (nth, signal) => this.#authorized(accountSid, target, { method: "POST", body, signal, nth }),
        {
          clock: this.#options.clock,
          tries: Math.min(MAX_TRIES, Math.max(LEAST_TRIES, this.#origins.length)),
          besideAfterMs: HEDGE_AFTER_MS,
          againAfterMs: RETRY_DELAY_MS,
          mayRepeat: isTransient,
          isMoot,
        },
      );
      return "updated";
    } catch (error) {
      if (isGone(error)) return "gone";
      throw error;
    }
  }

  /**
   * Places a call. Repeated only after 429, which is sure to have placed none: a second call to somebody is
   * worse than a failure.
   *
   * @throws {TwilioRestError}
   */
  async createCall(call: OutboundCall): Promise<{ callSid: string }> {
    const body = new URLSearchParams({
      To: call.to,
      From: call.from,
      Url: call.url,
      Method: "POST",
      StatusCallback: call.statusCallback,
      StatusCallbackMethod: "POST",
      Timeout: String(call.timeoutSeconds),
    });
    for (const event of call.statusCallbackEvents) body.append("StatusCallbackEvent", event);
    if (call.machineDetection) body.set("MachineDetection", call.machineDetection);
    const answer = await this.#request(call.accountSid, "Calls.json", { method: "POST", body }, isLimited);
    return { callSid: readCallSid(answer) };
  }

  /**
   * Asks for something else of an account, or changes it. Repeated when Twilio is overloaded, fails or is not
   * reached: whatever is changed so must be the same when it is done twice.
   *
   * @param target below the account, such as `IncomingPhoneNumbers.json?PageSize=1`
   * @param form what is changed; undefined only asks
   * @returns the answer's body, JSON
   * @throws {TwilioRestError}
   */
  async ask(accountSid: string, target: string, form?: URLSearchParams): Promise<string> {
    const request = form === undefined ? { method: "GET" } : { method: "POST", body: form };
    return await this.#request(accountSid, target, request, isTransient);
  }

  /**
   * Deletes a recording. One that is gone already is no failure.
   *
   * @param signal breaks it off
   * @throws {TwilioRestError}
   */
  async deleteRecording(accountSid: string, recordingSid: string, signal?: AbortSignal): Promise<void> {
    const target = `Recordings/${encodeURIComponent(recordingSid)}.json`;
    try {
      await this.#request(accountSid, target, { method: "DELETE", signal }, isTransient);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  async #request(
    accountSid: string,
    target: string,
    request: RestRequest,
    mayRepeat: (error: unknown) => boolean,
  ): Promise<string> {
    try {
      return await this.#authorized(accountSid, target, request);
    } catch (error) {
      if (!mayRepeat(error) || request.signal?.aborted) throw error;
      await sleep(this.#options.clock, RETRY_DELAY_MS);
      return await this.#authorized(accountSid, target, request);
    }
  }

  /**
   * Asks with the account's token; with its next one when Twilio does not take it, as in the middle of a
   * rotation.
   */
  async #authorized(accountSid: string, target: string, request: RestRequest): Promise<string> {
    const { authTokens } = this.#options;
    const tokens = authTokens?.of(accountSid) ?? [];
    for (const [index, token] of tokens.entries()) {
      try {
        const answer = await this.#attempt(accountSid, token.text, target, request);
        if (index > 0) authTokens?.prefer(accountSid, token);
        return answer;
      } catch (error) {
        const isRefused = error instanceof TwilioRestError && error.httpStatus === 401;
        if (!isRefused || index === tokens.length - 1) throw error;
      }
    }
    throw new TwilioRestError(
      "twilio_no_credentials",
      "TWILIO_AUTH_TOKEN is needed to ask Twilio's REST API.",
    );
  }

  /** The body of a 2xx answer. */
  async #attempt(
    accountSid: string,
    authToken: string,
    target: string,
    request: RestRequest,
  ): Promise<string> {
    const { clock, timeoutMs = REST_TIMEOUT_MS } = this.#options;
    const { nth = 0, signal, ...sent } = request;
    const origin = this.#origins[nth % this.#origins.length];
    using deadline = new Deadline(clock, timeoutMs, signal);
    // A repetition takes no connection that is there already: it may be the one that hangs.
    using client = nth > 0 ? Deno.createHttpClient({}) : undefined;
    try {
      const response = await fetch(
        `${origin}/2010-04-01/Accounts/${encodeURIComponent(accountSid)}/${target}`,
        {
          ...sent,
          client,
          headers: {
            authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}`,
            accept: "application/json",
          },
          redirect: "manual", // the authorization is for this origin alone
          signal: deadline.signal,
        },
      );
      const body = await readBounded(response.body, MAX_REST_ANSWER_BYTES) ?? "";
      if (response.ok) return body;
      throw answerError(response.status, body);
    } catch (error) {
      if (error instanceof TwilioRestError) throw error;
      throw deadline.isOver
        ? new TwilioRestError("twilio_timeout", `Twilio did not answer within ${timeoutMs} ms.`)
        : new TwilioRestError("twilio_unreachable", `Twilio was not reached: ${messageOf(error)}`, {
          cause: error,
        });
    }
  }
}

interface RestRequest extends Pick<RequestInit, "method" | "body"> {
  /** Calls it off. */
  signal?: AbortSignal;
  /** Which try it is, from 0. */
  nth?: number;
}

/** How a request to Twilio's REST API failed. */
export type TwilioRestCode =
  /** There is no auth token to ask with. Nothing was sent. */
  | "twilio_no_credentials"
  /** The TwiML is longer than {@link MAX_REST_TWIML_CHARS}. Nothing was sent. */
  | "twilio_twiml_too_long"
  /** No answer in time. Twilio may have done it all the same. */
  | "twilio_timeout"
  /** The connection failed. Twilio may have done it all the same. */
  | "twilio_unreachable"
  /** 5xx. Twilio may have done it all the same. */
  | "twilio_failed"
  /** 429: too many requests. Nothing was done. */
  | "twilio_limited"
  /** Any other status; `message` has Twilio's words. Nothing was done. */
  | "twilio_refused"
  /** Twilio did it, and its answer lacks what we need of it. */
  | "twilio_unreadable";

/** Twilio's REST API did not do what was asked, or may not have. */
export class TwilioRestError extends AppError {
  override readonly name = "TwilioRestError";
  /** Undefined when there was no answer. */
  readonly httpStatus: number | undefined;
  /** Such as 20404. Source: https://www.twilio.com/docs/api/errors */
  readonly twilioCode: number | undefined;

  constructor(
    override readonly code: TwilioRestCode,
    message: string,
    options: { httpStatus?: number; twilioCode?: number; cause?: unknown } = {},
  ) {
    super(code, message, options);
    this.httpStatus = options.httpStatus;
    this.twilioCode = options.twilioCode;
  }

  /** True when Twilio may have done what was asked, although it did not say so. */
  get isAmbiguous(): boolean {
    return ["twilio_timeout", "twilio_unreachable", "twilio_failed", "twilio_unreadable"].includes(this.code);
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

/**
 * The error that an answer other than 2xx stands for. Its body is JSON with `code` and `message`, unless
 * something between us and Twilio answered.
 */
export function answerError(httpStatus: number, body: string): TwilioRestError {
  const { code, message } = parseAnswer(body);
  const twilioCode = typeof code === "number" ? code : undefined;
  const words = typeof message === "string" && message ? message : "no reason given";
  return new TwilioRestError(
    httpStatus === 429 ? "twilio_limited" : httpStatus >= 500 ? "twilio_failed" : "twilio_refused",
    `Twilio answered ${httpStatus}${twilioCode === undefined ? "" : ` (${twilioCode})`}: ${words}`,
    { httpStatus, twilioCode },
  );
}

/**
 * The SID of a call that was placed.
 * @throws {TwilioRestError} `twilio_unreadable`
 */
export function readCallSid(body: string): string {
  const { sid } = parseAnswer(body);
  if (typeof sid === "string" && /^CA[0-9a-fA-F]{32}$/.test(sid)) return sid;
  throw new TwilioRestError("twilio_unreadable", "Twilio placed the call and did not say its SID.");
}

/** The object that an answer holds; an empty one where it holds none. */
export function parseAnswer(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    return isObject(parsed) ? parsed : {};
  } catch {
    return {}; // a proxy's page, say
  }
}
