import assert from "node:assert/strict";
import { keepBefore, readKept, writeKept } from "../../src/cli/kept_numbers.ts";
import { TempFolder } from "../support/temp_folder.ts";

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

Deno.test("What is kept is read back, is for this user alone, and is gone with the last of it", async () => {
  using folder = new TempFolder();
  const data = `${folder.path}/data`;
  assert.deepEqual(await readKept(data), []);
  await writeKept(data, []); // there is no file, and none is made
  assert.deepEqual(folder.names(), []);
  const kept = keepBefore([], change("a", "b"));
  await writeKept(data, kept);
  assert.deepEqual(await readKept(data), kept);
  assert.equal(Deno.statSync(`${data}/twilio-before.json`).mode! & 0o777, 0o600);
  assert.equal(Deno.statSync(data).mode! & 0o777, 0o700);
  await writeKept(data, []);
  assert.deepEqual(folder.names("data"), []);
});

const KEPT = {
  number: "+15551234567",
  accountSid: "AC1",
  before: { VoiceUrl: "a" },
  after: { VoiceUrl: "b" },
};
for (
  const [what, json] of [
    ["no list", KEPT],
    ["no object", ["x"]],
    ["null", [null]],
    ["no number", [{ ...KEPT, number: 1 }]],
    ["no account", [{ ...KEPT, accountSid: null }]],
    ["no settings before", [{ ...KEPT, before: "x" }]],
    ["a setting that is no text", [{ ...KEPT, before: { VoiceUrl: "a", VoiceMethod: 1 } }]],
    ["no settings after", [KEPT, { ...KEPT, after: undefined }]],
  ] as const
) {
  Deno.test(`A file of what was before that has ${what} is not taken for one`, async () => {
    using folder = new TempFolder();
    folder.write("twilio-before.json", JSON.stringify(json));
    await assert.rejects(readKept(folder.path), { code: "kept_unreadable" });
  });
}
