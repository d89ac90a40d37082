import assert from "node:assert/strict";
import { WrittenCall } from "../support/written_call.ts";

// https://github.com/livekit/agents/pull/4692
Deno.test("A word of approval into an answer does not end it, and more than that does", async () => {
  const cases: [words: string, language: string, isGoingOn: boolean][] = [
    ["Exactly.", "en", true],
    ["Oh, great.", "en", true],
    ["Ah, perfekt.", "de", true],
    ["Perfetto.", "it", true],
    ["Perfect, book it.", "en", false],
  ];
  for (const [words, language, isGoingOn] of cases) {
    const call = await WrittenCall.begin({ language });
    await call.hears(1);
    await call.utters("item_u1", "Tell me.");
    call.now.answer({ byte: 20, ms: 8_000 });
    await call.run(2_000);
    await call.utters("item_u2", words, 500);
    call.now.answer({ byte: 30 });
    await call.run(9_000);
    const ms = call.heard.filter(({ byte }) => byte === 20).reduce(
      (sum, { fromMs, toMs }) => sum + toMs - fromMs,
      0,
    );
    assert.equal(ms >= 7_990, isGoingOn, `${words}: ${ms} ms of 8000`);
    assert.equal(call.heard.some(({ byte }) => byte === 30), !isGoingOn, words);
    await call.record();
  }
});
