import assert from "node:assert/strict";
import { call } from "../../../src/lab/call/call_command.ts";
import { readLineWav } from "../../../src/audio/wav.ts";
import { ACCOUNT_SID, AUTH_TOKEN, EchoServer, PUBLIC_URL } from "../twilio/echo_server.ts";
import { captureConsole } from "../../support/capture_console.ts";

const GOOD = "# Hears itself\ntone 700 for 600\nexpect tone 700 within 5000\nhang up\n";
const BAD = "tone 700 for 600\nexpect tone 1900 within 300\nexpect heard at least 100\nhang up\n";

/** Runs the command with a script against a server that echoes, with a folder for what it writes. */
async function run(
  script: string,
  flags: (folder: string) => string[] = () => [],
  twiml: Record<string, string | Response> = {},
) {
  await using server = new EchoServer();
  Object.assign(server.twiml, twiml);
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
    "talk  not shown: --admin-token lets it be read from the server's record",
  ]);
});

Deno.test("call --script shows the talk as the server's record has it", async () => {
  const transcript = [
    { kind: "assistant", atMs: 480, text: "Good morning", cut: true },
    { kind: "interruption", atMs: 900, heardMs: 400 },
    { kind: "user", atMs: 1_200, text: "Hello" },
    { kind: "tool", atMs: 1_500, name: "find", arguments: "{}", outcome: "done", durationMs: 7, output: "4" },
    { kind: "keys", atMs: 61_000, digits: "12" },
  ];
  const { out } = await run(GOOD, () => ["--admin-token", "t"], {
    "/records": Response.json({ transcript }),
  });
  assert.deepEqual(out.split("\n").slice(3), [
    "talk     0.5 s  agent         Good morning …",
    "talk     0.9 s  interruption  400 ms of the answer were heard",
    "talk     1.2 s  caller        Hello",
    "talk     1.5 s  tool          find({}) done in 7 ms: 4",
    "talk    61.0 s  keys          12",
  ]);
  const refused = await run(GOOD, () => ["--admin-token", "t"], {
    "/records": new Response(null, { status: 401 }),
  });
  assert.match(refused.out, /^talk {2}not shown: GET \/records answered 401$/m);
});

Deno.test("call --script serves Twilio's REST API on --api, where the server reaches the call", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const taken = await run(GOOD, () => ["--api", String(listener.addr.port)]);
  assert.equal(taken.code, 2);
  assert.match(taken.err, /REST API cannot be served on port \d+: .*--api names another port/);
  const { port } = listener.addr;
  listener.close();
  const over = run(
    'pause 400\nexpect said "Bye" within 4000\nexpect end within 4000\n',
    () => ["--api", `${port}`],
  );
  const base = `http://127.0.0.1:${port}/2010-04-01/Accounts/${ACCOUNT_SID}/`;
  const headers = { authorization: `Basic ${btoa(`${ACCOUNT_SID}:${AUTH_TOKEN}`)}` };
  let status = 0;
  for (let tries = 0; tries < 40 && status !== 200; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const answer = await fetch(`${base}IncomingPhoneNumbers.json`, { headers }).catch(() => undefined);
    status = answer?.status ?? 0;
    await answer?.body?.cancel();
  }
  assert.equal(status, 200);
  assert.equal((await over).code, 1, "nobody gave the call other TwiML");
});

Deno.test("call --script exits with 1 when a line is not met, which it tells, and runs the other lines", async () => {
  const { code, out } = await run(BAD);
  assert.equal(code, 1);
  const lines = out.split("\n");
  assert.deepEqual(lines.map((line) => line.slice(0, 4)), ["pass", "FAIL", "pass", "pass", "talk"]);
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
