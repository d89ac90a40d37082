import assert from "node:assert/strict";
import { lazyDashboard, type LazyDashboardOptions } from "../../../src/http/dashboard/lazy_dashboard.ts";

Deno.test("A dashboard that could not be made for one request is made for the next", async () => {
  let tries = 0;
  using dashboard = lazyDashboard({
    get adminToken(): string {
      if (++tries === 1) throw new RangeError("Array buffer allocation failed");
      return "a long random string";
    },
  } as LazyDashboardOptions);
  const get = async () =>
    await dashboard.routes["GET /dashboard/sign-in"](new Request("http://localhost/"), "127.0.0.1");
  await assert.rejects(get, /allocation failed/);
  await get().catch(() => {}); // the rest of the options is missing
  assert.ok(tries > 1, "it was not tried again");
});
