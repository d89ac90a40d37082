import type { Log } from "../../observability/log.ts";
import type { Clock } from "../../util/clock.ts";
import type { OperatorSessions } from "../operator_sessions.ts";
import { type OperatorAccess, sameSecret } from "../operators.ts";
import { readBody } from "../request_body.ts";
import { type Handler, textResponse } from "../router.ts";
import { Feed, type FeedReports } from "./feed.ts";
import { dashboardPage, loginPage } from "./pages.ts";
import { endLogin, SessionCookie } from "./session_cookie.ts";

/** Longest login form, in bytes. */
const MAX_FORM_BYTES = 4_096;
/** When a viewer above the limit should come back, in seconds. */
const RETRY_SECONDS = 10;

export interface DashboardOptions {
  /** Undefined: nobody gets in. */
  adminToken: string | undefined;
  access: OperatorAccess;
  sessions: OperatorSessions;
  reports: FeedReports;
  clock: Clock;
  log: Log;
}

/** The handlers of `/dashboard`, and the feed behind them while somebody watches. */
export class Dashboard implements Disposable {
  readonly #options: DashboardOptions;
  readonly #cookie: SessionCookie | undefined;
  readonly #feed: Feed;

  constructor(options: DashboardOptions) {
    const { adminToken, reports, clock, log } = options;
    this.#options = options;
    this.#cookie = adminToken === undefined ? undefined : new SessionCookie(adminToken);
    this.#feed = new Feed(reports, clock, log);
  }

  /** `GET /dashboard`: the page, or the form that asks for the token. */
  readonly page: Handler = async (request, peer) => {
    const { access, sessions } = this.#options;
    const id = await this.#cookie?.idIn(request.headers.get("cookie"));
    if (id !== undefined && await sessions.isOpen(id)) return dashboardPage(true);
    const refusal = await access.refusal(request, peer);
    if (!refusal) return dashboardPage(false);
    return refusal.status === 401 && !request.headers.has("authorization") ? loginPage(false) : refusal;
  };

  /**
   * `GET /dashboard/events`: server-sent events `past` and `now`, until the session ends. 503 when too many
   * watch.
   */
  readonly events: Handler = async (request, peer) => {
    const { access, sessions } = this.#options;
    const id = await this.#cookie?.idIn(request.headers.get("cookie"));
    const isSession = id !== undefined && await sessions.isOpen(id);
    const refusal = isSession ? undefined : await access.refusal(request, peer);
    if (refusal) return refusal;
    const stream = this.#feed.open(isSession ? () => sessions.isOpen(id) : undefined);
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
  };

  /** `POST /dashboard/login`: exchanges the form's `token` for a cookie. */
  readonly login: Handler = async (request, peer) => {
    const { access, clock } = this.#options;
    const body = await readBody(request, MAX_FORM_BYTES, clock);
    if (body instanceof Response) return body;
    const given = new URLSearchParams(body).get("token") ?? "";
    return await this.#signIn(
      request,
      await access.tries(request, peer, (token) => sameSecret(given, token)),
    );
  };

  /**
   * `GET /dashboard/sign-in?code=…`: exchanges the code of the sign-in link, which works once, for a cookie.
   */
  readonly signIn: Handler = async (request, peer) => {
    const { access, sessions } = this.#options;
    const code = new URL(request.url).searchParams.get("code") ?? "";
    return await this.#signIn(request, await access.tries(request, peer, () => sessions.redeem(code)));
  };

  /** `POST /dashboard/logout`: ends the session, and with it the cookie and every page that it has open. */
  readonly logout: Handler = async (request) => {
    const id = await this.#cookie?.idIn(request.headers.get("cookie"));
    if (id !== undefined) await this.#options.sessions.end(id);
    await this.#feed.checkViewers();
    return toDashboard(endLogin(isSecure(request)));
  };

  [Symbol.dispose](): void {
    this.#feed[Symbol.dispose]();
  }

  /** Answers a sign-in. @param tried whether it was right, or what refused it */
  async #signIn(request: Request, tried: boolean | Response): Promise<Response> {
    const { sessions, log } = this.#options;
    if (tried instanceof Response) {
      if (tried.status === 429) log.warn("login_refused", { reason: "too_many_guesses" });
      return tried;
    }
    if (!tried) {
      log.warn("login_failed");
      return loginPage(true);
    }
    log.info("login");
    return toDashboard(await this.#cookie!.issue(await sessions.begin(), isSecure(request)));
  }
}

/**
 * Whether the browser used https, according to the proxy in front. A false claim only makes the cookie
 * stricter.
 */
function isSecure(request: Request): boolean {
  return request.headers.get("x-forwarded-proto") === "https" || new URL(request.url).protocol === "https:";
}

function toDashboard(cookie: string): Response {
  return new Response(null, {
    status: 303,
    headers: {
      location: "/dashboard",
      "set-cookie": cookie,
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
    },
  });
}
