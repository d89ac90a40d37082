import assert from "node:assert/strict";
import {
  entryBusiness,
  entryCall,
  entryId,
  entryName,
  writtenAtMs,
} from "../../../src/records/outbox/entry_name.ts";

const CALL = { business: "acme-2", callSid: "CA1" };
const ID = "0c27b0d3-8d0f-4a69-a4a5-2f8b7f0c9d11";

Deno.test("entryName() sorts by time, and tells its parts", () => {
  const name = entryName(1_767_225_600_123.9, ID, CALL);
  assert.ok(name < entryName(1_767_225_600_124, ID, CALL));
  assert.equal(writtenAtMs(name), 1_767_225_600_123);
  assert.deepEqual([entryId(name), entryBusiness(name), entryCall(name)], [ID, "acme-2", "CA1"]);
});

Deno.test("entryName() leaves out a call whose id is no file's name", () => {
  for (const callSid of ["", "../CA1", "C".repeat(65), "CA_1", "CA.json"]) {
    const name = entryName(1, ID, { ...CALL, callSid });
    assert.equal(name, `000000000000001_${ID}_acme-2.json`);
    assert.equal(entryCall(name), undefined);
  }
});

Deno.test("The parts of a name that is not ours are empty", () => {
  assert.deepEqual([writtenAtMs("x.json"), entryId("x.json"), entryBusiness("x.json")], [0, "x.json", ""]);
});
