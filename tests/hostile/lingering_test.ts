import assert from "node:assert/strict";
import { MAX_LINGERING_SOCKETS } from "../../src/admission/gates.ts";
import { listen } from "../../src/http/listen.ts";
import { TwilioSigner } from "../../src/carrier/twilio/signature.ts";
import { noteUpgrade } from "../../src/http/upgraded_sockets.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { closeConnection, readHead, writeHead } from "../../src/lab/web_socket/head.ts";
import { eventually } from "../support/eventually.ts";
import { frame, openSocket } from "../support/http_attacker.ts";
import { AUTH_TOKEN, ServerRig } from "../support/server_rig.ts";
import { ACCOUNT_SID, startText, stopText } from "../support/stream_messages.ts";
import { StuckModel } from "./stuck_model.ts";

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

/** How many WebSockets linger with a peer, as the metrics show it. */
async function lingering(rig: ServerRig, peer: "openai" | "twilio"): Promise<number> {
  const metrics = await (await rig.ask("/metrics")).text();
  return Number(new RegExp(`slimline_sockets_lingering\\{peer="${peer}"\\} (\\d+)`).exec(metrics)?.[1]);
}

Deno.test("Sessions that OpenAI's side does not let close are counted; too many of them refuse calls, and the idle process is replaced", async () => {
  await using model = new StuckModel();
  await using rig = await ServerRig.start({ env: { OPENAI_REALTIME_URL: model.url } });
  const { server } = rig;
  const callers = Array.from({ length: CALLS }, () => rig.caller({ speech: CallerSpeech.silence(60_000) }));
  const placed = callers.map((caller) => caller.place());
  await eventually("there are enough sockets", () => model.count > MAX_LINGERING_SOCKETS);
  const isShort = async () => (await (await rig.ask("/readyz")).text()).includes('"descriptors"');
  await eventually("calls are refused", isShort, 15_000);
  const counted = await lingering(rig, "openai");
  assert.ok(counted >= MAX_LINGERING_SOCKETS, `${counted} are counted`);
  for (const caller of callers) caller.hangUp();
  await Promise.all(placed);
  assert.equal(await server.ended(), 1);
  assert.match(server.log, /"event":"listener_lost","message":"\d+ sockets do not close"/);
});

Deno.test("A caller's stream that its peer does not let close is counted, and its call is over", async () => {
  await using rig = await ServerRig.start();
  const { publicUrl } = rig.line;
  const callSid = `CA${"7".repeat(32)}`;
  const form = new URLSearchParams({
    CallSid: callSid,
    AccountSid: ACCOUNT_SID,
    From: "+15550100001",
    To: "+15550100000",
  });
  const headers = await rig.signed("/voice", form);
  const twiml = await (await fetch(`${rig.url}/voice`, { method: "POST", headers, body: form })).text();
  const url = new RegExp(`${publicUrl.replace("https", "wss")}[^"]+`).exec(twiml)?.[0] ?? "";
  const signature = await new TwilioSigner(AUTH_TOKEN).sign(url);
  const { conn, status } = await openSocket(rig.port, new URL(url).pathname, [
    `X-Twilio-Signature: ${signature}`,
  ]);
  using _conn = conn;
  assert.equal(status, 101);
  await conn.write(frame(1, startText(callSid)));
  await eventually("the call is on", () => rig.logged("agent_ready").length === 1);
  assert.equal(await lingering(rig, "twilio"), 0);
  await conn.write(frame(1, stopText()));
  await eventually("the call is over", () => rig.logged("call_ended").length === 1);
  await eventually("its socket lingers", async () => await lingering(rig, "twilio") === 1);
});
