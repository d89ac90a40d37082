import assert from "node:assert/strict";
import { wrapHelp } from "../../src/cli/wrap_help.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { LAB_COMMANDS } from "../../src/lab/lab_commands.ts";
import { captureConsole } from "../support/capture_console.ts";

const TEXT = `Usage: slimline sample [--long-option VALUE] FILE

Does something that takes more words to tell than fit into a line of a narrow terminal, which is why the
text is filled anew.

  --long-option VALUE  what it is for, in more words than fit; a second line
                       of the source goes on with it
  --short              short
Exit code: 0 good.`;

Deno.test("wrapHelp() keeps what is said of an option beside it, and fills paragraphs", () => {
  assert.equal(
    wrapHelp(TEXT, 50),
    `Usage: slimline sample [--long-option VALUE] FILE

Does something that takes more words to tell than
fit into a line of a narrow terminal, which is why
the text is filled anew.

  --long-option VALUE  what it is for, in more
                       words than fit; a second
                       line of the source goes on
                       with it
  --short              short
Exit code: 0 good.`,
  );
});

Deno.test("wrapHelp() leaves a text alone that fits, or that no terminal shows", () => {
  assert.equal(wrapHelp(TEXT, undefined), TEXT);
  assert.equal(wrapHelp(TEXT, 130), TEXT);
});

Deno.test("The help of every command fits into 80 columns, with all of its words", async () => {
  for (const [name, { load }] of Object.entries({ ...COMMANDS, ...LAB_COMMANDS })) {
    const { out } = await captureConsole(async () => await (await load({}))(["--help"]));
    const wrapped = wrapHelp(out, 80);
    assert.deepEqual(wrapped.split("\n").filter((line) => line.length > 80), [], name);
    const words = (text: string) => text.split(/\s+/);
    assert.deepEqual(words(wrapped), words(out), name);
  }
});
