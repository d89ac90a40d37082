import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { FolderSource } from "../../src/businesses/folder_source.ts";
import { LiveBusinesses } from "../../src/businesses/live_businesses.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { numberOf, thousandBusinesses } from "./thousand_businesses.ts";

/** Of heap, for businesses of some 700 characters of JSON each. */
const MAX_BYTES_EACH = 4 * 1024;
/** Of the thousand, those that are there before the others are weighed. */
const FIRST = 100;

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/** Bytes of V8's heap that are in use. */
function heapUsed(): number {
  collect();
  return Deno.memoryUsage().heapUsed;
}

Deno.test("A thousand businesses weigh at most 4 KB each, and one that did not change stays the same object", async () => {
  using folder = new TempFolder();
  const files = [...thousandBusinesses()];
  const write = (some: typeof files) => some.forEach(([name, text]) => folder.write(name, text));
  write(files.slice(0, FIRST));
  const source = new FolderSource(folder.path, () => undefined, new ManualClock());
  using live = await LiveBusinesses.open({ source, clock: new ManualClock(), log: new RecordingLog() });
  await live.reload(); // by now the code that reads them is loaded and compiled
  const before = heapUsed();
  write(files.slice(FIRST));
  await live.reload();
  const bytesEach = (heapUsed() - before) / (files.length - FIRST);
  assert.equal(live.directory.size, files.length);
  assert.ok(bytesEach > 500 && bytesEach < MAX_BYTES_EACH, `${bytesEach} bytes`);
  const one = live.directory.forNumber(numberOf(500));
  await live.reload();
  assert.equal(live.directory.forNumber(numberOf(500)), one);
});
