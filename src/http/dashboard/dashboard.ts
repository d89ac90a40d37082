import type { Log } from "../../observability/log.ts";
import type { Clock } from "../../util/clock.ts";
import type { OperatorSessions } from "../operator_sessions.ts";
import { isFromHere, type OperatorAccess, sameSecret } from "../operators.ts";
import { readBody } from "../request_body.ts";
import { requestLog } from "../request_ids.ts";
import { type Handler, textResponse } from "../router.ts";
import { Feed, type FeedReports } from "./feed.ts";
import { PAGE_PATHS, type PageFrame } from "./page_frame.ts";
import { dashboardPage, finishedCallsPage, loginPage } from "./pages.ts";
import { TalkFeed, type TalkSource } from "./talk_feed.ts";
import { endLogin, SessionCookie } from "./session_cookie.ts";

/** Longest login form, in bytes. */
const MAX_FORM_BYTES = 4_096;
/** As Twilio names calls. */
const CALL_SID = /^CA[0-9a-fA-F]{32}$/;
/** Where whoever has signed in may be sent: to a page of the dashboard, and what it is to show. */
const PLACE = new RegExp(`^(?:${Object.values(PAGE_PATHS).join("|")})(?:\\?[\\w=&%+.:*-]{0,500})?$`);
/** When a viewer above the limit should come back, in seconds. */
const RETRY_SECONDS = 10;

export interface DashboardOptions {
  /** Undefined: nobody gets in. */
  adminToken: string | undefined;
  access: OperatorAccess;
  sessions: OperatorSessions;
  reports: FeedReports & { readonly talk: TalkSource };
  /** Lets every request in that is made on this machine. Default false. */
  isOpenHere?: boolean;
  /** What the page of finished calls asks for; undefined where no records are kept. */
  records?: RecordHandlers;
  /** Whether there is a telephone in the browser to be led to. Default false. */
  hasTelephone?: boolean;
  /** Where operators see this server (`PUBLIC_URL`), whatever `Host` a proxy in front sends. */
  publicUrl?: string;
  clock: Clock;
  log: Log;
}

/** Answers with records, to whoever asks. */
export interface RecordHandlers {
  /** A list of them, or one. */
  readonly list: Handler;
  readonly recording: Handler;
  /** What calls took by the hour. */
  readonly hours: Handler;
}

/** Makes a page for whoever sees it. */
export type ShownPage = (frame: PageFrame) => Response | Promise<Response>;

/** The handlers of `/dashboard`, and the feed behind them while somebody watches. */
export class Dashboard implements Disposable {
  readonly #options: DashboardOptions;
  readonly #cookie: SessionCookie | undefined;
  readonly #feed: Feed;
  readonly #talks: TalkFeed;

  constructor(options: DashboardOptions) {
    const { adminToken, reports, clock, log } = options;
    this.#options = options;
    this.#cookie = adminToken === undefined ? undefined : new SessionCookie(adminToken);
    this.#feed = new Feed(reports, clock, log);
    this.#talks = new TalkFeed((callSid) => reports.talk(callSid), clock, log);
  }

  /** `GET /dashboard`: the page, or the form that asks for the token. */
  readonly page: Handler = this.shown(dashboardPage);

  /** `GET /dashboard/calls`: the page of finished calls, likewise. */
  readonly finished: Handler = this.shown(finishedCallsPage);

  /** Shows a page to operators, and the form to others, who come back to where they wanted to go. */
  shown(page: ShownPage): Handler {
    return async (request, peer) => {
      const viewer = await this.#viewer(request, peer);
      if (!(viewer instanceof Response)) {
        return this.#isOfOwnPage(request) ? await page(this.#frameFor(viewer)) : fromElsewhere();
      }
      return viewer.status === 401 && !request.headers.has("authorization")
        ? loginPage(false, placeIn(request.url))
        : viewer;
    };
  }

  /** Lets operators in, and nobody whom a page of another site sent. */
  guard(handler: Handler): Handler {
    return async (request, peer) => {
      const viewer = await this.#viewerOfOwnPage(request, peer);
      return viewer instanceof Response ? viewer : await handler(request, peer);
    };
  }

  /**
   * `GET /dashboard/events`: server-sent events `past` and `now`, until the session ends. 503 when too many
   * watch.
   */
  readonly events: Handler = async (request, peer) => {
    const viewer = await this.#viewerOfOwnPage(request, peer);
    return viewer instanceof Response ? viewer : eventStream(this.#feed.open(this.#mayWatch(viewer)));
  };

  /** `GET /dashboard/talk?call=CALLSID`: server-sent events `talk` and `over` of one call, as it goes. */
  readonly talk: Handler = async (request, peer) => {
    const viewer = await this.#viewerOfOwnPage(request, peer);
    if (viewer instanceof Response) return viewer;
    const callSid = new URL(request.url).searchParams.get("call") ?? "";
    if (!CALL_SID.test(callSid)) return textResponse(400, "Name the call: /dashboard/talk?call=CA…");
    return eventStream(this.#talks.open(callSid, this.#mayWatch(viewer)));
  };

  /** `POST /dashboard/login`: exchanges the form's `token` for a cookie, and leads to its `place`. */
  readonly login: Handler = async (request, peer) => {
    const { access, clock } = this.#options;
    if (!this.#isOfOwnPage(request)) return fromElsewhere(); // its guesses would count as this browser's
    const body = await readBody(request, MAX_FORM_BYTES, clock);
    if (body instanceof Response) return body;
    const form = new URLSearchParams(body);
    const given = form.get("token") ?? "";
    const tried = await access.tries(request, peer, (token) => sameSecret(given, token));
    return await this.#signIn(request, tried, safePlace(form.get("place") ?? ""));
  };

  /**
   * `GET /dashboard/sign-in?code=…`: exchanges the code of the sign-in link, which works once, for a cookie.
   */
  readonly signIn: Handler = async (request, peer) => {
    const { access, sessions } = this.#options;
    if (!this.#isOfOwnPage(request)) return fromElsewhere(); // a guess, as those of the form
    const code = new URL(request.url).searchParams.get("code") ?? "";
    const tried = await access.tries(request, peer, () => sessions.redeem(code), false);
    return await this.#signIn(request, tried);
  };

  /** `POST /dashboard/logout`: ends the session, and with it the cookie and every page that it has open. */
  readonly logout: Handler = async (request) => {
    if (!this.#isOfOwnPage(request)) return fromElsewhere();
    const id = await this.#cookie?.idIn(request.headers.get("cookie"));
    if (id !== undefined) await this.#options.sessions.end(id);
    await Promise.all([this.#feed.checkViewers(), this.#talks.checkViewers()]);
    return withCookie(endLogin(isSecure(request)), PAGE_PATHS.live);
  };

  [Symbol.dispose](): void {
    this.#feed[Symbol.dispose]();
    this.#talks[Symbol.dispose]();
  }

  /** Who asks: an operator, with the session if there is one, or the answer that refuses. */
  async #viewer(request: Request, peer: string): Promise<{ id: string | undefined } | Response> {
    const { access, sessions, isOpenHere } = this.#options;
    if (isOpenHere && isFromHere(request, peer)) return { id: undefined };
    const id = await this.#cookie?.idIn(request.headers.get("cookie"));
    if (id !== undefined && await sessions.isOpen(id)) return { id };
    return await access.refusal(request, peer) ?? { id: undefined };
  }

  /** The same, of an operator whom no page of another site sent. */
  async #viewerOfOwnPage(request: Request, peer: string): Promise<{ id: string | undefined } | Response> {
    const viewer = await this.#viewer(request, peer);
    return viewer instanceof Response || this.#isOfOwnPage(request) ? viewer : fromElsewhere();
  }

  #frameFor({ id }: { id: string | undefined }): PageFrame {
    const { records, hasTelephone = false } = this.#options;
    return { canLogOut: id !== undefined, hasRecords: records !== undefined, hasTelephone };
  }

  /** Whether no page of another site has made the request. */
  #isOfOwnPage({ headers }: Request): boolean {
    const origin = headers.get("origin");
    if (origin === null) return !isOfOtherPage(headers);
    const given = URL.parse(origin);
    const { publicUrl } = this.#options;
    return given !== null &&
      (given.host === headers.get("host") || given.origin === URL.parse(publicUrl ?? "")?.origin);
  }

  #mayWatch({ id }: { id: string | undefined }): (() => Promise<boolean>) | undefined {
    return id === undefined ? undefined : () => this.#options.sessions.isOpen(id);
  }

  /**
   * Answers a sign-in.
   *
   * @param tried whether it was right, or what refused it
   * @param place where to go
   */
  async #signIn(
    request: Request,
    tried: boolean | Response,
    place: string = PAGE_PATHS.live,
  ): Promise<Response> {
    const { sessions } = this.#options;
    const log = requestLog(this.#options.log, request);
    if (tried instanceof Response) {
      if (tried.status === 429) log.warn("login_refused", { reason: "too_many_guesses" });
      return tried;
    }
    // Without a token there is no cookie, and nothing that would be right.
    if (!tried || !this.#cookie) {
      log.warn("login_failed");
      return loginPage(true, place);
    }
    log.info("login");
    return withCookie(await this.#cookie.issue(await sessions.begin(), isSecure(request)), place);
  }
}

/**
 * Whether a page of another site asks by itself, as its images and frames do, which bring no `Origin`.
 * Whoever follows a link asks themselves. Source: https://www.w3.org/TR/fetch-metadata/
 */
function isOfOtherPage(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site") ?? "none";
  if (site === "none" || site === "same-origin") return false;
  return headers.get("sec-fetch-dest") !== "document" || headers.has("sec-purpose");
}

function fromElsewhere(): Response {
  return textResponse(403, "Another site asks for this.");
}

/** @param stream undefined: too many watch */
function eventStream(stream: ReadableStream<Uint8Array> | undefined): Response {
  if (!stream) {
    return textResponse(503, "Too many viewers of the dashboard.", { "retry-after": `${RETRY_SECONDS}` });
  }
  return new Response(stream, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no", // a buffering proxy would show nothing
    },
  });
}

/**
 * Whether the browser used https, according to the proxy in front. A false claim only makes the cookie
 * stricter.
 */
function isSecure(request: Request): boolean {
  return request.headers.get("x-forwarded-proto") === "https" || new URL(request.url).protocol === "https:";
}

/** The page and what it is to show, in the address of a request. */
function placeIn(url: string): string {
  const { pathname, search } = new URL(url);
  return safePlace(pathname + search);
}

/** A place that is one of ours; the dashboard instead of any other. */
function safePlace(place: string): string {
  return PLACE.test(place) ? place : PAGE_PATHS.live;
}

function withCookie(cookie: string, place: string): Response {
  return new Response(null, {
    status: 303,
    headers: {
      location: place,
      "set-cookie": cookie,
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
    },
  });
}
