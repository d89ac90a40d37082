import assert from "node:assert/strict";
import { GUESS_WINDOW_MS, MAX_GUESSES_IN_ALL, MAX_GUESSES_OF_SOURCE } from "../../src/http/guess_limit.ts";
import { onlyFromHere, OperatorAccess, withSecret } from "../../src/http/operators.ts";
import { textResponse } from "../../src/http/router.ts";
import { ManualClock } from "../support/manual_clock.ts";

const TOKEN = "a long random string";
const HERE = "127.0.0.1";
const FAR = "203.0.113.1";

function rig(token: string | undefined = TOKEN) {
  const clock = new ManualClock();
  const handler = new OperatorAccess(token, clock).guard(() => textResponse(200, "secrets"));
  const ask = async (peer: string, headers: Record<string, string> = {}, host = "127.0.0.1:8080") =>
    await handler(new Request(`http://${host}/memory`, { headers }), peer);
  const statusOf = async (...given: Parameters<typeof ask>) => (await ask(...given)).status;
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  return { clock, ask, statusOf, bearer };
}

Deno.test("OperatorAccess lets in whoever has the token, from anywhere", async () => {
  const { statusOf, bearer } = rig();
  assert.equal(await statusOf(FAR, bearer(TOKEN)), 200);
  assert.equal(await statusOf(HERE, { ...bearer(TOKEN), forwarded: "for=x" }), 200);
});

Deno.test("OperatorAccess trusts no address: this machine needs the token too", async () => {
  const { statusOf, ask } = rig();
  for (const host of ["localhost:8080", "127.0.0.1", "[::1]:8080"]) {
    assert.equal(await statusOf(HERE, {}, host), 401, host);
  }
  for (const authorization of ["", "Bearer", "Bearer ", `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN]) {
    assert.equal(await statusOf(FAR, { authorization }), 401, authorization);
  }
  assert.equal((await ask(FAR)).headers.get("www-authenticate"), "Bearer");
});

Deno.test("OperatorAccess lets nobody in while there is no token", async () => {
  const clock = new ManualClock();
  const handler = new OperatorAccess(undefined, clock).guard(() => textResponse(200, "secrets"));
  for (const authorization of ["", "Bearer undefined", "Bearer "]) {
    const answer = await handler(
      new Request("http://localhost/memory", { headers: { authorization } }),
      HERE,
    );
    assert.equal(answer.status, 403);
  }
});

Deno.test("OperatorAccess refuses a source that guesses, even the right token, until the window is over", async () => {
  const { clock, ask, statusOf, bearer } = rig();
  const guesses = Array.from({ length: 50 }, (_, index) => statusOf(FAR, bearer(`guess ${index}`)));
  const statuses = await Promise.all(guesses);
  assert.equal(statuses.filter((status) => status === 401).length, MAX_GUESSES_OF_SOURCE);
  const refused = await ask(FAR, bearer(TOKEN));
  assert.equal(refused.status, 429);
  assert.equal(Number(refused.headers.get("retry-after")), GUESS_WINDOW_MS / 1000);
  assert.equal(await statusOf("198.51.100.7", bearer(TOKEN)), 200);
  clock.advance(GUESS_WINDOW_MS);
  assert.equal(await statusOf(FAR, bearer(TOKEN)), 200);
});

Deno.test("OperatorAccess lets in right tokens that come at once, however many", async () => {
  const { statusOf, bearer } = rig();
  const asked = Array.from({ length: 2 * MAX_GUESSES_IN_ALL }, () => statusOf(FAR, bearer(TOKEN)));
  assert.deepEqual(new Set(await Promise.all(asked)), new Set([200]));
});

Deno.test("OperatorAccess bounds the guesses of all sources, and lets those in that had the token before", async () => {
  const { statusOf, bearer } = rig();
  assert.equal(await statusOf("198.51.100.7", bearer(TOKEN)), 200);
  let tried = 0;
  for (let source = 0; source < 500; source++) {
    if (await statusOf(`10.0.${source >> 8}.${source & 255}`, bearer("a guess of sixteen")) === 401) tried++;
  }
  assert.equal(tried, MAX_GUESSES_IN_ALL);
  assert.equal(await statusOf("198.51.100.8", bearer(TOKEN)), 429);
  for (let scrape = 0; scrape < 100; scrape++) {
    assert.equal(await statusOf("198.51.100.7", bearer(TOKEN)), 200);
  }
});

Deno.test("OperatorAccess takes a network of IPv6 for one source, and the callers of a proxy apart", async () => {
  const { statusOf, bearer } = rig();
  for (let guess = 0; guess < MAX_GUESSES_OF_SOURCE; guess++) {
    assert.equal(await statusOf(`2001:db8:0:1::${guess}`, bearer("wrong")), 401);
    assert.equal(
      await statusOf(HERE, { ...bearer("wrong"), "x-forwarded-for": `9.9.9.${guess}, ${FAR}` }),
      401,
    );
  }
  assert.equal(await statusOf("2001:db8:0:1:ffff::1", bearer(TOKEN)), 429);
  assert.equal(await statusOf("2001:db8:0:2::1", bearer(TOKEN)), 200);
  assert.equal(await statusOf(HERE, { ...bearer(TOKEN), "x-forwarded-for": FAR }), 429);
  assert.equal(await statusOf(HERE, { ...bearer(TOKEN), "x-forwarded-for": "198.51.100.7" }), 200);
  assert.equal(await statusOf(HERE, bearer(TOKEN)), 200);
});

Deno.test("withSecret() lets in whoever has the secret", async () => {
  const handler = withSecret(TOKEN, () => textResponse(200, ""));
  const statusOf = async (headers: Record<string, string>) =>
    (await handler(new Request("http://127.0.0.1/", { headers }), HERE)).status;
  assert.deepEqual(
    [await statusOf({ authorization: `Bearer ${TOKEN}` }), await statusOf({})],
    [200, 401],
  );
});

Deno.test("onlyFromHere() answers what this machine asks a loopback address, and nothing that was passed on", async () => {
  const handler = onlyFromHere(() => textResponse(200, "taken"));
  const statusOf = async (peer: string, headers: Record<string, string> = {}, host = "127.0.0.1:8080") =>
    (await handler(new Request(`http://${host}/voice`, { method: "POST", headers }), peer)).status;
  for (const host of ["localhost:8080", "127.0.0.1", "127.0.0.2:80", "[::1]:8080"]) {
    assert.equal(await statusOf(HERE, {}, host), 200, host);
  }
  for (const host of ["voice.test", "localhost.voice.test", "127.0.0.1.voice.test"]) {
    assert.equal(await statusOf(HERE, {}, host), 403, host);
    assert.equal(await statusOf(HERE, { host }), 403, "absolute form");
  }
  for (const peer of [FAR, "", "::ffff:203.0.113.1"]) assert.equal(await statusOf(peer), 403, peer);
  const told = ["x-forwarded-for", "forwarded", "x-real-ip", "via", "x-forwarded-host", "x-forwarded-proto"];
  for (const name of [...told, "x-original-host", "cf-connecting-ip"]) {
    assert.equal(await statusOf(HERE, { [name]: "any" }), 403, name);
  }
  for (const origin of ["https://page.test", "null", ""]) assert.equal(await statusOf(HERE, { origin }), 403);
  assert.equal(await statusOf(HERE, { origin: "http://localhost:8080" }), 200);
});
