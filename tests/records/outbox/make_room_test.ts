import assert from "node:assert/strict";
import { makeRoom } from "../../../src/records/outbox/make_room.ts";
import { Spool } from "../../../src/records/outbox/spool.ts";
import { TempFolder } from "../../support/temp_folder.ts";

Deno.test("makeRoom() takes the last of the group that has most, and nothing for that group itself", async () => {
  using temp = new TempFolder();
  const spool = new Spool({ folder: temp.path, maxFiles: 10, maxBytes: 1_000, nowMs: () => 0 });
  const roomFor = (group: string) => makeRoom(spool, (name) => name[0], group);
  assert.equal(await roomFor("c"), undefined);
  for (const name of ["a1", "b2", "a3", "b1", "a2"]) await spool.put(`${name}.json`, "x");
  assert.equal(await roomFor("c"), "a3.json");
  await spool.put("b0.json", "x".repeat(500));
  assert.equal(await roomFor("b"), undefined);
  assert.equal(await roomFor("a"), "b2.json");
  assert.deepEqual(await spool.names(), ["a1.json", "a2.json", "b0.json", "b1.json"]);
});
