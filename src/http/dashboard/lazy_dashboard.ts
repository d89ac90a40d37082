import type { Dashboard, DashboardOptions } from "./dashboard.ts";
import type { Reports } from "../../observability/reports/reports.ts";
import type { Handler, Routes } from "../router.ts";

export interface LazyDashboardOptions extends Omit<DashboardOptions, "source"> {
  reports: Pick<Reports, "past" | "view">;
}

/** The dashboard's routes. The first request to one of them loads its code and the page. */
export class LazyDashboard implements Disposable {
  readonly routes: Routes;
  readonly #options: LazyDashboardOptions;
  #dashboard: Promise<Dashboard> | undefined;
  #isDisposed = false;

  constructor(options: LazyDashboardOptions) {
    this.#options = options;
    this.routes = {
      "GET /dashboard": this.#when(({ page }) => page),
      "GET /dashboard/events": this.#when(({ events }) => events),
      "GET /dashboard/sign-in": this.#when(({ signIn }) => signIn),
      "POST /dashboard/login": this.#when(({ login }) => login),
      "POST /dashboard/logout": this.#when(({ logout }) => logout),
    };
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    void this.#dashboard?.then((dashboard) => dashboard[Symbol.dispose]());
  }

  #when(handlerOf: (dashboard: Dashboard) => Handler): Handler {
    return async (request, peer) => {
      const dashboard = await (this.#dashboard ??= this.#load());
      return await handlerOf(dashboard)(request, peer);
    };
  }

  async #load(): Promise<Dashboard> {
    const { Dashboard } = await import("./dashboard.ts");
    const { reports, ...options } = this.#options;
    const source = { past: () => reports.past(), now: () => reports.view() };
    const dashboard = new Dashboard({ ...options, source });
    if (this.#isDisposed) dashboard[Symbol.dispose]();
    return dashboard;
  }
}
