import assert from "node:assert/strict";
import { probeUpgrade } from "../../../src/app/upgrade_probe.ts";
import { AuthTokens } from "../../../src/carrier/twilio/auth_tokens.ts";
import { TwilioSigner } from "../../../src/carrier/twilio/signature.ts";
import { MAX_CHECKS, streamCheck } from "../../../src/carrier/twilio/stream_check.ts";
import { eventually } from "../../support/eventually.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { RecordingLog } from "../../support/recording_log.ts";

const TOKEN = "a test's auth token";
const PUBLIC_URL = "https://voice.example.com";
/** What Twilio would sign. */
const SIGNED = "wss://voice.example.com/media/check";

/** A server that answers checks, and those who make them. */
class CheckRig implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly log = new RecordingLog();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    const { clock, log } = this;
    const authTokens = new AuthTokens(TOKEN);
    const check = streamCheck({ publicUrl: PUBLIC_URL, twilioAccountSid: undefined, authTokens, clock, log });
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => check(request, "127.0.0.1"),
    );
  }

  get url(): URL {
    return new URL(`ws://127.0.0.1:${this.#server.addr.port}/media/check`);
  }

  async signed(token = TOKEN, url = SIGNED): Promise<Record<string, string>> {
    return { "x-twilio-signature": await new TwilioSigner(token).sign(url) };
  }

  async probe(headers: Record<string, string>, holdMs = 0) {
    return await probeUpgrade(this.url, { headers, holdMs });
  }

  async [Symbol.asyncDispose]() {
    await this.#server.shutdown();
  }
}

Deno.test("A check that is signed as Twilio signs streams is upgraded, and gets its first message back", async () => {
  await using rig = new CheckRig();
  assert.deepEqual(await rig.probe(await rig.signed(), 200), { is: "held" });
});

Deno.test("A check by anybody else is refused", async () => {
  await using rig = new CheckRig();
  for (
    const headers of [
      {},
      await rig.signed("another token"),
      await rig.signed(TOKEN, "wss://voice.example.com/media/stream"),
      { "x-twilio-signature": "nonsense" },
    ]
  ) {
    const outcome = await rig.probe(headers);
    assert.deepEqual(outcome, { is: "refused", status: 403, text: "The signature does not fit.\n" });
  }
  assert.equal(rig.log.events.filter(({ event }) => event === "stream_check_refused").length, 4);
});

Deno.test("A check without an upgrade is answered 426", async () => {
  await using rig = new CheckRig();
  const answer = await fetch(rig.url.href.replace("ws:", "http:"), { headers: await rig.signed() });
  await answer.body?.cancel();
  assert.equal(answer.status, 426);
});

Deno.test("Without a token nobody's check is verified", async () => {
  const check = streamCheck({
    publicUrl: PUBLIC_URL,
    twilioAccountSid: undefined,
    authTokens: undefined,
    clock: new ManualClock(),
    log: new RecordingLog(),
  });
  const unsigned = new Request("http://127.0.0.1/media/check", { headers: { upgrade: "websocket" } });
  // It comes as far as the upgrade, which a request of no server's cannot have.
  assert.equal((await check(unsigned, "127.0.0.1")).status, 400);
});

Deno.test("Only some checks are open at once; each ends by itself, and makes room", async () => {
  await using rig = new CheckRig();
  const headers = await rig.signed();
  const sockets = Array.from({ length: MAX_CHECKS }, () => new WebSocket(rig.url, { headers }));
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.onopen = resolve)));
  const outcome = await rig.probe(headers);
  assert.deepEqual(outcome, { is: "refused", status: 503, text: "There are 4 checks already.\n" });
  const closed = sockets.map((socket) => new Promise<CloseEvent>((resolve) => socket.onclose = resolve));
  rig.clock.advance(120_000);
  for (const { code } of await Promise.all(closed)) assert.equal(code, 1000);
  await eventually("there is room", async () => (await rig.probe(headers)).is === "held");
});

Deno.test("Whoever is checked says nothing after the first message, and sends only a short text back", async () => {
  for (
    const [first, isBack] of [
      ["one", true],
      ["x".repeat(100), true],
      ["x".repeat(101), false],
      [new Uint8Array(3), false],
    ] as const
  ) {
    await using rig = new CheckRig();
    const answers: unknown[] = [];
    const socket = new WebSocket(rig.url, { headers: await rig.signed() });
    await new Promise((resolve) => socket.onopen = resolve);
    socket.onmessage = ({ data }) => answers.push(data);
    socket.send(first);
    if (isBack) await eventually("it is back", () => answers.length === 1);
    socket.send("two");
    socket.send("three");
    // What was sent before it is there before it: the closing comes after all answers.
    socket.close();
    await new Promise((resolve) => socket.onclose = resolve);
    assert.deepEqual(answers, isBack ? [first] : []);
    await eventually("nothing is left of it", () => rig.clock.pending === 0);
  }
});
