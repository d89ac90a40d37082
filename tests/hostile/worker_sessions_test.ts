import assert from "node:assert/strict";
import { ADMIN_TOKEN, WorkersRig } from "../support/workers_rig.ts";

/** Enough for each of two workers to be met: the kernel chooses one for each connection. */
const TRIES = 12;

Deno.test("A session is open at every worker, and a copied cookie opens none of them after the sign-out", async () => {
  await using rig = await WorkersRig.start(2);
  const ask = async (path: string, init: RequestInit = {}) => {
    const headers = { connection: "close", ...init.headers as Record<string, string> };
    const answer = await fetch(rig.url + path, { redirect: "manual", ...init, headers });
    await answer.body?.cancel();
    return answer;
  };
  const statuses = async (cookie: string) => {
    const seen = new Set<number>();
    for (let count = 0; count < TRIES; count++) {
      seen.add((await ask("/dashboard", { headers: { cookie } })).status);
    }
    return [...seen];
  };
  const body = new URLSearchParams({ token: ADMIN_TOKEN });
  const login = await ask("/dashboard/login", { method: "POST", body });
  assert.equal(login.status, 303);
  const cookie = login.headers.get("set-cookie")!.split(";")[0];
  assert.deepEqual(await statuses(cookie), [200]);
  await ask("/dashboard/logout", { method: "POST", headers: { cookie } });
  assert.deepEqual(await statuses(cookie), [401]);
});
