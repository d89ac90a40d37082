import assert from "node:assert/strict";
import { RIG_ADMIN_TOKEN } from "../support/bridge_rig.ts";
import { GREETING, say, sessions, Talk, told } from "../support/talk.ts";

/** A call that goes on, and the cookie of an operator who has signed in. */
async function signedIn(): Promise<{ talk: Talk; cookie: string; path: string }> {
  const talk = await Talk.start({ emulator: { agent: sessions([say(GREETING, 30_000)]), speed: 20 } });
  await talk.hears(GREETING);
  const login = await fetch(`${talk.rig.line.server}/dashboard/login`, {
    method: "POST",
    body: new URLSearchParams({ token: RIG_ADMIN_TOKEN }),
    redirect: "manual",
  });
  await login.body?.cancel();
  const cookie = login.headers.get("set-cookie")!.split(";")[0];
  return { talk, cookie, path: `/dashboard/calls/${talk.caller.callSid}` };
}

async function post(
  talk: Talk,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<{ status: number; code?: string }> {
  const answer = await fetch(talk.rig.line.server + path, { method: "POST", headers, body });
  const text = await answer.text();
  return { status: answer.status, code: text.startsWith("{") ? JSON.parse(text).code : undefined };
}

const JSON_BODY = { "content-type": "application/json" };
const NEWS = JSON.stringify({ text: "The doctor is late.", say: false });

Deno.test("Whoever has signed in at the dashboard acts on a live call by its cookie, and gets the same answers as elsewhere", async () => {
  const { talk, cookie, path } = await signedIn();
  await using _ = talk;
  const headers = { cookie, ...JSON_BODY };
  const ownPage = { ...headers, origin: talk.rig.line.server };
  assert.equal((await post(talk, `${path}/tell`, ownPage, NEWS)).status, 202);
  await talk.until(
    "the agent learns it",
    async () => told(await talk.session(1)).some(({ text }) => text.includes("The doctor is late.")),
  );
  // As behind a proxy that sends a Host of its own.
  const behindProxy = { ...headers, origin: talk.rig.line.publicUrl };
  assert.equal((await post(talk, `${path}/tell`, behindProxy, NEWS)).status, 202);
  assert.deepEqual(await post(talk, `${path}/tell`, headers, "{}"), { status: 400, code: "request_invalid" });
  assert.deepEqual(
    await post(talk, `${path}/transfer`, headers, `{"target":"nobody"}`),
    { status: 400, code: "target_unknown" },
  );
  const other = `/dashboard/calls/CA${"f".repeat(32)}/end`;
  assert.deepEqual(await post(talk, other, headers), { status: 404, code: "call_unknown" });
  assert.equal((await post(talk, `${path}/end`, headers)).status, 202);
  assert.deepEqual(await post(talk, `${path}/tell`, headers, NEWS), { status: 409, code: "call_leaving" });
  await talk.over();
  assert.equal(talk.rig.summaries.at(-1)?.reason, "operator_hung_up");
});

Deno.test("Nobody else acts on a live call: strangers, other sites, and forms of other sites", async () => {
  const { talk, cookie, path } = await signedIn();
  await using _ = talk;
  const forged = cookie.replace(/.$/, (last) => last === "0" ? "1" : "0");
  for (const action of ["end", "transfer", "tell"]) {
    assert.equal((await post(talk, `${path}/${action}`, JSON_BODY, NEWS)).status, 401, action);
    assert.equal((await post(talk, `${path}/${action}`, { cookie: forged, ...JSON_BODY }, NEWS)).status, 401);
    for (
      const origin of [
        "https://elsewhere.example",
        "null",
        talk.rig.line.publicUrl.replace("https", "http"),
        "http://127.0.0.1:1",
      ]
    ) {
      const elsewhere = { cookie, origin, ...JSON_BODY };
      assert.equal(
        (await post(talk, `${path}/${action}`, elsewhere, NEWS)).status,
        403,
        `${action} ${origin}`,
      );
    }
  }
  const form = { cookie, "content-type": "text/plain" };
  assert.equal((await post(talk, `${path}/tell`, form, NEWS)).status, 415);
  assert.equal(talk.rig.app.calls.active, 1);
  assert.deepEqual(told(await talk.session(1)).filter(({ text }) => text.includes("doctor")), []);
  await talk.hangUp();
});
