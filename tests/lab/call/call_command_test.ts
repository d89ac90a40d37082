import assert from "node:assert/strict";
import { freePort } from "../../support/free_port.ts";
import { call } from "../../../src/lab/call/call_command.ts";
import { parseCallArgs } from "../../../src/lab/call/call_options.ts";
import { captureConsole } from "../../support/capture_console.ts";
import { ACCOUNT_SID, AUTH_TOKEN, EchoServer, PUBLIC_URL } from "../twilio/echo_server.ts";

/** Runs the command and returns its exit code with what it printed. */
function run(argv: string[], defaults = {}) {
  return captureConsole(() => call(argv, defaults));
}

const DEFAULTS = { publicUrl: PUBLIC_URL, authToken: AUTH_TOKEN, accountSid: ACCOUNT_SID };

Deno.test("call prints help, and refuses wrong usage with 2", async () => {
  const help = await run(["--help"]);
  assert.equal(help.code, 0);
  assert.match(help.out, /--script FILE/);
  assert.match(help.out, /expect clear within MS/);
  const wrong = [["--unknown"], ["--path", "voice"], ["--token", "t", "--calls", "0"], [
    "--token",
    "t",
    "--to",
    "nowhere",
  ]];
  wrong.push(["--token", "t", "--wav", "/none.wav"], ["--token", "t", "--script", "/none.txt"]);
  for (const argv of wrong) {
    const { code, err } = await run(argv);
    assert.equal(code, 2, argv.join(" "));
    assert.notEqual(err, "");
  }
});

Deno.test("call needs no token of a server that verifies nobody, and asks for one where it is refused", async () => {
  await using server = new EchoServer();
  server.twiml["/incoming-call"] = "<Response><Say>Hello</Say></Response>";
  const argv = ["--to", server.url, "--path", "/incoming-call", "--seconds", "1", "--expect-refused"];
  const { code, out } = await run([...argv, "--status", "/status", "--forwarded-from", "+15550100009"]);
  assert.equal(code, 1, "the status callback is not there");
  assert.match(out, /11200 .*\/status answered 404 /);
  const [voice, status] = server.hooks.filter(({ path }) => path !== "/memory");
  assert.deepEqual([voice.path, voice.isSigned, status.path], ["/incoming-call", false, "/status"]);
  assert.deepEqual([voice.form.ForwardedFrom, status.form.CallStatus], ["+15550100009", "completed"]);
  server.twiml["/incoming-call"] = new Response(null, { status: 403 });
  assert.match((await run(argv)).out, /answered 403 \(it takes only what is signed for it: --token is/);
});

Deno.test("call signs as Twilio would where TWILIO_AUTH_TOKEN lists several tokens", () => {
  const sub = `AC${"5".repeat(32)}`;
  const defaults = { ...DEFAULTS, authToken: `old,new,${sub}:theirs` };
  const tokenOf = (...argv: string[]) => {
    const options = parseCallArgs(argv, defaults, "");
    return typeof options === "object" && options.authToken;
  };
  assert.deepEqual([tokenOf(), tokenOf("--account", sub)], ["old", "theirs"]);
});

Deno.test("call asks the server on PORT by default, and says where nobody answered and why", async () => {
  const port = freePort();
  const { code, out } = await run(["--seconds", "1"], { ...DEFAULTS, port });
  assert.equal(code, 1);
  const where = `POST http://127.0.0.1:${port}/voice, signed as ${PUBLIC_URL}/voice, failed: `;
  const why = out.split(where)[1] ?? "";
  assert.match(why, /refused/i, out);
  assert.match(out, /memory before +not reachable \(.*refused/i);
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
    const { counts, calls, memory } = JSON.parse(text);
    assert.deepEqual(counts, { connected: 3, refused: 0, failed: 0, cut: 0, good: 3, faulty: 0 });
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
