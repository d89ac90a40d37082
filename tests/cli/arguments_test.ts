import assert from "node:assert/strict";
import { parseCommand } from "../../src/cli/arguments.ts";
import { captureConsole } from "../support/capture_console.ts";

const HELP = "Usage: slimline test [--port N]";

async function parse(args: string[]) {
  let parsed: ReturnType<typeof parseCommand>;
  const printed = await captureConsole(() => {
    parsed = parseCommand({ args, options: { port: { type: "string" } } }, HELP);
    return Promise.resolve(0);
  });
  return { parsed: parsed!, ...printed };
}

Deno.test("parseCommand() parses a command's options", async () => {
  const { parsed, out, err } = await parse(["--port", "80"]);
  assert.ok(typeof parsed !== "number");
  assert.deepEqual({ ...parsed.values }, { port: "80" });
  assert.deepEqual([out, err], ["", ""]);
});

for (const args of [["--help"], ["-h"], ["--port", "80", "--help"], ["--nonsense", "--help"]]) {
  Deno.test(`parseCommand() answers ${args.join(" ")} with help and exit code 0`, async () => {
    const { parsed, out, err } = await parse(args);
    assert.deepEqual([parsed, out, err], [0, HELP, ""]);
  });
}

for (const args of [["--nonsense"], ["--port"], ["stray"], ["--port=1", "-x"]]) {
  Deno.test(`parseCommand() answers ${args.join(" ")} with the reason, help and exit code 2`, async () => {
    const { parsed, out, err } = await parse(args);
    assert.deepEqual([parsed, out], [2, ""]);
    assert.match(err, /\n\nUsage: slimline test \[--port N\]$/);
  });
}
