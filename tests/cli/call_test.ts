import assert from "node:assert/strict";
import { call } from "../../src/cli/call.ts";
import { ACCOUNT_SID, AUTH_TOKEN, EchoServer, PUBLIC_URL } from "../emulator/twilio/echo_server.ts";

/** Runs the command and returns its exit code with what it printed. */
async function run(argv: string[], defaults = {}): Promise<{ code: number; out: string; err: string }> {
  const printed = { out: "", err: "" };
  const { log, error } = console;
  console.log = (text: string) => void (printed.out += `${text}\n`);
  console.error = (text: string) => void (printed.err += `${text}\n`);
  try {
    return { code: await call(argv, defaults), ...printed };
  } finally {
    Object.assign(console, { log, error });
  }
}

const DEFAULTS = { publicUrl: PUBLIC_URL, authToken: AUTH_TOKEN, accountSid: ACCOUNT_SID };

Deno.test("call prints help, and refuses wrong usage with 2", async () => {
  const help = await run(["--help"]);
  assert.equal(help.code, 0);
  assert.match(help.out, /--script FILE/);
  assert.match(help.out, /expect clear within MS/);
  const wrong = [["--unknown"], [], ["--token", "t", "--calls", "0"], ["--token", "t", "--to", "nowhere"]];
  wrong.push(["--token", "t", "--wav", "/none.wav"], ["--token", "t", "--script", "/none.txt"]);
  for (const argv of wrong) {
    const { code, err } = await run(argv);
    assert.equal(code, 2, argv.join(" "));
    assert.notEqual(err, "");
  }
});

Deno.test("call places calls, writes what was heard and reports as JSON", async () => {
  await using server = new EchoServer();
  server.twiml["/memory"] = Response.json({ rss: 50_000_000, activeCalls: 2 });
  const out = await Deno.makeTempDir();
  try {
    const argv = [
      "--to",
      server.url,
      "--calls",
      "3",
      "--seconds",
      "1",
      "--ramp",
      "10",
      "--out",
      out,
      "--json",
    ];
    const { code, out: text } = await run(argv, DEFAULTS);
    assert.equal(code, 0);
    const { calls, memory } = JSON.parse(text);
    assert.equal(calls.length, 3);
    for (const report of calls) {
      assert.equal(report.outcome, "connected");
      assert.ok(report.heardMs > 500 && report.heardMs <= 1000, `${report.heardMs}`);
      assert.deepEqual(report.faults, []);
    }
    assert.equal(memory.during.rss, 50_000_000);
    const files = [...Deno.readDirSync(out)].map(({ name }) => name).sort();
    assert.deepEqual(files, ["call-1.wav", "call-2.wav", "call-3.wav"]);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
});

Deno.test("call exits with 1 when calls are refused, and says what the caller heard", async () => {
  await using server = new EchoServer();
  server.twiml["/voice"] = "<Response><Say>We are closed</Say></Response>";
  const { code, out } = await run(["--to", server.url, "--seconds", "1"], DEFAULTS);
  assert.equal(code, 1);
  assert.match(out, /refused: "We are closed"/);
  assert.match(out, /not reachable \(HTTP 404\)/);
});
