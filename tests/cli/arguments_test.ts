import assert from "node:assert/strict";
import project from "../../deno.json" with { type: "json" };
import { parseCommand, typedCommand } from "../../src/cli/arguments.ts";
import { captureConsole } from "../support/capture_console.ts";

const HELP = "Usage: slimline test [--port N]";

async function parse(args: string[]) {
  let parsed: ReturnType<typeof parseCommand>;
  const printed = await captureConsole(() => {
    parsed = parseCommand({ command: "test", args, options: { port: { type: "string" } } }, HELP);
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

Deno.test("parseCommand() knows defaults, flags, values behind an equals sign, and words where they are wanted", () => {
  const options = {
    to: { type: "string", default: "here" },
    from: { type: "string" },
    live: { type: "boolean" },
  } as const;
  const read = (...args: string[]) =>
    parseCommand({ command: "test", args, options, allowPositionals: true }, HELP);
  assert.deepEqual(read(), { values: { to: "here" }, positionals: [] });
  assert.deepEqual(read("a", "--live", "--to=a=b", "--from", "-", "-", "--", "--live", "-x"), {
    values: { to: "a=b", from: "-", live: true },
    positionals: ["a", "-", "--live", "-x"],
  });
});

Deno.test("parseCommand() takes the last of an option given twice, and an empty value for what it is", () => {
  const parsed = parseCommand({
    command: "test",
    args: ["--port=1", "--port="],
    options: { port: { type: "string" } },
  }, HELP);
  assert.deepEqual(parsed, { values: { port: "" }, positionals: [] });
});

for (const args of [["--help"], ["-h"], ["--port", "80", "--help"], ["--nonsense", "--help"]]) {
  Deno.test(`parseCommand() answers ${args.join(" ")} with help and exit code 0`, async () => {
    const { parsed, out, err } = await parse(args);
    assert.deepEqual([parsed, out, err], [0, HELP, ""]);
  });
}

for (
  const args of [["--nonsense"], ["--port"], ["stray"], ["--port=1", "-x"], ["--port", "--port=1"], [
    "--constructor",
  ], ["--", "stray"]]
) {
  Deno.test(`parseCommand() answers ${args.join(" ")} with the reason, where the help is, and exit code 2`, async () => {
    const { parsed, out, err } = await parse(args);
    assert.deepEqual([parsed, out], [2, ""]);
    assert.match(err, /^slimline test: [^\n]+\nslimline test --help tells what can be given\.$/);
  });
}

Deno.test("What comes next is named as it can be typed: by an executable, or by the checkout's tasks", () => {
  assert.equal(typedCommand("init NAME", true), "slimline init NAME");
  const [task] = /(?<=^npx -y deno task )\w+$/.exec(typedCommand("try"))!;
  assert.ok(task in project.tasks);
});
