import assert from "node:assert/strict";
import {
  CallerSpeech,
  CallRegistry,
  echoAgent,
  EmulatedRealtimeApi,
  EmulatedTwilioApi,
  encodeWav,
  hasTone,
  type Line,
  readLineWav,
  SimulatedCaller,
  SimulatedOutboundCall,
  SystemClock,
} from "../../src/lab/mod.ts";

// Only what the door of the laboratory gives is used here, against a server of the test's own.

const ACCOUNT_SID = `AC${"0".repeat(32)}`;
const AUTH_TOKEN = "any";

/** Answers each call with a stream, and sends back every frame that comes in it. */
class EchoingServer implements AsyncDisposable {
  readonly keys: string[] = [];
  readonly line: Line;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(clock: SystemClock) {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      if (request.headers.get("upgrade") === "websocket") return this.#stream(request);
      const twiml = `<Response><Connect><Stream url="wss://voice.example.com/stream"/></Connect></Response>`;
      return new Response(twiml, { headers: { "content-type": "text/xml" } });
    });
    this.line = {
      clock,
      server: `http://127.0.0.1:${this.#server.addr.port}`,
      publicUrl: "https://voice.example.com",
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
    };
  }

  #stream(request: Request): Response {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => {
      const { event, streamSid, media, dtmf } = JSON.parse(data);
      if (event === "dtmf") this.keys.push(dtmf.digit);
      if (event === "media") {
        socket.send(JSON.stringify({ event, streamSid, media: { payload: media.payload } }));
      }
    };
    return response;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

Deno.test("A simulated caller speaks a file, presses keys, and hears what the server sends", async () => {
  const clock = new SystemClock();
  await using server = new EchoingServer(clock);
  const file = await Deno.makeTempFile({ suffix: ".wav" });
  const sine = Int16Array.from(
    { length: 16_000 },
    (_, i) => 8_000 * Math.sin(2 * Math.PI * 440 * i / 16_000),
  );
  await Deno.writeFile(file, encodeWav(sine, 16_000));
  const caller = new SimulatedCaller({ line: server.line });
  const over = caller.place();
  assert.ok(await caller.until(() => caller.isConnected, 5_000));
  caller.speech.say(CallerSpeech.fromSamples(await readLineWav(file)));
  caller.press("1#");
  assert.ok(await caller.until(() => hasTone(caller.player.heard(clock.now()), 440), 5_000));
  caller.hangUp();
  const report = await over;
  await Deno.remove(file);
  assert.equal(report.outcome, "connected");
  assert.equal(report.endedBy, "caller");
  assert.deepEqual(report.problems, []);
  assert.ok(report.heardMs > 200 && report.sentMs >= report.heardMs);
  assert.deepEqual(server.keys, ["1", "#"]);
});

Deno.test("A call that is placed through the emulated Twilio API rings, is answered, and ends", async () => {
  const clock = new SystemClock();
  await using server = new EchoingServer(clock);
  const registry = new CallRegistry();
  let called: SimulatedOutboundCall | undefined;
  await using api = new EmulatedTwilioApi({
    clock,
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    registry,
    onCreate: (request) => called = new SimulatedOutboundCall(request, { line: server.line }),
  });
  const calls = `${api.url}/2010-04-01/Accounts/${ACCOUNT_SID}/Calls`;
  const headers = { authorization: `Basic ${btoa(`${ACCOUNT_SID}:${AUTH_TOKEN}`)}` };
  api.failNext({ status: 500 });
  const post = (url: string, fields: Record<string, string>) =>
    fetch(url, { method: "POST", headers, body: new URLSearchParams(fields) });
  const fields = { To: "+15550100002", From: "+15550100003", Url: "https://voice.example.com/voice" };
  const failed = await post(`${calls}.json`, fields);
  assert.equal(failed.status, 500);
  await failed.body?.cancel();
  const { sid } = await (await post(`${calls}.json`, fields)).json();
  assert.equal(sid, called?.callSid);
  while (!called?.caller?.isConnected) await new Promise((resolve) => setTimeout(resolve, 10));
  const ended = await post(`${calls}/${sid}.json`, { Status: "completed" });
  await ended.body?.cancel();
  await called.ended;
  assert.equal(called.status, "completed");
  assert.equal(called.caller.report().endedBy, "server");
  assert.deepEqual(api.requests.map(({ status }) => status), [500, 201, 200]);
});

Deno.test("The emulated Realtime API opens sessions, and fails as its script says", async () => {
  await using api = new EmulatedRealtimeApi({
    agent: echoAgent(),
    script: [{ sessions: 2, failure: "refuse_upgrade", status: 503 }],
  });
  const open = () =>
    new Promise<WebSocket | undefined>((resolve) => {
      const socket = new WebSocket(`${api.url}?model=gpt-realtime`, [
        "realtime",
        "openai-insecure-api-key.any",
      ]);
      socket.onopen = () => resolve(socket);
      socket.onerror = () => resolve(undefined);
    });
  const socket = await open();
  assert.ok(socket);
  const session = await api.session(1);
  socket.send(JSON.stringify({ type: "session.update", session: { type: "realtime", instructions: "Hi." } }));
  assert.ok(await session.received("session.update"));
  assert.equal(session.config.instructions, "Hi.");
  assert.equal(await open(), undefined);
  socket.close();
  await session.ended;
  const { attempts, refused, sessionsOpened } = api.stats();
  assert.deepEqual({ attempts, refused, sessionsOpened }, { attempts: 2, refused: 1, sessionsOpened: 1 });
});
