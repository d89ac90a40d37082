import assert from "node:assert/strict";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { TempFolder } from "../support/temp_folder.ts";

const FILES = 20;
const PROCESSES = ["CA1", "CA2", "CA3"];
const EVERY_MS = 150;
/** For processes to start in. */
const LEAD_MS = 3_000;

Deno.test("Processes that open new records at the same moment all get them", async () => {
  using temp = new TempFolder();
  const start = Date.now() + LEAD_MS;
  const outputs = await Promise.all(PROCESSES.map((name) => {
    const script = new URL("opening_process.ts", import.meta.url).pathname;
    const args = [
      "run",
      "--quiet",
      "--no-check",
      "--no-prompt",
      "--permission-set=test",
      script,
      temp.path,
      name,
    ];
    const numbers = [FILES, start, EVERY_MS].map(String);
    return new Deno.Command("deno", { args: [...args, ...numbers], stderr: "inherit" }).output();
  }));
  assert.equal(outputs.map(({ stdout }) => new TextDecoder().decode(stdout)).join(""), "");
  assert.ok(outputs.every(({ success }) => success));
  for (let file = 1; file <= FILES; file++) {
    using store = await SqliteRecordStore.open(`${temp.path}/${file}/records.db`, () => 0);
    const { records } = await store.list({ limit: 10 });
    assert.deepEqual(records.map(({ callSid }) => callSid).sort(), PROCESSES, `file ${file}`);
  }
});
