import assert from "node:assert/strict";
import { call } from "../../../src/lab/call/call_command.ts";
import { readLineWav } from "../../../src/audio/wav.ts";
import { ACCOUNT_SID, AUTH_TOKEN, EchoServer, PUBLIC_URL } from "../twilio/echo_server.ts";
import { captureConsole } from "../../support/capture_console.ts";

const GOOD = "# Hears itself\ntone 700 for 600\nexpect tone 700 within 5000\nhang up\n";
const BAD = "tone 700 for 600\nexpect tone 1900 within 300\nexpect heard at least 100\nhang up\n";

/** Runs the command with a script against a server that echoes, with a folder for what it writes. */
async function run(script: string, flags: (folder: string) => string[] = () => []) {
  await using server = new EchoServer();
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/script.txt`;
    await Deno.writeTextFile(path, script);
    const argv = ["--to", server.url, "--script", path, ...flags(folder)];
    const defaults = { publicUrl: PUBLIC_URL, authToken: AUTH_TOKEN, accountSid: ACCOUNT_SID };
    const { code, out, err } = await captureConsole(() => call(argv, defaults));
    const heard = argv.includes("--out") && code !== 2
      ? await readLineWav(`${folder}/heard/call-1.wav`)
      : undefined;
    return { code, out, err, heard };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("call --script tells line by line how a script went, and exits with 0 when all of it passed", async () => {
  const { code, out, err } = await run(GOOD);
  assert.equal(code, 0, out);
  assert.equal(err, "");
  assert.deepEqual(out.split("\n"), [
    "pass    2  tone 700 for 600",
    "pass    3  expect tone 700 within 5000",
    "pass    4  hang up",
  ]);
});

Deno.test("call --script exits with 1 when a line is not met, which it tells, and runs the other lines", async () => {
  const { code, out } = await run(BAD);
  assert.equal(code, 1);
  const lines = out.split("\n");
  assert.deepEqual(lines.map((line) => line.slice(0, 4)), ["pass", "FAIL", "pass", "pass"]);
  assert.equal(lines[1], "FAIL    2  expect tone 1900 within 300  (no such tone was heard)");
});

Deno.test("call --script --json prints nothing but the report, and --out writes what was heard", async () => {
  const { code, out, heard } = await run(BAD, (folder) => ["--json", "--out", `${folder}/heard`]);
  assert.equal(code, 1);
  const { passed, steps, call } = JSON.parse(out);
  assert.equal(passed, false);
  assert.deepEqual(steps.map((step: { line: number; passed: boolean }) => [step.line, step.passed]), [
    [1, true],
    [2, false],
    [3, true],
    [4, true],
  ]);
  assert.equal(call.outcome, "connected");
  assert.deepEqual(call.problems, []);
  assert.ok(heard && heard.length >= 8 * 300, `${heard?.length} samples`);
});

Deno.test("call --script that cannot write what was heard is wrong usage, before a call is placed", async () => {
  const { code, out, err } = await run(GOOD, (folder) => ["--out", `${folder}/script.txt`]);
  assert.equal(code, 2);
  assert.equal(out, "");
  assert.match(err, /--out .*script\.txt cannot be made/);
});

Deno.test("call --script with a line that is no step is wrong usage, and names the line", async () => {
  const { code, err } = await run("hang up\nsing a song\n");
  assert.equal(code, 2);
  assert.match(err, /2.*sing a song/);
});
