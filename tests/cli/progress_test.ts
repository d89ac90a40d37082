import assert from "node:assert/strict";
import { ProgressLine } from "../../src/cli/progress.ts";

for (const isTerminal of [true, false]) {
  Deno.test(`ProgressLine ${isTerminal ? "on a terminal" : "in a file"} tells the first and the last of what comes quickly`, () => {
    let written = "";
    const progress = new ProgressLine({ isTerminal, write: (text) => void (written += text) });
    for (let over = 0; over <= 20; over++) progress.show(`${over} over`);
    progress.end();
    const clear = "\r\x1b[2K";
    assert.equal(written, isTerminal ? `${clear}0 over${clear}20 over\n` : "0 over\n20 over\n");
  });
}

Deno.test("ProgressLine that was told nothing writes nothing", () => {
  let written = "";
  new ProgressLine({ isTerminal: true, write: (text) => void (written += text) }).end();
  assert.equal(written, "");
});
