import assert from "node:assert/strict";
import { MAX_LINGERING_SOCKETS } from "../../src/admission/gates.ts";
import { listen } from "../../src/http/listen.ts";
import { noteUpgrade } from "../../src/http/upgraded_sockets.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { closeConnection, readHead, writeHead } from "../../src/lab/web_socket/head.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { eventually } from "../support/eventually.ts";
import { ServeProcess } from "../support/serve_process.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { StuckModel } from "./stuck_model.ts";

const AUTH_TOKEN = "a test's auth token";
const ACCOUNT_SID = `AC${"1".repeat(32)}`;
const PUBLIC_URL = "https://voice.example.com";
const ADMIN_TOKEN = "a token for tests that is long enough";
const CALLS = 24;

/** A WebSocket to a port of this machine whose peer gets no answer to anything, not even to its close frame. */
async function stuckClient(port: number): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await writeHead(connection, [
    "GET / HTTP/1.1",
    "host: 127.0.0.1",
    "upgrade: websocket",
    "connection: upgrade",
    "sec-websocket-version: 13",
    "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==",
  ]);
  await readHead(connection);
  return connection;
}

Deno.test("A WebSocket whose peer does not let it close is counted after five seconds, and gone when the listener is renewed", async () => {
  const sockets: WebSocket[] = [];
  const listener = listen(
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      sockets.push(socket);
      noteUpgrade(response, socket);
      return response;
    },
    "127.0.0.1",
    0,
  );
  const [first, second] = [await stuckClient(listener.port), await stuckClient(listener.port)];
  await eventually(
    "both are open",
    () => sockets.every(({ readyState }) => readyState === WebSocket.OPEN),
    5_000,
  );
  sockets[0].close(1000);
  assert.equal(listener.lingering, 0);
  await eventually("it lingers", () => listener.lingering === 1, 8_000);
  assert.equal(listener.renew(), false, "the other one is in use");
  sockets[1].close(1000);
  await eventually("both linger", () => listener.lingering === 2, 8_000);
  assert.equal(listener.renew(), true);
  for (const connection of [first, second]) {
    const buffer = new Uint8Array(1024);
    try {
      while (await connection.read(buffer) !== null);
    } catch {
      // reset
    }
    closeConnection(connection);
  }
  assert.equal(listener.lingering, 0);
  await eventually("it listens again", async () => {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port: listener.port })).close();
      return true;
    } catch {
      return false;
    }
  }, 1_000);
  await listener.stop();
});

Deno.test("Sessions that OpenAI's side does not let close are counted; too many of them refuse calls, and the idle process is replaced", async () => {
  using temp = new TempFolder();
  const clock = new SystemClock();
  await using model = new StuckModel();
  const { server, port } = await ServeProcess.start({
    folder: temp.path,
    env: {
      PUBLIC_URL,
      OPENAI_API_KEY: "sk-test",
      OPENAI_REALTIME_URL: model.url,
      TWILIO_ACCOUNT_SID: ACCOUNT_SID,
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      ADMIN_TOKEN,
      DATA_DIR: `${temp.path}/data`,
      DRAIN_SECONDS: "0",
    },
  });
  await using _ = server;
  const line = {
    clock,
    server: `http://127.0.0.1:${port}`,
    publicUrl: PUBLIC_URL,
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
  };
  const callers = Array.from(
    { length: CALLS },
    () => new SimulatedCaller({ line, speech: CallerSpeech.silence(60_000) }),
  );
  const placed = callers.map((caller) => caller.place());
  await eventually("there are enough sockets", () => model.count > MAX_LINGERING_SOCKETS, 30_000);
  const get = async (path: string) => {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    return await (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).text();
  };
  await eventually("calls are refused", async () => (await get("/readyz")).includes('"descriptors"'), 15_000);
  const counted = /slimline_sockets_lingering\{peer="openai"\} (\d+)/.exec(await get("/metrics"))?.[1];
  assert.ok(Number(counted) >= MAX_LINGERING_SOCKETS, `${counted} are counted`);
  for (const caller of callers) caller.hangUp();
  await Promise.all(placed);
  assert.equal(await server.ended(), 1);
  assert.match(server.log, /"event":"listener_lost","message":"\d+ sockets do not close"/);
});
