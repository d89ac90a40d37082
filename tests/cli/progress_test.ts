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

Deno.test("ProgressLine stays on one line of the terminal, whatever a file is called", () => {
  let written = "";
  const progress = new ProgressLine({
    isTerminal: true,
    columns: 40,
    write: (text) => void (written += text),
  });
  progress.show(`a\x1b[2J\n${"long ".repeat(20)}.md`);
  progress.end();
  assert.equal(written, "\r\x1b[2Ka\\u001b[2J\\u000along long long long lo…\n");
  assert.equal(written.length - "\r\x1b[2K\n".length, 39);
});

Deno.test("ProgressLine that was told nothing writes nothing", () => {
  let written = "";
  new ProgressLine({ isTerminal: true, write: (text) => void (written += text) }).end();
  assert.equal(written, "");
});
