import assert from "node:assert/strict";
import { scriptedAgent } from "../../src/lab/openai/agents/scripted_agent.ts";
import type { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { WebSocketClient } from "../../src/lab/twilio/web_socket_client.ts";
import { Webhooks } from "../../src/lab/twilio/webhooks.ts";
import { MAX_GAP_FILL_MS } from "../../src/carrier/twilio/inbound_track.ts";
import { BridgeRig } from "../support/bridge_rig.ts";
import { resampledBytes } from "../support/resampled.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { FRAME, mediaText, startText } from "../support/stream_messages.ts";
import { streamOf, voiceTwiml } from "../support/stream_of_call.ts";
import { eventually } from "../support/eventually.ts";

const test = sideBySide("malformed input, end to end");

const OTHER_STREAM = `MZ${"0".repeat(32)}`;
/** What the model says takes so long to come that the malformed message arrives in the middle of it. */
const ANSWER = { agent: scriptedAgent([{ say: { toneMs: 2_000 } }]), speed: 2 };

/** A call while it is answered, and another beside it. */
interface Neighbours {
  rig: BridgeRig;
  bad: SimulatedCaller;
}

/**
 * Lets something malformed happen while two callers are answered. The one that has nothing to do with it hears all that its
 * model says, to the byte, and the process takes calls afterwards.
 */
async function besideAGoodCall(
  happen: (neighbours: Neighbours) => Promise<void> | void,
  expected: "goes on" | "ends",
): Promise<Neighbours> {
  await using rig = await BridgeRig.start({ emulator: ANSWER });
  const good = rig.caller();
  const goodReport = good.place();
  const { record } = await rig.emulator.session(1);
  const bad = rig.caller();
  const badReport = bad.place();
  const badSession = await rig.emulator.session(2);
  for (const { player } of [good, bad]) await eventually("audio comes", () => player.receivedBytes > 0);
  await happen({ rig, bad });
  if (expected === "ends") await eventually("its stream ended", () => bad.isOver);
  else {
    await eventually("its own answer is heard", () => {
      const made = badSession.record;
      return made.responses[0].status === "completed" &&
        bad.player.playedBytes(rig.clock.now()) === resampledBytes(made);
    });
  }
  await eventually("the good call's answer is made", () => record.responses[0].status === "completed");
  await eventually(
    "and heard",
    () => good.player.playedBytes(rig.clock.now()) === resampledBytes(record),
  );
  assert.deepEqual(good.player.clears, []);
  for (const caller of [good, bad]) caller.hangUp();
  assert.deepEqual((await goodReport).problems, []);
  await badReport;
  await eventually("both calls ended", () => rig.summaries.length === 2);
  const next = rig.caller();
  const nextReport = next.place();
  await eventually("the next call is answered", () => next.player.receivedBytes > 0);
  next.hangUp();
  await nextReport;
  return { rig, bad };
}

/** Codes of what the server found wrong with streams. */
function violations({ log }: BridgeRig): unknown[] {
  return log.events.filter(({ event }) => event === "stream_violation").map(({ attributes }) =>
    attributes.code
  );
}

/** Messages that a stream ignores. `leg` is the stream that they come over. */
const IGNORED: Record<string, { message: (streamSid: string) => string; code?: string }> = {
  "text that is no JSON": { message: () => "{not json", code: "malformed_message" },
  "JSON that is no object": { message: () => "[1,2]", code: "malformed_message" },
  "an unknown event": { message: () => `{"event":"weather"}` },
  "base64 with rubbish": { message: (sid) => mediaText(60_000, "//8*:-)=", sid), code: "bad_payload" },
  "media of another stream": { message: () => mediaText(0, FRAME, OTHER_STREAM), code: "wrong_stream_sid" },
  "a second start": { message: () => startText(), code: "second_start" },
};

for (const [what, { message, code }] of Object.entries(IGNORED)) {
  test(`${what} is ignored, and both calls go on`, async () => {
    const { rig } = await besideAGoodCall(
      ({ bad }) => bad.leg?.sendRaw(message(bad.leg.streamSid)),
      "goes on",
    );
    assert.deepEqual(violations(rig), code === undefined ? [] : [code]);
    const counts = rig.ended.map((attributes) => "malformedMessages" in attributes);
    assert.equal(counts.filter((isTold) => isTold).length, code === undefined ? 0 : 1);
  });
}

test("a gap of ten minutes in the timestamps is filled with seconds, and both calls go on", async () => {
  const later = 10 * 60_000;
  const { rig, bad } = await besideAGoodCall(
    ({ bad }) => bad.leg?.sendRaw(mediaText(later, FRAME, bad.leg.streamSid)),
    "goes on",
  );
  const summary = rig.summaries.find(({ info }) => info.callSid === bad.callSid);
  assert.equal(summary?.uplinkMissingMs, MAX_GAP_FILL_MS);
  assert.deepEqual(violations(rig), []);
  assert.equal(rig.emulator.stats().sessionsOpened, 3, "no session was lost over it");
});

/** Messages that end the stream that they come over. */
const FATAL: Record<string, { message: string | Uint8Array; code: string }> = {
  "a binary frame": { message: new Uint8Array(160), code: "binary_message" },
  "a message of 1 MB": {
    message: `{"event":"media","x":"${"a".repeat(1 << 20)}"}`,
    code: "message_too_long",
  },
};

for (const [what, { message, code }] of Object.entries(FATAL)) {
  test(`${what} ends its own call, and no other`, async () => {
    const { rig, bad } = await besideAGoodCall(({ bad }) => bad.leg?.sendRaw(message), "ends");
    assert.deepEqual(violations(rig), [code]);
    assert.equal(rig.summaries.find(({ info }) => info.callSid === bad.callSid)?.reason, "stream_lost");
  });
}

test("media before start closes its stream with 1008, and touches no call", async () => {
  const closed = Promise.withResolvers<number>();
  const { rig } = await besideAGoodCall(async ({ rig }) => {
    const stream = await streamOf(rig, rig.caller());
    const { url, headers } = await new Webhooks(rig.line).streamRequest(stream, stream);
    const socket = await WebSocketClient.connect(url, { headers });
    socket.listen({ onText: () => {}, onBinary: () => {}, onClose: ({ code }) => closed.resolve(code) });
    socket.send(mediaText(0));
    assert.equal(await closed.promise, 1008);
  }, "goes on");
  assert.deepEqual(violations(rig), ["before_start"]);
});

Deno.test("an upgrade is refused without Twilio's signature, without a token, with a made-up one, and with a used one", async () => {
  await using rig = await BridgeRig.start();
  const webhooks = new Webhooks(rig.line);
  const open = async (stream: string) => {
    const { url, headers } = await webhooks.streamRequest(stream, stream);
    return await WebSocketClient.connect(url, { headers });
  };
  const stream = await streamOf(rig, rig.caller());
  const { url } = await webhooks.streamRequest(stream, stream);
  await assert.rejects(WebSocketClient.connect(url), { status: 403 });
  await assert.rejects(open("wss://bridge.test/media/stream"), { status: 404 });
  await assert.rejects(open(`wss://bridge.test/media/stream/${"A".repeat(300)}`), { status: 403 });
  const socket = await open(`${stream}/`); // Twilio may add a slash
  await assert.rejects(open(stream), { status: 403 });
  await assert.rejects(open(`${stream}/`), { status: 403 });
  socket.listen({ onText: () => {}, onBinary: () => {}, onClose: () => {} });
  socket.send(startText());
  const reasons = () =>
    rig.log.events.filter(({ event }) => event === "stream_refused").map(({ attributes }) =>
      attributes.reason
    );
  await eventually("a start of another call ends it", () => reasons().length === 5);
  socket.close(1000);
  assert.equal(rig.app.calls.total, 0);
  assert.deepEqual(reasons(), [
    "unsigned",
    "token_forged",
    "token_used",
    "token_used",
    "token_of_another_call",
  ]);
});

/** A call's token opens that call's stream only: whoever learns of one must not be able to listen in under another CallSid. */
Deno.test("a token that was issued for another call is refused with 1008, and counted", async () => {
  await using rig = await BridgeRig.start();
  const twiml = await voiceTwiml(rig.line, rig.caller());
  const second = rig.caller({ answer: { twiml } });
  const { streams } = await second.place();
  assert.deepEqual(streams.map(({ by, code }) => ({ by, code })), [{ by: "server", code: 1008 }]);
  assert.equal(rig.app.calls.total, 0);
  const refusals = rig.log.events.filter(({ event }) => event === "stream_refused");
  assert.deepEqual(refusals.map(({ attributes }) => attributes), [
    { call: second.callSid, reason: "token_of_another_call" },
  ]);
  const metrics = await (await rig.get("/metrics")).text();
  assert.match(metrics, /^slimline_streams_refused_total\{reason="token_of_another_call"\} 1$/m);
});
