import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { CallRecord } from "../../src/records/call_record.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { openOnes } from "./modes.ts";

const MAX_STEPS = 120;
/** Each step takes two processes: one step of three is looked at. */
const STRIDE = 3;
const PROCESS = new URL("message_process.ts", import.meta.url).pathname;

/** What a process said that dies at a step; 0: it is told of nothing, and dies by itself. */
async function dyingAt(folder: string, step: number): Promise<string> {
  const { stdout } = await new Deno.Command("deno", {
    args: [
      ...["run", "--quiet", "--no-check", "--no-prompt", "--allow-run", "--allow-sys", "--allow-env"],
      ...[`--allow-read=${folder}`, `--allow-write=${folder}`, PROCESS, folder, String(step)],
    ],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

function recordIn(folder: string): CallRecord | undefined {
  try {
    using database = new DatabaseSync(`${folder}/records.db`, { readOnly: true });
    const row = database.prepare("SELECT record FROM calls").get();
    return row && JSON.parse(String(row.record));
  } catch {
    return undefined; // there is no database yet
  }
}

Deno.test("A message that Twilio was answered for ends with its recording here and its words in the record, whenever the process is killed", async () => {
  let steps = Infinity;
  const seen = new Set<string>();
  const next = { step: 1 };
  await Promise.all([1, 2].map(async () => {
    while (next.step <= Math.min(steps, MAX_STEPS)) {
      const step = next.step;
      next.step += STRIDE;
      using temp = new TempFolder();
      temp.write("twilio/RE1", "RIFF of the message");
      const said = await dyingAt(temp.path, step);
      const all = /steps (\d+)/.exec(said)?.[1];
      if (all !== undefined) steps = Math.min(steps, Number(all));
      const copies = [
        ...temp.names("twilio"),
        ...temp.names("recordings").filter((name) => name.endsWith(".wav")),
      ];
      assert.ok(copies.length > 0, `no copy is left at step ${step}`);
      assert.deepEqual(openOnes(temp.path).filter((path) => !path.startsWith("twilio")), [], `step ${step}`);
      assert.match(await dyingAt(temp.path, 0), /done/, `step ${step}`);
      const record = recordIn(temp.path);
      if (said.includes("noted") || record) {
        const { recording, transcript } = record!.message!;
        assert.deepEqual([recording, transcript], ["kept", "Call me at [telephone number]."], `step ${step}`);
        assert.deepEqual([temp.names("twilio"), temp.names("recordings").length], [[], 1], `step ${step}`);
      }
      const left = ["messages", "deletions", "store"].flatMap((name) => temp.names(`outbox/${name}`));
      assert.deepEqual(left.filter((name) => !name.endsWith(".part")), [], `step ${step}`);
      seen.add(said.includes("done") ? "done" : said.includes("noted") ? "noted" : "before");
    }
  }));
  assert.ok(steps >= 20 && steps < MAX_STEPS, `${steps} steps`);
  assert.deepEqual([...seen].sort(), ["before", "done", "noted"]);
});
