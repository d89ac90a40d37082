import assert from "node:assert/strict";
import {
  FOLD_WINDOW_MS,
  LogFold,
  MAX_LINE_KINDS,
  MAX_LINES_OF_KIND,
} from "../../src/observability/log_fold.ts";

function rig() {
  const clock = { nowMs: 0 };
  const told: [string, number][] = [];
  const fold = new LogFold(() => clock.nowMs);
  const admitted = (kind: string, times: number) => {
    let written = 0;
    for (let count = 0; count < times; count++) {
      if (fold.admits(kind, (folded) => told.push([kind, folded]))) written++;
    }
    return written;
  };
  return { clock, told, fold, admitted };
}

Deno.test("LogFold writes the first lines of a kind in each window, and tells the number of the rest once", () => {
  const { clock, told, fold, admitted } = rig();
  assert.equal(admitted("a", 100), MAX_LINES_OF_KIND);
  assert.equal(admitted("b", 1), 1);
  clock.nowMs = FOLD_WINDOW_MS;
  assert.equal(admitted("a", 5), 5);
  assert.deepEqual(told, [["a", 100 - MAX_LINES_OF_KIND]]);
  fold.flush();
  assert.equal(told.length, 1);
});

Deno.test("LogFold holds a bounded number of kinds; what is beyond is one kind, until there is room", () => {
  const { clock, fold, admitted } = rig();
  let written = 0;
  for (let kind = 0; kind < 5_000; kind++) written += admitted(`kind ${kind}`, 1);
  assert.equal(written, MAX_LINE_KINDS + MAX_LINES_OF_KIND);
  clock.nowMs = FOLD_WINDOW_MS;
  assert.equal(admitted("new", 1), 1);
  fold.flush();
});
