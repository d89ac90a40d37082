import assert from "node:assert/strict";
import type { CallRecord } from "../../src/records/call_record.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { fileRecorder } from "../support/file_recorder.ts";
import { openOnes } from "./modes.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { eventually } from "../support/eventually.ts";

const MAX_STEPS = 100;
const PROCESS = new URL("recorder_process.ts", import.meta.url).pathname;

/** What a process said that died at a step. */
async function dyingAt(folder: string, step: number): Promise<string> {
  const { stdout } = await new Deno.Command("deno", {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--no-prompt",
      `--allow-read=${folder}`,
      `--allow-write=${folder}`,
      "--allow-run",
      "--allow-sys",
      PROCESS,
      folder,
      String(step),
    ],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

/** What the next process has in its store of the call once it has taken up everything. */
async function recovered(folder: string): Promise<CallRecord | undefined> {
  const log = new RecordingLog();
  await using recorder = fileRecorder(folder, { log });
  await recorder.start();
  await eventually("nothing waits", () => recorder.waiting.store === 0);
  assert.ok(log.names.every((name) => name === "call_recovered"), log.names.join());
  return (await recorder.records.get("CA1"))?.record;
}

Deno.test("A record is whole in the store once its end was written, whenever the process is killed, and partial before", async () => {
  let steps = Infinity;
  const seen: string[] = [];
  const next = { step: 1 };
  await Promise.all([1, 2].map(async () => {
    while (next.step <= Math.min(steps, MAX_STEPS)) {
      const step = next.step++;
      using temp = new TempFolder();
      const said = await dyingAt(temp.path, step);
      assert.deepEqual(openOnes(temp.path), [], `nobody else may read what is there at step ${step}`);
      const all = /steps (\d+)/.exec(said)?.[1];
      if (all !== undefined) steps = Math.min(steps, Number(all));
      const record = await recovered(temp.path);
      const isBegun = said.includes("begun");
      const isEnded = said.includes("ended");
      if (isBegun) assert.ok(record, `killed at step ${step}`);
      if (isEnded) {
        assert.deepEqual([record?.reason, record?.isPartial], ["caller_hung_up", false], `step ${step}`);
      }
      if (record) assert.equal(record.isPartial, record.reason === "server_died");
      const waiting = temp.names("outbox/store").filter((name) => !name.endsWith(".part"));
      assert.deepEqual([temp.names("live"), waiting], [[], []], `step ${step}`);
      seen.push(isEnded ? "ended" : isBegun ? "begun" : "starting");
    }
  }));
  assert.ok(steps >= 15 && steps < MAX_STEPS, `${steps} steps`);
  assert.deepEqual([...new Set(seen)].sort(), ["begun", "ended", "starting"]);
});
