import assert from "node:assert/strict";
import { FolderSource } from "../../src/businesses/folder_source.ts";
import { LiveBusinesses } from "../../src/businesses/live_businesses.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { BusinessFolder } from "./folder.ts";

const COUNT = 1_000;
/** Several times what is expected, so that a busy machine does not fail. */
const MAX_LOAD_MS = 5_000;
const MAX_BYTES_EACH = 16_384;

const numberOf = (n: number) => `+1555${String(1_000_000 + n)}`;

Deno.test("A thousand businesses load in about a second, and weigh a few kilobytes each", async () => {
  await using folder = await BusinessFolder.create();
  for (let n = 0; n < COUNT; n++) {
    await folder.write(`b${n}.json`, {
      name: `Business ${n}`,
      numbers: [numberOf(n)],
      instructions: `You answer the telephone of business ${n}. ${"Be brief and warm. ".repeat(25)}`,
      greeting: { instructions: `Greet for business ${n}.` },
      transfers: [{ name: "Reception", description: "For all else.", number: "+15550100001" }],
      keys: { "#": { action: "transfer", target: "Reception" } },
      fallback: { words: "Please call again.", forwardTo: "+15550100001" },
    });
  }
  const heap = () => {
    (globalThis as { gc?: () => void }).gc?.();
    return Deno.memoryUsage().heapUsed;
  };
  const before = heap();
  const startMs = performance.now();
  const source = new FolderSource(folder.path, () => undefined);
  using live = await LiveBusinesses.open({ source, clock: new ManualClock(), log: new RecordingLog() });
  const loadMs = performance.now() - startMs;
  const bytesEach = (heap() - before) / COUNT;
  const reloadStartMs = performance.now();
  const one = live.directory.forNumber(numberOf(500));
  await live.reload();
  const reloadMs = performance.now() - reloadStartMs;
  const collected = "gc" in globalThis ? "" : ", garbage included";
  console.log(
    `${COUNT} businesses: loaded in ${loadMs.toFixed(0)} ms, again in ${reloadMs.toFixed(0)} ms, ` +
      `${bytesEach.toFixed(0)} bytes of heap each${collected}`,
  );
  assert.equal(live.directory.size, COUNT);
  assert.equal(live.directory.forNumber(numberOf(500)), one, "what did not change stays the same object");
  assert.ok(loadMs < MAX_LOAD_MS, `${loadMs} ms`);
  if ("gc" in globalThis) assert.ok(bytesEach < MAX_BYTES_EACH, `${bytesEach} bytes`);
});
