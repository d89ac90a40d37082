import assert from "node:assert/strict";
import { sleep } from "../../src/util/clock.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { ADMIN_TOKEN, WorkersRig } from "../support/workers_rig.ts";

/** Enough for each of two workers to be met: the kernel chooses one for each connection. */
const TRIES = 12;
/** Of strangers: a worker waits a second for each answer of another. */
const GUESSES = 50;
/** `/memory` waits for the other worker, too; the guesses before it would take five times that. */
const PATIENCE_MS = 5_000;

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

Deno.test("Strangers who try the sign-in link while its worker stands still keep no operator waiting at another", async () => {
  await using rig = await WorkersRig.start(2);
  await rig.kill(0, "SIGSTOP");
  const over = new AbortController();
  const ask = async (path: string, headers: Record<string, string>, ms: number) => {
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(ms)]);
    try {
      const answer = await fetch(rig.url + path, { signal, headers: { connection: "close", ...headers } });
      await answer.body?.cancel();
      return answer.status;
    } catch {
      return undefined; // it came to the one that stands still
    }
  };
  const strangers = Array.from(
    { length: GUESSES },
    (_, index) => ask("/dashboard/sign-in?code=1", { "x-forwarded-for": `203.0.113.${index}` }, 60_000),
  );
  await sleep(new SystemClock(), 200);
  const authorization = `Bearer ${ADMIN_TOKEN}`;
  const operators = Array.from({ length: TRIES }, () => ask("/memory", { authorization }, PATIENCE_MS));
  try {
    assert.ok((await Promise.all(operators)).includes(200));
  } finally {
    over.abort();
    await Promise.all(strangers);
    await rig.kill(0, "SIGCONT");
  }
});
