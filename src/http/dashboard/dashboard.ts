import type { Log } from "../../observability/log.ts";
import type { Clock } from "../../util/clock.ts";
import { hasBearer, isFromHere, notFromHere, sameSecret } from "../operators.ts";
import { readBody } from "../request_body.ts";
import { type Handler, textResponse } from "../router.ts";
import { Feed, type FeedSource } from "./feed.ts";
import { dashboardPage, loginPage } from "./pages.ts";
import { endLogin, SessionCookie } from "./session_cookie.ts";

/** Longest login form, in bytes. */
const MAX_FORM_BYTES = 4_096;
/** When a viewer above the limit should come back, in seconds. */
const RETRY_SECONDS = 10;

export interface DashboardOptions {
  /** Undefined: requests from this machine need none, all others are refused. */
  adminToken: string | undefined;
  source: FeedSource;
  clock: Clock;
  log: Log;
}

/** The handlers of `/dashboard`, and the feed behind them while somebody watches. */
export class Dashboard implements Disposable {
  readonly #options: DashboardOptions;
  readonly #cookie: SessionCookie | undefined;
  readonly #feed: Feed;

  constructor(options: DashboardOptions) {
    const { adminToken, source, clock, log } = options;
    this.#options = options;
    this.#cookie = adminToken === undefined ? undefined : new SessionCookie(adminToken, () => clock.epoch());
    this.#feed = new Feed(source, clock, log);
  }

  /** `GET /dashboard`: the page, or the form that asks for the token. */
  readonly page: Handler = async (request, peer) => {
    if (await this.#isOperator(request, peer)) return dashboardPage(this.#cookie !== undefined);
    return this.#cookie ? loginPage(false) : notFromHere();
  };

  /** `GET /dashboard/events`: server-sent events `past` and `now`. 503 when too many watch. */
  readonly events: Handler = async (request, peer) => {
    if (!await this.#isOperator(request, peer)) {
      return this.#cookie ? textResponse(401, "Log in at /dashboard.") : notFromHere();
    }
    const stream = this.#feed.open();
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
  readonly login: Handler = async (request) => {
    const { adminToken, clock, log } = this.#options;
    if (!this.#cookie || adminToken === undefined) return notFromHere();
    const body = await readBody(request, MAX_FORM_BYTES, clock);
    if (body instanceof Response) return body;
    if (!await sameSecret(new URLSearchParams(body).get("token") ?? "", adminToken)) {
      log.warn("login_failed");
      return loginPage(true);
    }
    log.info("login");
    return toDashboard(await this.#cookie.issue(isSecure(request)));
  };

  /** `POST /dashboard/logout`: removes the cookie. */
  readonly logout: Handler = (request) => toDashboard(endLogin(isSecure(request)));

  [Symbol.dispose](): void {
    this.#feed[Symbol.dispose]();
  }

  async #isOperator(request: Request, peer: string): Promise<boolean> {
    const { adminToken } = this.#options;
    if (adminToken === undefined) return isFromHere(request, peer);
    return await hasBearer(request, adminToken) ||
      await this.#cookie?.isValid(request.headers.get("cookie")) === true;
  }
}

/** Whether the browser used https, according to the proxy in front. A false claim only makes the cookie stricter. */
function isSecure(request: Request): boolean {
  return request.headers.get("x-forwarded-proto") === "https" || new URL(request.url).protocol === "https:";
}

function toDashboard(cookie: string): Response {
  return new Response(null, { status: 303, headers: { location: "/dashboard", "set-cookie": cookie } });
}
