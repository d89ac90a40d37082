import assert from "node:assert/strict";
import { records } from "../../src/cli/records.ts";
import type { CallRecord } from "../../src/records/call_record.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { recordWith } from "../records/records.ts";
import { captureConsole } from "../support/capture_console.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** A message that was left. */
function saying(transcript: string): CallRecord["message"] {
  const [at, recordingUrl] = ["2026-01-01T00:01:10.000Z", "https://api.twilio.com/RE1"];
  return { at, durationMs: 4_000, recordingUrl, recording: "linked", recordingProblem: null, transcript };
}

Deno.test("slimline records writes all records out, as JSON Lines and as a table that no spreadsheet runs", async () => {
  using folder = new TempFolder();
  const made = Array.from({ length: 230 }, (_, index) =>
    recordWith({
      callSid: `CA${String(index).padStart(3, "0")}`,
      startedAt: new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString(),
      from: index === 1 ? '=HYPERLINK("x")' : "+15550100001",
      expiresAt: null,
      message: index === 1 ? saying("we open at 9; =2+3") : null,
    }));
  {
    using store = await SqliteRecordStore.open(`${folder.path}/records.db`, () => Date.now());
    for (const record of made) await store.put(record);
  }
  const run = async (...args: string[]) =>
    await captureConsole(() => records(args, { DATA_DIR: folder.path }));
  const lines = (await run()).out.split("\n");
  assert.deepEqual(lines.map((line) => JSON.parse(line)), made.toReversed());
  const table = (await run("--format", "csv", "--until=2026-01-01T00:02:00Z")).out.split("\n");
  assert.equal(table.length, 3);
  assert.match(table[0], /^\ufeffcallSid,business,direction,from,/);
  assert.match(table[1], /^CA001,acme,inbound,"'=HYPERLINK\(""x""\)",/);
  assert.match(table[1], /"we open at 9; '=2\+3"/, "where semicolons divide the cells");
  assert.match(table[2], /^CA000,acme,inbound,\+15550100001,/);
  assert.equal((await run("--format", "xml")).code, 2);
  assert.equal((await run("--since", "soon")).code, 2);
});
