import assert from "node:assert/strict";
import {
  MAX_TOKEN_CHARS,
  MAX_USED_TOKENS,
  type OpenedToken,
  type StreamClaims,
  StreamTokens,
  TOKEN_LIFETIME_MS,
  type TokenProblem,
} from "../../../src/carrier/twilio/stream_token.ts";
import { MAX_ADDRESS_CHARS } from "../../../src/carrier/twilio/webhooks/webhook_form.ts";
import { ManualClock } from "../../support/manual_clock.ts";

const CLAIMS = {
  callSid: "CA0123456789abcdef0123456789abcdef",
  accountSid: "AC0123456789abcdef0123456789abcdef",
  businessId: "acme",
  from: "sip:Zoë@example.com",
  to: "+15550100000",
};

function rig(secret = "a secret") {
  const clock = new ManualClock();
  return { clock, tokens: new StreamTokens(secret, () => clock.epoch()) };
}

/** What a token is good for, once. */
async function use(tokens: StreamTokens, token: string): Promise<StreamClaims | TokenProblem> {
  const opened = await tokens.open(token);
  return typeof opened === "string" ? opened : tokens.redeem(opened) ?? opened.claims;
}

Deno.test("StreamTokens opens a genuine token, in this process or another with the same secret", async () => {
  const { clock, tokens } = rig();
  const other = new StreamTokens("a secret", () => clock.epoch());
  const token = await tokens.issue({ ...CLAIMS, isOutbound: true });
  assert.match(token, /^[A-Za-z0-9_-]+$/, "no character needs escaping");
  assert.deepEqual(await use(other, token), { ...CLAIMS, isOutbound: true });
  assert.deepEqual(await use(tokens, await tokens.issue(CLAIMS)), CLAIMS);
});

Deno.test("StreamTokens shows nobody whose call it is", async () => {
  const token = await rig().tokens.issue(CLAIMS);
  const bytes = atob(token.replaceAll("-", "+").replaceAll("_", "/"));
  for (const part of ["CA01", "acme", "example", "1555"]) assert.ok(!bytes.includes(part), part);
});

Deno.test("StreamTokens redeems a token once", async () => {
  const { tokens } = rig();
  const token = await tokens.issue(CLAIMS);
  await use(tokens, token);
  assert.equal(await use(tokens, token), "token_used");
});

Deno.test("StreamTokens does not even open a token that was redeemed", async () => {
  const { tokens } = rig();
  const token = await tokens.issue(CLAIMS);
  await use(tokens, token);
  assert.equal(await tokens.open(token), "token_used");
});

Deno.test("StreamTokens redeems one of two that come at once", async () => {
  const { tokens } = rig();
  const token = await tokens.issue(CLAIMS);
  const answers = await Promise.all([use(tokens, token), use(tokens, token), use(tokens, `${token}x`)]);
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
  assert.deepEqual(await use(tokens, young), CLAIMS);
  clock.advance(1);
  assert.equal(await use(tokens, old), "token_expired");
});

Deno.test("StreamTokens refuses a token of another secret", async () => {
  const { tokens } = rig("another secret");
  assert.equal(await use(tokens, await rig().tokens.issue(CLAIMS)), "token_forged");
});

Deno.test("StreamTokens refuses a token of which any character was changed, added or left out", async () => {
  const { tokens } = rig();
  const token = await tokens.issue(CLAIMS);
  for (let at = 0; at < token.length; at += 7) {
    const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
    assert.equal(await use(tokens, changed), "token_forged");
  }
  for (const other of [token.slice(4), token.slice(0, -4), `${token}AAAA`]) {
    assert.equal(await use(tokens, other), "token_forged");
  }
});

Deno.test("StreamTokens takes one text of a token alone, whatever bits of its last character count for nothing", async () => {
  const { tokens } = rig();
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (const more of ["", "x", "xx"]) {
    const token = await tokens.issue({ ...CLAIMS, from: CLAIMS.from + more });
    for (const last of alphabet) {
      if (last === token.at(-1)) continue;
      assert.equal(await use(tokens, token.slice(0, -1) + last), "token_forged");
    }
  }
});

Deno.test("StreamTokens refuses what is no token", async () => {
  const { tokens } = rig();
  for (const text of ["", "abc", "é".repeat(60), "!".repeat(60), "A".repeat(61), "A".repeat(10_000)]) {
    assert.equal(await use(tokens, text), "token_malformed", text.slice(0, 20));
  }
});

Deno.test("StreamTokens has room for the longest addresses, whatever their characters", async () => {
  const { tokens } = rig();
  for (const character of ["a", '"', "\\", "ÿ", "語", "😀"]) {
    const from = character.repeat(MAX_ADDRESS_CHARS / character.length);
    const claims = { ...CLAIMS, businessId: "b".repeat(64), from, to: from, isOutbound: true };
    const token = await tokens.issue(claims);
    assert.ok(token.length <= MAX_TOKEN_CHARS, `${token.length} characters with ${character}`);
    assert.deepEqual(await use(tokens, token), claims);
  }
});

Deno.test("StreamTokens remembers a bounded number of used tokens, refuses beyond it, and forgets in time", () => {
  const { clock, tokens } = rig();
  const nonces = Array.from({ length: MAX_USED_TOKENS + 1 }, (_, index): Pick<OpenedToken, "nonce"> => ({
    nonce: `nonce ${index}`,
  }));
  const last = nonces.pop()!;
  for (const nonce of nonces) assert.equal(tokens.redeem(nonce), undefined);
  assert.equal(tokens.redeem(last), "too_many_tokens");
  assert.ok(tokens.wasRedeemed(nonces[0].nonce));
  clock.advance(TOKEN_LIFETIME_MS);
  assert.equal(tokens.redeem(last), undefined);
  assert.ok(!tokens.wasRedeemed(nonces[0].nonce));
});

Deno.test("StreamTokens seals variables for one call, which nobody reads and no token replaces", async () => {
  const { tokens } = rig();
  const variables = { name: "Zoë", note: "x".repeat(1_400) };
  const sealed = await tokens.sealVariables(variables, "slot-1");
  assert.match(sealed, /^[A-Za-z0-9_-]+$/);
  assert.deepEqual(await tokens.openVariables(sealed, "slot-1"), variables);
  assert.deepEqual(await tokens.openVariables(await tokens.sealVariables({}, "s"), "s"), {});
  for (const wrong of [sealed.slice(0, -2) + "AA", "", "a".repeat(50), await tokens.issue(CLAIMS)]) {
    assert.equal(await tokens.openVariables(wrong, "slot-1"), undefined);
  }
  assert.equal(await tokens.openVariables(sealed, "slot-2"), undefined);
  assert.equal(await rig("another").tokens.openVariables(sealed, "slot-1"), undefined);
  assert.equal(await tokens.open(sealed), "token_forged", "variables are no token");
  const longest = {
    ...CLAIMS,
    from: "ü".repeat(MAX_ADDRESS_CHARS),
    to: "ü".repeat(MAX_ADDRESS_CHARS),
    variables,
  };
  const token = await tokens.issue(longest);
  assert.ok(token.length <= MAX_TOKEN_CHARS, `${token.length} characters`);
  assert.deepEqual(await use(tokens, token), longest);
});
