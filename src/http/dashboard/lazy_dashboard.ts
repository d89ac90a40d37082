import { keptLoad } from "../../util/kept_load.ts";
import type { Dashboard, DashboardOptions, ShownPage } from "./dashboard.ts";
import type { Handler, Routes } from "../router.ts";

export interface LazyDashboardOptions extends DashboardOptions {
  /** What operators do to live calls; the page of one asks for them below `/dashboard`. */
  readonly actions?: Routes;
}

/** The dashboard's routes. The first request to one of them loads its code and the page. */
export function lazyDashboard(options: LazyDashboardOptions): Disposable & {
  readonly routes: Routes;
  /** As {@link Dashboard.guard}. */
  guard(handler: Handler): Handler;
  /** As {@link Dashboard.shown}. */
  shown(page: ShownPage): Handler;
} {
  let made: Dashboard | undefined;
  let isDisposed = false;
  const loaded = keptLoad(async () => {
    const { Dashboard } = await import("./dashboard.ts");
    made = new Dashboard(options);
    if (isDisposed) made[Symbol.dispose]();
    return made;
  });
  const when = (handlerOf: (dashboard: Dashboard) => Handler): Handler => async (request, peer) =>
    await handlerOf(await loaded())(request, peer);
  const guard = (handler: Handler) => when((dashboard) => dashboard.guard(handler));
  const { records, actions } = options;
  return {
    routes: {
      "GET /": toDashboard,
      "GET /dashboard": when(({ page }) => page),
      "GET /dashboard/calls": when(({ finished }) => finished),
      ...records && {
        "GET /dashboard/records": guard(records.list),
        "GET /dashboard/records/*/recording": guard(records.recording),
        "GET /dashboard/hours": guard(records.hours),
      },
      ...actions && {
        "POST /dashboard/calls/*/end": guard(actions["POST /calls/*/end"]),
        "POST /dashboard/calls/*/transfer": guard(actions["POST /calls/*/transfer"]),
        "POST /dashboard/calls/*/tell": guard(actions["POST /calls/*/tell"]),
      },
      "GET /dashboard/events": when(({ events }) => events),
      "GET /dashboard/talk": when(({ talk }) => talk),
      "GET /dashboard/sign-in": when(({ signIn }) => signIn),
      "POST /dashboard/login": when(({ login }) => login),
      "POST /dashboard/logout": when(({ logout }) => logout),
    },
    guard,
    shown: (page) => when((dashboard) => dashboard.shown(page)),
    [Symbol.dispose]() {
      isDisposed = true;
      made?.[Symbol.dispose]();
    },
  };
}

/** Whoever comes without a path looks for the dashboard. */
function toDashboard(): Response {
  return new Response(null, { status: 303, headers: { location: "./dashboard" } });
}
