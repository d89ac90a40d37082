import assert from "node:assert/strict";
import { FolderSource } from "../../src/businesses/folder_source.ts";
import { LiveBusinesses } from "../../src/businesses/live_businesses.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { eventually } from "../support/eventually.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { LEAST } from "./business_files.ts";

/** As the kubelet does it: links to a link, which is exchanged as a whole. A test has no permission to make links. */
async function bash(folder: string, script: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("bash", { args: ["-ec", script], cwd: folder }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

Deno.test("Business files of a Kubernetes ConfigMap are read through its links, and followed when it is exchanged", async () => {
  using temp = new TempFolder();
  const folder = `${temp.path}/businesses`;
  const write = (version: string, name: string) =>
    temp.write(`businesses/..${version}/practice.json`, JSON.stringify({ ...LEAST, name }));
  write("2026_1", "Before");
  await bash(folder, "ln -s ..2026_1 ..data; ln -s ..data/practice.json practice.json");
  const log = new RecordingLog();
  const clock = new SystemClock();
  const source = new FolderSource(folder, () => undefined, clock);
  using live = await LiveBusinesses.open({ source, clock, log });
  const nameNow = () => live.directory.byId("practice").name;
  assert.equal(nameNow(), "Before");
  write("2026_2", "After");
  await bash(folder, "ln -s ..2026_2 ..data_tmp; mv -T ..data_tmp ..data; rm -r ..2026_1");
  await eventually("the new one is read", () => nameNow() === "After");
  assert.deepEqual(log.events.filter(({ level }) => level === "error" || level === "warn"), []);
});
