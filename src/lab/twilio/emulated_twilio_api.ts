import { type Clock, sleep } from "../../util/clock.ts";
import { STORAGE_PATH } from "./emulated_recordings.ts";
import { type EmulatedNumber, EmulatedNumbers } from "./emulated_numbers.ts";
import { notFound, RestError } from "./rest_error.ts";
import { CallRegistry, type CallUpdate, type EmulatedCall } from "./emulated_call.ts";
import type { TwimlSource } from "./twiml_documents.ts";
import type { Link } from "./parse_twiml.ts";

/** Whose account an {@link EmulatedTwilioApi} serves, and how it behaves. */
export interface EmulatedTwilioApiOptions {
  /** Times requests. */
  clock: Clock;
  /** `TWILIO_ACCOUNT_SID` of the server. */
  accountSid: string;
  /** `TWILIO_AUTH_TOKEN` of the server. */
  authToken: string;
  /** Default 0: any free one. */
  port?: number;
  /** Where updates find their calls. Give the same one to the callers. Default a new one. */
  registry?: CallRegistry;
  /** Every answer comes so much later; default 0 ms. */
  latencyMs?: number;
  /** How an update of an ended call fails: 404 with 20404 (default), or 400 with 21220. Both are seen. */
  ended?: 404 | 400;
  /** Places an outbound call; without it `POST …/Calls.json` answers 400. */
  onCreate?: (request: OutboundRequest) => EmulatedCall;
  /** The account's numbers in E.164, and what is set for them; default none. */
  numbers?: Readonly<Record<string, EmulatedNumber>>;
}

/** A `POST …/Calls.json`. */
export interface OutboundRequest {
  /** Who is called. */
  to: string;
  /** The number that calls. */
  from: string;
  /** The TwiML that an answered call runs. */
  answer: TwimlSource;
  /** Every field, with repeated ones such as `StatusCallbackEvent`. */
  form: URLSearchParams;
}

/** Requests kept; the oldest is dropped beyond it. */
const MAX_REST_REQUESTS = 1000;
const MAX_TWIML_CHARS = 4000;

const CALL_STATES_OVER = ["completed", "busy", "failed", "no-answer", "canceled"];

/**
 * The part of Twilio's REST API, version 2010-04-01, on loopback, that telephony needs: update and read a
 * call, place a call, list and update numbers, fetch and delete recordings. Updates reach the simulated
 * callers of the same registry.
 *
 * @example A server that places calls, and the callers who answer them
 * ```ts
 * await using api = new EmulatedTwilioApi({
 *   clock,
 *   accountSid,
 *   authToken,
 *   onCreate: (request) => new SimulatedOutboundCall(request, { line, speech: CallerSpeech.tone(440, 800) }),
 * });
 * // TWILIO_API_URL=api.url
 * ```
 */
export class EmulatedTwilioApi implements AsyncDisposable {
  /** What to set `TWILIO_API_URL` to. */
  readonly url: string;
  /** The calls that requests find. */
  readonly registry: CallRegistry;
  /** Requests so far, the oldest dropped beyond 1000. */
  readonly requests: RestRequest[] = [];
  /** The account's numbers. */
  readonly numbers: EmulatedNumbers;
  /** May be changed between requests. */
  latencyMs: number;

  readonly #options: EmulatedTwilioApiOptions;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #failures: RestFailure[] = [];
  readonly #closing = Promise.withResolvers<void>();

  /** Listens at once, on 127.0.0.1. @throws {Deno.errors.AddrInUse} when the port is taken */
  constructor(options: EmulatedTwilioApiOptions) {
    this.#options = options;
    this.registry = options.registry ?? new CallRegistry();
    this.numbers = new EmulatedNumbers(options.accountSid, options.numbers ?? {});
    this.latencyMs = options.latencyMs ?? 0;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: options.port ?? 0, onListen: () => {} },
      (request) => this.#handle(request),
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Fails the next `times` requests (default 1), after those that are to fail already. */
  failNext(failure: RestFailure, times: number = 1): void {
    for (let i = 0; i < times; i++) this.#failures.push(failure);
  }

  /** Answers what is held, and stops to listen. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.resolve();
    await this.#server.shutdown();
  }

  async #handle(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const { pathname: path } = url;
    const record: RestRequest = { atMs: this.#options.clock.now(), method: request.method, path, form: {} };
    this.requests.push(record);
    if (this.requests.length > MAX_REST_REQUESTS) this.requests.shift();
    const response = path.startsWith(STORAGE_PATH)
      ? this.registry.recordings.stored(request)
      : await this.#answer(request, url, record);
    record.status = response.status;
    return response;
  }

  async #answer(request: Request, url: URL, record: RestRequest): Promise<Response> {
    try {
      const form = await readForm(request);
      record.form = Object.fromEntries(form);
      if (this.latencyMs > 0) await sleep(this.#options.clock, this.latencyMs);
      await this.#failByScript();
      checkAuthorization(request, this.#options.accountSid, this.#options.authToken);
      return this.#route(request.method, url, form);
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      return error.response();
    }
  }

  async #failByScript(): Promise<void> {
    const failure = this.#failures.shift();
    if (!failure) return;
    if (failure === "timeout") {
      await this.#closing.promise;
      throw new RestError(503, 20503, "Service unavailable");
    }
    const { status, code = status === 429 ? 20429 : 20500, message = "Scripted failure" } = failure;
    throw new RestError(status, code, message);
  }

  #route(method: string, url: URL, form: URLSearchParams): Response {
    const path = url.pathname;
    const recording = /^\/2010-04-01\/Accounts\/([^/]+)\/Recordings\/(RE[0-9a-f]{32})\.(wav|json)$/.exec(
      path,
    );
    if (recording?.[1] === this.#options.accountSid) {
      return this.#recording(method, recording[2], recording[3], url);
    }
    const match = /^\/2010-04-01\/Accounts\/([^/]+)\/(Calls|IncomingPhoneNumbers)(?:\/([^/]+))?\.json$/.exec(
      path,
    );
    if (!match || match[1] !== this.#options.accountSid) throw notFound(path);
    const callSid = match[3];
    if (match[2] === "IncomingPhoneNumbers") {
      return this.numbers.answer(method, callSid, url, form);
    }
    if (callSid === undefined) {
      if (method !== "POST") throw new RestError(405, 20004, "Method not allowed");
      return this.#describe(this.#create(form), 201);
    }
    const call = this.registry.get(callSid);
    if (!call) throw notFound(path);
    if (method === "POST") this.#update(call, form, path);
    else if (method !== "GET") throw new RestError(405, 20004, "Method not allowed");
    return this.#describe(call, 200);
  }

  #recording(method: string, sid: string, format: string, url: URL): Response {
    const { recordings } = this.registry;
    if (method === "GET" && format === "wav") {
      const answer = recordings.fetch(sid, url);
      if (answer === 404) throw notFound(url.pathname);
      if (typeof answer === "number") {
        throw new RestError(answer, answer === 401 ? 20003 : 20500, "Scripted failure");
      }
      return answer;
    }
    if (method !== "DELETE" || format !== "json") throw new RestError(405, 20004, "Method not allowed");
    if (!recordings.remove(sid)) throw notFound(url.pathname);
    return new Response(null, { status: 204 });
  }

  #update(call: EmulatedCall, form: URLSearchParams, path: string): void {
    const update = readUpdate(form);
    if (CALL_STATES_OVER.includes(call.status) || !call.update(update)) {
      if (this.#options.ended !== 400) throw notFound(path);
      throw new RestError(400, 21220, "Call is not in-progress. Cannot redirect.");
    }
  }

  #create(form: URLSearchParams): EmulatedCall {
    const to = form.get("To");
    const from = form.get("From");
    if (!to) throw new RestError(400, 21201, "No 'To' number is specified");
    if (!from) throw new RestError(400, 21213, "No 'From' number is specified");
    const answer = readTwimlSource(form, true);
    if (!answer) throw new RestError(400, 21205, "Url parameter is required.");
    if (!this.#options.onCreate) throw new RestError(400, 21216, "This API places no calls.");
    const call = this.#options.onCreate({ to, from, answer, form });
    this.registry.add(call);
    return call;
  }

  #describe(call: EmulatedCall, status: number): Response {
    const { accountSid } = this.#options;
    return Response.json({
      sid: call.callSid,
      account_sid: accountSid,
      api_version: "2010-04-01",
      from: call.from,
      to: call.to,
      direction: call.direction,
      status: call.status,
      uri: `/2010-04-01/Accounts/${accountSid}/Calls/${call.callSid}.json`,
    }, { status });
  }
}

/** @throws {RestError} */
function readUpdate(form: URLSearchParams): CallUpdate {
  const status = form.get("Status");
  if (status === "completed" || status === "canceled") return { status };
  if (status !== null) throw new RestError(400, 21218, `The status ${status} is not completed or canceled.`);
  const source = readTwimlSource(form, false);
  if (!source) throw new RestError(400, 20001, "An update has Status, Twiml or Url.");
  return source;
}

/** The TwiML that `Twiml` or `Url` names. On creation `Url` wins; in an update the two exclude each other. */
function readTwimlSource(form: URLSearchParams, isCreation: boolean): TwimlSource | undefined {
  const url = form.get("Url");
  const twiml = form.get("Twiml");
  if (url !== null && twiml !== null && !isCreation) {
    throw new RestError(400, 21226, "Twiml and Url exclude each other.");
  }
  if (url !== null) return { link: createLink(url, form.get("Method")) };
  if (twiml === null) return undefined;
  if (twiml.length > MAX_TWIML_CHARS) {
    throw new RestError(400, 21605, `Twiml has more than ${MAX_TWIML_CHARS} characters.`);
  }
  return { twiml };
}

function createLink(url: string, method: string | null): Link {
  return { url, method: method === "GET" ? "GET" : "POST" };
}

/** A request that the emulated REST API got, for tests to look at. */
export interface RestRequest {
  /** By the clock of the options. */
  atMs: number;
  /** Of HTTP. */
  method: string;
  /** Without the query. */
  path: string;
  /** The fields of its body. */
  form: Record<string, string>;
  /** What it was answered with; undefined while it is held. */
  status?: number;
}

/** What the next requests are met with instead of an answer. */
export type RestFailure =
  /** An HTTP status with Twilio's error body, such as 500, or 429 with code 20429. */
  | { status: number; code?: number; message?: string }
  /** No answer at all, until the client gives up or the API is closed. */
  | "timeout";

/** Whether the request has the account's SID and token (HTTP Basic). @throws {RestError} 401, code 20003 */
function checkAuthorization(request: Request, accountSid: string, authToken: string): void {
  const wanted = `Basic ${btoa(`${accountSid}:${authToken}`)}`;
  if (request.headers.get("authorization") !== wanted) throw new RestError(401, 20003, "Authenticate");
}

/** Larger bodies are refused: `Twiml` has at most 4000 characters. */
const MAX_REST_BODY_BYTES = 64 * 1024;

/** The form of a POST. @throws {RestError} 400 for another content type, 413 for a body that is too large */
async function readForm(request: Request): Promise<URLSearchParams> {
  if (request.method !== "POST") return new URLSearchParams();
  const type = request.headers.get("content-type") ?? "";
  if (!type.startsWith("application/x-www-form-urlencoded")) {
    throw new RestError(400, 20001, `The content type is ${type || "missing"}, not a form.`);
  }
  const body = await request.text();
  if (body.length > MAX_REST_BODY_BYTES) throw new RestError(413, 20001, "The body is too large.");
  return new URLSearchParams(body);
}
