import assert from "node:assert/strict";
import {
  MAX_USED_TOKENS,
  StreamTokens,
  TOKEN_LIFETIME_MS,
} from "../../../src/carrier/twilio/stream_token.ts";
import { ManualClock } from "../../support/manual_clock.ts";

const CLAIMS = {
  callSid: "CA0123456789abcdef0123456789abcdef",
  businessId: "acme",
  from: "sip:Zoë@example.com",
  to: "+15550100000",
};

function rig(secret = "a secret") {
  const clock = new ManualClock();
  return { clock, tokens: new StreamTokens(secret, () => clock.epoch()) };
}

Deno.test("StreamTokens redeems a genuine token, in this process or another with the same secret", async () => {
  const { clock, tokens } = rig();
  const other = new StreamTokens("a secret", () => clock.epoch());
  const token = await tokens.issue({ ...CLAIMS, isOutbound: true });
  assert.match(token, /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/, "no character needs escaping");
  assert.deepEqual(await other.redeem(token), { ...CLAIMS, isOutbound: true });
  assert.deepEqual(await tokens.redeem(await tokens.issue(CLAIMS)), CLAIMS);
});

Deno.test("StreamTokens redeems a token once", async () => {
  const { tokens } = rig();
  const token = await tokens.issue(CLAIMS);
  await tokens.redeem(token);
  assert.equal(await tokens.redeem(token), "token_used");
});

Deno.test("StreamTokens redeems one of two that come at once", async () => {
  const { tokens } = rig();
  const token = await tokens.issue(CLAIMS);
  const answers = await Promise.all([
    tokens.redeem(token),
    tokens.redeem(token),
    tokens.redeem(`${token}.x`),
  ]);
  assert.equal(answers.filter((answer) => typeof answer === "object").length, 1);
});

Deno.test("StreamTokens makes each token different", async () => {
  const { tokens } = rig();
  assert.notEqual(await tokens.issue(CLAIMS), await tokens.issue(CLAIMS));
});

Deno.test("StreamTokens refuses a token that is too old", async () => {
  const { clock, tokens } = rig();
  const [young, old] = [await tokens.issue(CLAIMS), await tokens.issue(CLAIMS)];
  clock.advance(TOKEN_LIFETIME_MS - 1);
  assert.deepEqual(await tokens.redeem(young), CLAIMS);
  clock.advance(1);
  assert.equal(await tokens.redeem(old), "token_expired");
});

Deno.test("StreamTokens refuses a token of another secret", async () => {
  const { tokens } = rig("another secret");
  assert.equal(await tokens.redeem(await rig().tokens.issue(CLAIMS)), "token_forged");
});

Deno.test("StreamTokens refuses a token whose claims were changed", async () => {
  const { clock, tokens } = rig();
  const [body, signature] = (await tokens.issue(CLAIMS)).split(".");
  const claims = atob(body.replaceAll("-", "+").replaceAll("_", "/"));
  const forged = btoa(claims.replace("acme", "evil")).replaceAll("=", "");
  assert.equal(await tokens.redeem(`${forged}.${signature}`), "token_forged");
  const later = btoa(claims.replace(String(clock.epoch() + TOKEN_LIFETIME_MS), String(clock.epoch() * 2)));
  assert.equal(await tokens.redeem(`${later}.${signature}`), "token_forged");
  assert.equal(await tokens.redeem(`${body}.${signature.slice(1)}`), "token_forged");
  assert.equal(await tokens.redeem(`${body}.`), "token_forged");
});

Deno.test("StreamTokens refuses what is no token", async () => {
  const { tokens } = rig();
  for (const text of ["", "abc", "é.é", "!.!"]) {
    assert.equal(await tokens.redeem(text), "token_malformed", JSON.stringify(text));
  }
});

Deno.test("StreamTokens remembers a bounded number of used tokens, refuses beyond it, and forgets in time", async () => {
  const { clock, tokens } = rig();
  const all = await Promise.all(Array.from({ length: MAX_USED_TOKENS + 1 }, () => tokens.issue(CLAIMS)));
  const last = all.pop()!;
  const answers = await Promise.all(all.map((token) => tokens.redeem(token)));
  assert.ok(answers.every((answer) => typeof answer === "object"));
  assert.equal(await tokens.redeem(last), "too_many_tokens");
  clock.advance(TOKEN_LIFETIME_MS);
  assert.equal(typeof await tokens.redeem(await tokens.issue(CLAIMS)), "object");
});
