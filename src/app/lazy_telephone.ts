import type { BusinessDirectory } from "../businesses/directory.ts";
import type { CallChange } from "../carrier/twilio/twilio_rest.ts";
import type { ShownPage } from "../http/dashboard/dashboard.ts";
import type { Handler, Routes } from "../http/router.ts";
import type { Log } from "../observability/log.ts";
import type { Clock } from "../util/clock.ts";
import { keptLoad } from "../util/kept_load.ts";

/** The server that a telephone in the browser calls, as its carrier would. */
export interface TelephoneServer {
  readonly clock: Clock;
  readonly log: Log;
  readonly businesses: BusinessDirectory;
  /** What the server believes to be its URL (`PUBLIC_URL`). */
  readonly publicUrl: string;
  /** The account that calls seem to come from. */
  readonly accountSid: string;
  /** What the carrier signs its requests with; undefined where nobody is verified. */
  readonly authToken: string | undefined;
  /** Where it really listens, such as `http://127.0.0.1:8080`. */
  address(): string;
  /** Who answers, in words for the page; a typed sentence is spoken by OpenAI where `speech` is there. */
  readonly model: string;
  readonly speech?: { readonly baseUrl: string; readonly apiKey: string };
}

/** A telephone in the browser: its page, and the carrier behind it. */
export interface Telephone extends AsyncDisposable {
  readonly page: ShownPage;
  readonly worklet: Handler;
  /** The WebSocket of one call. */
  readonly line: Handler;
  /** Speaks a typed sentence. */
  readonly speech: Handler;
  /**
   * Does to one of its calls what Twilio's REST API would be asked for. False when that call is over,
   * undefined when it is no call of its.
   */
  update(callSid: string, change: CallChange): boolean | undefined;
}

/** Loads the code of the telephone, which no server holds before it is asked for. */
export type LoadTelephone = () => Promise<(server: TelephoneServer) => Telephone>;

/** How a server offers a telephone in the browser. */
export interface TelephoneOptions {
  readonly load: LoadTelephone;
  /** Where the server listens, once it does. */
  address(): string;
  /** Who answers, in words, where that is not OpenAI. Default: the configured model. */
  readonly model?: string;
  /** A business that is to be called. */
  readonly business?: string;
}

/** What keeps a telephone to operators. */
export interface OperatorsOnly {
  guard(handler: Handler): Handler;
  shown(page: ShownPage): Handler;
}

/** The routes of a telephone. The first request to one of them loads its code and the page. */
export class LazyTelephone implements AsyncDisposable {
  readonly routes: Routes;
  readonly #load: LoadTelephone;
  readonly #server: TelephoneServer;
  #loaded: Telephone | undefined;
  #isDisposed = false;

  constructor(load: LoadTelephone, server: TelephoneServer, operators: OperatorsOnly) {
    this.#load = load;
    this.#server = server;
    const opened = keptLoad(() => this.#open());
    const when = (handlerOf: (telephone: Telephone) => Handler): Handler =>
      operators.guard(async (request, peer) => await handlerOf(await opened())(request, peer));
    this.routes = {
      "GET /dashboard/telephone": operators.shown(async (frame) => await (await opened()).page(frame)),
      "GET /dashboard/telephone/worklet.js": when(({ worklet }) => worklet),
      "GET /dashboard/telephone/line": when(({ line }) => line),
      "POST /dashboard/telephone/speech": when(({ speech }) => speech),
    };
  }

  /** As {@link Telephone.update}. */
  update(callSid: string, change: CallChange): boolean | undefined {
    return this.#loaded?.update(callSid, change);
  }

  /** Hangs up. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.#loaded?.[Symbol.asyncDispose]();
  }

  async #open(): Promise<Telephone> {
    const telephone = (await this.#load())(this.#server);
    this.#loaded = telephone;
    if (this.#isDisposed) await telephone[Symbol.asyncDispose]();
    return telephone;
  }
}
