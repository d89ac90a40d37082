import assert from "node:assert/strict";
import { run } from "../../src/cli/commands.ts";
import { dial } from "../../src/cli/dial.ts";
import { healthcheck } from "../../src/cli/healthcheck.ts";
import { LAB_COMMANDS } from "../../src/lab/lab_commands.ts";
import { ownAddress } from "../../src/util/loopback.ts";
import { captureConsole } from "../support/capture_console.ts";
import project from "../../deno.json" with { type: "json" };

Deno.test("slimline --version tells what this is", async () => {
  const { code, out, err } = await captureConsole(() => run(["--version"], LAB_COMMANDS));
  assert.equal(code, 0);
  assert.equal(out, `slimline ${project.version} (deno ${Deno.version.deno}, v8 ${Deno.version.v8})`);
  assert.equal(err, "");
});

for (const argument of ["--help", "-h", "help"]) {
  Deno.test(`slimline ${argument} names every command`, async () => {
    const { code, out } = await captureConsole(() => run([argument], LAB_COMMANDS));
    assert.equal(code, 0);
    for (const command of ["serve", "demo", "call", "capacity", "emulate", "healthcheck"]) {
      assert.match(out, new RegExp(`^  ${command} +[a-z]`, "m"));
    }
  });
}

Deno.test("The table of commands in docs/operations.md has every command", async () => {
  const { out } = await captureConsole(() => run(["--help"], LAB_COMMANDS));
  const commands = [...out.matchAll(/^ {2}([a-z]+) {2,}[a-z]/gm)].map(([, command]) => command);
  const page = await Deno.readTextFile("docs/operations.md");
  const told = [...page.matchAll(/^\| `slimline ([a-z]+)` +\|/gm)].map(([, command]) => command);
  assert.deepEqual(told.sort(), commands.sort());
});

Deno.test("No line of a help text is wider than 130 characters, but for those of variables, which serve fills in", async () => {
  const { out } = await captureConsole(() => run(["--help"], LAB_COMMANDS));
  const commands = [...out.matchAll(/^ {2}([a-z]+) {2,}[a-z]/gm)].map(([, command]) => command);
  for (const command of commands.filter((name) => name !== "serve")) {
    const help = await captureConsole(() => run([command, "--help"], LAB_COMMANDS));
    const wide = `${help.out}\n${help.err}`.split("\n").filter((line) => line.length > 130);
    assert.deepEqual(wide, [], command);
  }
});

for (const command of ["sevre", "constructor", "__proto__", ""]) {
  Deno.test(`slimline ${JSON.stringify(command)} is wrong usage, with help on standard error`, async () => {
    const { code, out, err } = await captureConsole(() => run([command], LAB_COMMANDS));
    assert.equal(code, 2);
    assert.equal(out, "");
    assert.ok(err.startsWith(`There is no command "${command}".`));
    assert.match(err, /Usage: slimline/);
  });
}

for (const command of ["serve", "capacity", "emulate", "healthcheck"]) {
  Deno.test(`slimline ${command} prints its help, and refuses unknown options with 2`, async () => {
    const help = await captureConsole(() => run([command, "--help"], LAB_COMMANDS));
    assert.equal(help.code, 0);
    assert.match(help.out, new RegExp(`^Usage: slimline ${command}`));
    const wrong = await captureConsole(() => run([command, "--nonsense"], LAB_COMMANDS));
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /--nonsense/);
  });
}

Deno.test("slimline healthcheck and slimline dial ask the server where HOST says that it listens", async () => {
  const { fetch } = globalThis;
  const asked: string[] = [];
  globalThis.fetch = (url) => {
    asked.push(String(url));
    return Promise.resolve(Response.json({ callSid: "CA1" }));
  };
  try {
    const env = { HOST: "10.0.0.5", PORT: "8090", DATA_DIR: "/nowhere" };
    assert.equal((await captureConsole(() => healthcheck([], env))).code, 0);
    assert.equal((await captureConsole(() => healthcheck(["--port=9"], env))).code, 0);
    assert.equal((await captureConsole(() => dial(["--to=+15550100001"], env))).code, 0);
  } finally {
    globalThis.fetch = fetch;
  }
  assert.deepEqual(asked, [
    "http://10.0.0.5:8090/healthz",
    "http://10.0.0.5:9/healthz",
    "http://10.0.0.5:8090/calls",
  ]);
});

Deno.test("ownAddress() is where this machine reaches a server, whatever that listens on", () => {
  const addresses = ["0.0.0.0", "::", "::1", "10.0.0.5", "localhost"].map((host) => ownAddress(host, 80));
  assert.deepEqual(addresses, [
    "http://127.0.0.1:80",
    "http://[::1]:80",
    "http://[::1]:80",
    "http://10.0.0.5:80",
    "http://localhost:80",
  ]);
});

Deno.test("slimline --help of serve lists every variable, also when serve is left out", async () => {
  const { FIELDS } = await import("../../src/config/fields.ts");
  const { out } = await captureConsole(() => run(["serve", "--help"], LAB_COMMANDS));
  for (const { env } of Object.values(FIELDS)) assert.match(out, new RegExp(`^  ${env} `, "m"));
  assert.match(out, /^ {2}PORT +port to listen on.*\n +\(default 8080; a whole number from 0 to 65535\)$/m);
  assert.match(out, /^ {2}PUBLIC_URL .*\n +\(required; an https URL without a query\)$/m);
  assert.match(out, /^ {2}LOG_FORMAT .*\n +\(optional; one of text, json\)$/m);
  const { code, err } = await captureConsole(() => run(["--nonsense"], LAB_COMMANDS));
  assert.equal(code, 2);
  assert.match(err, /^slimline serve: .*--nonsense/);
});
