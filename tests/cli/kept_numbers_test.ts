import assert from "node:assert/strict";
import { keepBefore } from "../../src/cli/kept_numbers.ts";

const change = (from: string, to: string) => ({
  number: "+15551234567",
  accountSid: "AC1",
  sid: "PN1",
  changes: [{ setting: "VoiceUrl" as const, from, to }],
});

Deno.test("keepBefore() keeps what a setting was at first, as long as nobody else has changed it", () => {
  const once = keepBefore([], change("a", "b"));
  assert.deepEqual(once[0].before, { VoiceUrl: "a" });
  const twice = keepBefore(once, change("b", "c"));
  assert.deepEqual(twice, [{
    number: "+15551234567",
    accountSid: "AC1",
    before: { VoiceUrl: "a" },
    after: { VoiceUrl: "c" },
  }]);
  // Somebody has set it to x since: that is what goes back.
  assert.deepEqual(keepBefore(twice, change("x", "d"))[0].before, { VoiceUrl: "x" });
});

Deno.test("keepBefore() leaves other numbers and the given list alone", () => {
  const other = { number: "+15550000000", accountSid: "AC1", before: {}, after: {} };
  const kept = [other];
  assert.equal(keepBefore(kept, change("a", "b"))[0], other);
  assert.deepEqual(kept, [other]);
});
