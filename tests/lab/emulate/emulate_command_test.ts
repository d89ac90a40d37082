import assert from "node:assert/strict";
import { emulate } from "../../../src/lab/emulate/emulate_command.ts";
import { selfSigned } from "../../../src/lab/openai/wire/self_signed.ts";
import { EmulatedRealtimeApi } from "../../../src/lab/openai/emulated_realtime_api.ts";
import { readLines } from "../../../src/util/read_lines.ts";
import { captureConsole } from "../../support/capture_console.ts";

for (
  const [argv, wanted] of [
    [["--port", "70000"], /--port is "70000"/],
    [["--port", "-1"], /--port|'-1'/],
    [["--port", ""], /--port is ""/],
    [
      ["--agent", "parrot"],
      /--agent parrot: it is none of echo, tone, dentist, office, restaurant, and no file/,
    ],
    [["--agent", "tone", "--seconds", "0"], /--seconds is "0"/],
    [["--seconds", "121"], /--seconds is "121"/],
    [["--speed", "fast"], /--speed is "fast"/],
    [["--answer-after", "-1"], /--answer-after|'-1'/],
    [["--delay", "soon"], /--delay is "soon"/],
    [["--key", ""], /--key is ""/],
    [["--tls-cert", "cert.pem"], /--tls-cert and --tls-key go together/],
    [["--tls", "a.pem", "--tls-cert", "b.pem", "--tls-key", "c.pem"], /give one of them/],
    [
      ["--tls-cert", "/none.pem", "--tls-key", "/none.key"],
      /--tls-cert \/none.pem cannot be read: .*\n.*--tls-key/,
    ],
    [["--tls", "/none/ca.pem"], /--tls \/none\/ca.pem cannot be written/],
    [["--nonsense"], /--nonsense/],
  ] as const
) {
  Deno.test(`slimline emulate ${argv.join(" ")} is wrong usage`, async () => {
    const { code, out, err } = await captureConsole(() => emulate([...argv]));
    assert.equal(code, 2);
    assert.equal(out, "");
    assert.match(err, wanted);
  });
}

Deno.test("slimline emulate tells all that is wrong at once", async () => {
  const { err } = await captureConsole(() => emulate(["--port", "x", "--agent", "y", "--speed", "0"]));
  assert.equal(err.split("\n").length, 3);
});

Deno.test("slimline emulate fails when its port is taken", async () => {
  await using other = new EmulatedRealtimeApi();
  const { port } = new URL(other.url);
  const { code, err } = await captureConsole(() => emulate(["--port", port]));
  assert.equal(code, 1);
  assert.match(err, new RegExp(`cannot listen on port ${port}: .`));
});

/** The command as a process of its own, with the lines that it says. */
class Emulating implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<string>;

  constructor(...flags: string[]) {
    const permissions = ["--allow-net=127.0.0.1", "--allow-read=/tmp", "--allow-write=/tmp"];
    this.#child = new Deno.Command("deno", {
      args: ["run", "--quiet", "--no-prompt", ...permissions, "main.ts", "emulate", ...flags],
      stdout: "piped",
      stderr: "inherit",
      stdin: "null",
    }).spawn();
    this.#lines = readLines(this.#child.stdout);
  }

  async line(): Promise<string> {
    return (await this.#lines.next()).value ?? "";
  }

  /** Ends it by a signal. @returns its exit code */
  async end(): Promise<number> {
    this.#child.kill("SIGTERM");
    await this.#lines.return(undefined);
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose]() {
    await this.end();
  }
}

Deno.test("slimline emulate serves until a signal, and tells the URL first", async () => {
  const emulating = new Emulating("--agent", "tone");
  const line = await emulating.line();
  const url = /^OPENAI_REALTIME_URL=(ws:\/\/127\.0\.0\.1:\d+\/v1\/realtime)$/.exec(line)?.[1];
  const conn = url && await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  if (conn) conn.close();
  assert.equal(await emulating.end(), 0);
  assert.ok(conn, line);
});

Deno.test("slimline emulate --log tells what clients send, and the errors that they may not look at", async () => {
  await using emulating = new Emulating("--log", "--key", "sk-right", "--answer-after", "0");
  const url = (await emulating.line()).replace("OPENAI_REALTIME_URL=", "") + "?model=gpt-realtime-2.1";
  const open = (key: string) => new WebSocket(url, { headers: { authorization: `Bearer ${key}` } });
  const closed = (socket: WebSocket) => new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  assert.equal((await closed(open("sk-wrong"))).code, 3000);
  assert.match(await emulating.line(), /^session 1 connection refused: invalid_api_key, /);
  const socket = open("sk-right");
  socket.onopen = () =>
    socket.send(`{"type":"session.update","session":{"type":"realtime","voice":"marin"}}`);
  const lines = [await emulating.line(), await emulating.line(), await emulating.line()];
  socket.close();
  await closed(socket);
  assert.deepEqual(lines, [
    "session 2 opened: gpt-realtime-2.1",
    "session 2 client sent session.update",
    "session 2 error unknown_parameter (session.voice): Unknown parameter: 'session.voice'.",
  ]);
  assert.match(await emulating.line(), /^session 2 ended by the client: /);
});

Deno.test("slimline emulate --tls makes a certificate that clients can trust, and none that they do by themselves", async () => {
  const file = await Deno.makeTempFile({ suffix: ".pem" });
  try {
    await using emulating = new Emulating("--tls", file);
    assert.match(await emulating.line(), /^OPENAI_REALTIME_URL=wss:\/\/127\.0\.0\.1:\d+\/v1\/realtime$/);
    const base = (await emulating.line()).replace("OPENAI_BASE_URL=", "");
    assert.equal(await emulating.line(), `NODE_EXTRA_CA_CERTS=${file}`);
    await assert.rejects(fetch(`${base}/realtime`), (error: Error) => /certificate/i.test(`${error.cause}`));
    using client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(file)] });
    const answer = await fetch(`${base}/realtime`, { client });
    assert.equal(answer.status, 426);
    await answer.body?.cancel();
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("slimline emulate --tls-cert and --tls-key serve a certificate of one's own, and say what is wrong with it", async () => {
  const folder = await Deno.makeTempDir();
  const [cert, key] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  try {
    const made = await selfSigned(Date.now());
    await Deno.writeTextFile(cert, made.cert);
    await Deno.writeTextFile(key, "no key");
    const wrong = await captureConsole(() => emulate(["--tls-cert", cert, "--tls-key", key]));
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /the certificate or its key cannot be used: ./);
    await Deno.writeTextFile(key, made.key);
    await using emulating = new Emulating("--tls-cert", cert, "--tls-key", key);
    await emulating.line();
    const base = (await emulating.line()).replace("OPENAI_BASE_URL=", "");
    using client = Deno.createHttpClient({ caCerts: [made.cert] });
    const answer = await fetch(`${base}/realtime`, { client });
    assert.equal(answer.status, 426);
    await answer.body?.cancel();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
