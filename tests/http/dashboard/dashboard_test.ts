import assert from "node:assert/strict";
import { Dashboard } from "../../../src/http/dashboard/dashboard.ts";
import { MAX_VIEWERS } from "../../../src/http/dashboard/feed.ts";
import { MAX_GUESSES_OF_SOURCE } from "../../../src/http/guess_limit.ts";
import { OwnSessions } from "../../../src/http/operator_sessions.ts";
import { OperatorAccess } from "../../../src/http/operators.ts";
import type { Handler } from "../../../src/http/router.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { RecordingLog } from "../../support/recording_log.ts";

const TOKEN = "a long random string";
const CODE = "the code of the link";
const HERE = "127.0.0.1";
const FAR = "203.0.113.1";

/** @param adminToken null: there is none */
function rig(adminToken: string | null = TOKEN) {
  const log = new RecordingLog();
  const reports = {
    past: () => Promise.resolve({}),
    view: () => Promise.resolve({}),
    talk: () => Promise.resolve(undefined),
  };
  const clock = new ManualClock();
  const token = adminToken ?? undefined;
  const access = new OperatorAccess(token, clock);
  const sessions = new OwnSessions(clock, CODE);
  const dashboard = new Dashboard({ adminToken: token, access, sessions, reports, clock, log });
  const get = async (
    handler: Handler,
    headers: Record<string, string> = {},
    peer = FAR,
    url = "http://localhost/dashboard",
  ) => await handler(new Request(url, { headers }), peer);
  const login = async (body: string, headers: Record<string, string> = {}) =>
    await dashboard.login(
      new Request("http://localhost/dashboard/login", { method: "POST", body, headers }),
      FAR,
    );
  return { dashboard, log, get, login };
}

Deno.test("Dashboard asks for the token, and shows itself to whoever has logged in", async () => {
  const { dashboard, get, login, log } = rig();
  const asked = await get(dashboard.page);
  assert.equal(asked.status, 401);
  const form = await asked.text();
  assert.match(form, /<input[^>]*name="token"/);
  assert.match(form, /role="alert" hidden/);
  const taken = await login(new URLSearchParams({ token: TOKEN }).toString());
  assert.deepEqual([taken.status, taken.headers.get("location")], [303, "/dashboard"]);
  const cookie = taken.headers.get("set-cookie")!.split(";")[0];
  const shown = await get(dashboard.page, { cookie });
  assert.equal(shown.status, 200);
  assert.match(await shown.text(), /Live calls/);
  const events = await get(dashboard.events, { cookie });
  assert.equal(events.headers.get("content-type"), "text/event-stream; charset=utf-8");
  assert.deepEqual(log.names, ["login"]);
  dashboard[Symbol.dispose]();
});

Deno.test("Dashboard leads whoever signs in to the page that was asked for, and to no other site", async () => {
  const { dashboard, get, login } = rig();
  const placeOf = async (form: Response) => /name="place" value="([^"]*)"/.exec(await form.text())?.[1];
  const asked = "/dashboard/calls?q=clean+THURS&call=CA%20";
  const form = await get(dashboard.finished, {}, FAR, `http://localhost${asked}`);
  assert.equal(await placeOf(form), asked.replaceAll("&", "&amp;"));
  const again = await login(new URLSearchParams({ token: "wrong", place: asked }).toString());
  assert.equal(await placeOf(again), asked.replaceAll("&", "&amp;"));
  const led = async (place: string) =>
    (await login(new URLSearchParams({ token: TOKEN, place }).toString())).headers.get("location");
  assert.equal(await led(asked), asked);
  assert.equal(await led("/dashboard/telephone?business=acme"), "/dashboard/telephone?business=acme");
  const wrong = [
    "//elsewhere.example/dashboard",
    "https://elsewhere.example",
    "/dashboard/../metrics",
    "/voice",
  ];
  for (const place of [...wrong, "/dashboard\r\nx: y", '/dashboard?"><script>', "/dashboardx", ""]) {
    assert.equal(await led(place), "/dashboard", place);
  }
  dashboard[Symbol.dispose]();
});

Deno.test("Dashboard does not let a wrong token in, says so, and writes it down without the token", async () => {
  const { dashboard, login, log } = rig();
  for (const token of ["", "wrong", TOKEN + "x", TOKEN.slice(1)]) {
    const answer = await login(new URLSearchParams({ token }).toString());
    assert.equal(answer.status, 401);
    assert.equal(answer.headers.get("set-cookie"), null);
    assert.match(await answer.text(), /role="alert" >/);
  }
  assert.equal((await login("x".repeat(5_000))).status, 413);
  assert.deepEqual(
    log.events.map(({ event, attributes }) => [event, attributes]),
    Array(4).fill(["login_failed", {}]),
  );
  dashboard[Symbol.dispose]();
});

Deno.test("Dashboard takes the bearer token too, and no token out of the URL", async () => {
  const { dashboard, get } = rig();
  assert.equal((await get(dashboard.page, { authorization: `Bearer ${TOKEN}` })).status, 200);
  const inUrl = new Request(`http://localhost/dashboard?token=${encodeURIComponent(TOKEN)}`);
  assert.equal((await dashboard.page(inUrl, FAR)).status, 401);
  assert.equal((await get(dashboard.events)).status, 401);
  assert.equal((await get(dashboard.page, {}, HERE)).status, 401);
  dashboard[Symbol.dispose]();
});

Deno.test("Dashboard without a token lets nobody in, this machine neither", async () => {
  const { dashboard, get, login } = rig(null);
  for (const handler of [dashboard.page, dashboard.events, dashboard.signIn]) {
    assert.equal((await get(handler, {}, HERE)).status, 403);
  }
  assert.equal((await login("token=")).status, 403);
  assert.equal((await login("token=undefined")).status, 403);
  dashboard[Symbol.dispose]();
});

Deno.test("Dashboard takes the code of the sign-in link once, and sends the browser on without it", async () => {
  const { dashboard, get } = rig();
  const follow = (code: string) =>
    get(dashboard.signIn, {}, FAR, `http://localhost/dashboard/sign-in?code=${encodeURIComponent(code)}`);
  assert.equal((await follow("another code")).status, 401);
  const taken = await follow(CODE);
  assert.deepEqual([taken.status, taken.headers.get("location")], [303, "/dashboard"]);
  assert.equal(taken.headers.get("referrer-policy"), "no-referrer");
  assert.equal(taken.headers.get("cache-control"), "no-store");
  const cookie = taken.headers.get("set-cookie")!.split(";")[0];
  assert.equal((await get(dashboard.page, { cookie })).status, 200);
  assert.equal((await follow(CODE)).status, 401);
  dashboard[Symbol.dispose]();
});

Deno.test("Dashboard limits how often the token can be guessed", async () => {
  const { dashboard, login, log, get } = rig();
  const statuses: number[] = [];
  for (let guess = 0; guess < 30; guess++) statuses.push((await login(`token=guess-${guess}`)).status);
  assert.equal(statuses.filter((status) => status === 401).length, MAX_GUESSES_OF_SOURCE);
  const refused = await login(new URLSearchParams({ token: TOKEN }).toString());
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  assert.equal((await get(dashboard.page, { authorization: `Bearer ${TOKEN}` })).status, 429);
  assert.ok(log.names.includes("login_refused"));
  dashboard[Symbol.dispose]();
});

Deno.test("Dashboard's session is over after a sign-out, for a copied cookie and for open pages too", async () => {
  const { dashboard, get, login } = rig();
  const cookies: string[] = [];
  for (let count = 0; count < 2; count++) {
    const taken = await login(new URLSearchParams({ token: TOKEN }).toString());
    cookies.push(taken.headers.get("set-cookie")!.split(";")[0]);
  }
  const streams = await Promise.all(cookies.map((cookie) => get(dashboard.events, { cookie })));
  const readers = streams.map(({ body }) => body!.getReader());
  await get(dashboard.logout, { cookie: cookies[0] });
  assert.equal((await get(dashboard.page, { cookie: cookies[0] })).status, 401);
  assert.equal((await get(dashboard.page, { cookie: cookies[1] })).status, 200);
  const ended = async (reader: ReadableStreamDefaultReader<unknown>) => {
    while (!(await reader.read()).done);
  };
  await ended(readers[0]);
  dashboard[Symbol.dispose]();
  await ended(readers[1]);
});

Deno.test("Dashboard's cookie is for https alone when the browser came by https", async () => {
  const { dashboard, login } = rig();
  const body = new URLSearchParams({ token: TOKEN }).toString();
  assert.doesNotMatch((await login(body)).headers.get("set-cookie")!, /Secure/);
  const secure = await login(body, { "x-forwarded-proto": "https" });
  assert.match(secure.headers.get("set-cookie")!, /; Secure$/);
  dashboard[Symbol.dispose]();
});

Deno.test("Dashboard ends a login when asked to", async () => {
  const { dashboard, get } = rig();
  const answer = await get(dashboard.logout);
  assert.equal(answer.status, 303);
  assert.match(answer.headers.get("set-cookie")!, /^slimline_operator=; .*Max-Age=0/);
  dashboard[Symbol.dispose]();
});

Deno.test("Dashboard's pages run and load nothing but their own", async () => {
  const { dashboard, get } = rig();
  const operator = { authorization: `Bearer ${TOKEN}` };
  const pages = [
    await get(dashboard.page),
    await get(dashboard.page, operator),
    await get(dashboard.finished, operator),
  ];
  const nonces = new Set<string>();
  for (const page of pages) {
    const policy = page.headers.get("content-security-policy")!;
    assert.match(policy, /^default-src 'none'; .*frame-ancestors 'none'$/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    const nonce = /script-src 'nonce-([^']+)'/.exec(policy)![1];
    nonces.add(nonce);
    const html = await page.text();
    assert.ok(html.includes(`<style nonce="${nonce}">`));
    // Nothing is fetched from elsewhere: no URL, but for the namespace of SVG, the empty icon, and our own pages.
    const links = html.match(/(?:src|href)="[^"]*"/g) ?? [];
    assert.deepEqual(links.filter((link) => !/^href="\/dashboard(?:\/calls)?"$/.test(link)), [
      'href="data:,"',
    ]);
    assert.deepEqual(
      html.match(/https?:\/\/[^"'` )]+/g) ?? [],
      html.includes("svg") ? ["http://www.w3.org/2000/svg"] : [],
    );
    assert.doesNotMatch(html, /data-slot|<!--/);
  }
  assert.equal(nonces.size, 3);
  dashboard[Symbol.dispose]();
});

Deno.test("Dashboard tells one viewer too many when to come back", async () => {
  const { dashboard, get } = rig();
  const headers = { authorization: `Bearer ${TOKEN}` };
  for (let viewer = 0; viewer < MAX_VIEWERS; viewer++) {
    assert.equal((await get(dashboard.events, headers)).status, 200);
  }
  const refused = await get(dashboard.events, headers);
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "10"]);
  dashboard[Symbol.dispose]();
});

Deno.test("Nothing is sent or opened for a page of another site; a link leads to the page", async () => {
  const { dashboard, get } = rig();
  const authorization = `Bearer ${TOKEN}`;
  const call = `http://localhost/dashboard/talk?call=CA${"0".repeat(32)}`;
  const guarded = dashboard.guard(() => new Response("done"));
  const elsewhere: Record<string, string>[] = [
    { origin: "https://evil.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" },
    { origin: "http://localhost:3000" },
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
    { "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
  ];
  for (const headers of elsewhere) {
    for (const handler of [dashboard.events, dashboard.talk, dashboard.page, guarded]) {
      const { status, body } = await get(handler, { ...headers, authorization }, FAR, call);
      await body?.cancel();
      assert.equal(status, 403, JSON.stringify(headers));
    }
  }
  const link = {
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
    authorization,
  };
  assert.equal((await get(dashboard.page, link)).status, 200);
  const own = { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", authorization };
  const events = await get(dashboard.events, own);
  assert.equal(events.status, 200);
  dashboard[Symbol.dispose]();
  await events.body?.cancel();
});

Deno.test("A page of another site can neither guess at the token nor end a session by a visitor's browser", async () => {
  const { dashboard, login, get } = rig();
  const right = new URLSearchParams({ token: TOKEN }).toString();
  const cookie = (await login(right)).headers.get("set-cookie")!.split(";")[0];
  for (const origin of ["https://evil.example", "null", "http://localhost:3000"]) {
    for (let guess = 0; guess < 30; guess++) {
      assert.equal((await login("token=guess", { origin })).status, 403);
    }
    const logout = new Request("http://localhost/dashboard/logout", {
      method: "POST",
      headers: { origin, cookie },
    });
    assert.equal((await dashboard.logout(logout, FAR)).status, 403);
  }
  assert.equal(
    (await login(right, { origin: "http://localhost", host: "localhost" })).status,
    303,
    "not slowed",
  );
  assert.equal((await get(dashboard.page, { cookie })).status, 200, "still signed in");
});
