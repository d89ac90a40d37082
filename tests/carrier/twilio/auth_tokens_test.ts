import assert from "node:assert/strict";
import { AuthTokens } from "../../../src/carrier/twilio/auth_tokens.ts";
import { TwilioSigner } from "../../../src/carrier/twilio/signature.ts";

const MAIN = `AC${"0".repeat(32)}`;
const SUB = `AC${"a".repeat(32)}`;
const URL = "https://voice.test/voice";

const textsOf = (tokens: AuthTokens, account: string) => tokens.of(account).map(({ text }) => text);

Deno.test("AuthTokens knows each account's tokens, in their order", () => {
  const tokens = new AuthTokens(` old , new,${SUB}:theirs, ${SUB}:their next`);
  assert.deepEqual(textsOf(tokens, MAIN), ["old", "new"]);
  assert.deepEqual(textsOf(tokens, ""), ["old", "new"]);
  assert.deepEqual(textsOf(tokens, SUB), ["theirs", "their next"]);
  assert.deepEqual(textsOf(new AuthTokens(`${SUB}:theirs`), MAIN), []);
  assert.deepEqual(textsOf(new AuthTokens("AC12:x"), ""), ["AC12:x"], "what is no SID is part of the token");
});

Deno.test("AuthTokens believes an account by its own tokens alone", async () => {
  const tokens = new AuthTokens(`old,new,${SUB}:theirs`);
  const isBelieved = async (account: string, token: string) =>
    await tokens.verify(account, await new TwilioSigner(token).sign(URL), [URL]);
  assert.deepEqual(
    await Promise.all([isBelieved(MAIN, "old"), isBelieved(MAIN, "new"), isBelieved(SUB, "theirs")]),
    [true, true, true],
  );
  assert.deepEqual(
    await Promise.all([isBelieved(SUB, "old"), isBelieved(MAIN, "theirs"), isBelieved(MAIN, "another")]),
    [false, false, false],
  );
});

Deno.test("AuthTokens.prefer() changes the order of one account's tokens", () => {
  const tokens = new AuthTokens(`old,new,${SUB}:theirs,${SUB}:next`);
  tokens.prefer(MAIN, tokens.of(MAIN)[1]);
  assert.deepEqual([textsOf(tokens, MAIN), textsOf(tokens, SUB)], [["new", "old"], ["theirs", "next"]]);
});

Deno.test("AuthTokens.believed() is the account that is asked for, unless only others have tokens", () => {
  assert.equal(new AuthTokens("ours").believed(MAIN), MAIN);
  assert.equal(new AuthTokens(`ours,${SUB}:theirs`).believed(SUB), SUB);
  assert.equal(new AuthTokens(`${SUB}:theirs`).believed(MAIN), SUB);
});
