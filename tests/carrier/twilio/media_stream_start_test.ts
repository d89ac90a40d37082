import assert from "node:assert/strict";
import { MAX_HELD_MESSAGES, START_TIMEOUT_MS } from "../../../src/carrier/twilio/media_stream.ts";
import {
  CALL_SID,
  CONNECTED,
  dtmfText,
  FRAME,
  FRAME_MS,
  markText,
  mediaText,
  startText,
  stopText,
  STREAM_SID,
} from "../../support/stream_messages.ts";
import { NOTHING, StreamRig } from "../../support/stream_rig.ts";

Deno.test("MediaStream asks on start whether the call may live, and then hands on what comes", async () => {
  const rig = new StreamRig();
  rig.socket.deliver(CONNECTED);
  rig.socket.deliver(startText());
  assert.equal(rig.start?.callSid, CALL_SID);
  assert.equal(rig.start?.callSid, CALL_SID);
  await rig.decide(rig.handler);
  rig.socket.deliver(mediaText(0));
  rig.socket.deliver(dtmfText("5"));
  rig.socket.deliver(markText("g0:3200"));
  assert.deepEqual(rig.handler.told, [`audio ${FRAME}`, "dtmf 5", "mark g0:3200"]);
  assert.deepEqual(rig.violations, []);
});

Deno.test("MediaStream hands on media whose keys come in another order", async () => {
  const rig = await StreamRig.live();
  rig.socket.deliver({
    streamSid: STREAM_SID,
    media: { payload: "AAAA", timestamp: "0", chunk: "1", track: "inbound" },
    event: "media",
  });
  assert.deepEqual(rig.handler.told, ["audio AAAA"]);
});

// https://github.com/team-telnyx/telnyx-code-examples/pull/104
Deno.test("MediaStream does not take the agent's own voice, of a stream that has both tracks, for the caller's", async () => {
  const rig = await StreamRig.live();
  for (const track of ["outbound", "inbound"]) {
    const media = { track, chunk: "1", timestamp: "20", payload: track === "inbound" ? "AAAA" : "////" };
    rig.socket.deliver({ event: "media", sequenceNumber: "5", media, streamSid: STREAM_SID });
  }
  assert.deepEqual(rig.handler.told, ["audio AAAA"]);
  assert.deepEqual(rig.violations, []);
});

Deno.test("MediaStream closes with 1008 when start does not come in time", () => {
  const rig = new StreamRig();
  rig.socket.deliver(CONNECTED);
  rig.clock.advance(START_TIMEOUT_MS - 1);
  assert.deepEqual(rig.socket.closes, []);
  rig.clock.advance(1);
  assert.deepEqual(rig.socket.closes, [[1008, "no start"]]);
  assert.deepEqual(rig.violations, ["start_timeout"]);
  assert.deepEqual(rig.holds, NOTHING);
});

for (const [name, text] of [["media", mediaText(0)], ["a mark", markText("g0:0")], ["stop", stopText()]]) {
  Deno.test(`MediaStream closes with 1008 when ${name} comes before start`, () => {
    const rig = new StreamRig();
    rig.socket.deliver(text);
    assert.deepEqual(rig.socket.closes, [[1008, "start first"]]);
    assert.deepEqual(rig.violations, ["before_start"]);
    assert.deepEqual(rig.holds, NOTHING);
  });
}

Deno.test("MediaStream closes with 1008 when the stream is refused, and tells nobody", async () => {
  const rig = new StreamRig();
  rig.socket.deliver(startText());
  await rig.decide(undefined);
  assert.deepEqual(rig.socket.closes, [[1008, "stream refused"]]);
  assert.deepEqual(rig.handler.told, []);
  assert.deepEqual(rig.holds, NOTHING);
});

Deno.test("MediaStream closes with 1011 when the decision fails", async () => {
  const failure = new Error("no engine");
  const rig = new StreamRig();
  rig.socket.deliver(startText());
  await rig.failToDecide(failure);
  assert.deepEqual(rig.socket.closes, [[1011, "could not accept the stream"]]);
  assert.deepEqual(rig.errors, [failure]);
  assert.deepEqual(rig.holds, NOTHING);
});

Deno.test("MediaStream closes with 1011 when the acceptor throws at once", () => {
  const failure = new Error("no engine");
  const rig = new StreamRig(undefined, () => {
    throw failure;
  });
  rig.socket.deliver(startText());
  assert.deepEqual(rig.socket.closes, [[1011, "internal error"]]);
  assert.equal((rig.errors[0] as Error).cause, failure);
  assert.deepEqual(rig.holds, NOTHING);
});

Deno.test("MediaStream keeps what comes while the decision is open, and hands it on in order", async () => {
  const rig = new StreamRig();
  rig.socket.deliver(startText());
  rig.socket.deliver(mediaText(0, "AAAA"));
  rig.socket.deliver(dtmfText("1"));
  rig.socket.deliver(mediaText(1, "BBBB"));
  assert.deepEqual(rig.handler.told, []);
  await rig.decide(rig.handler);
  rig.socket.deliver(mediaText(2, "CCCC"));
  assert.deepEqual(rig.handler.told, ["audio AAAA", "dtmf 1", "audio BBBB", "audio CCCC"]);
  assert.equal(rig.stream.stats.messages, 5, "each message is counted once");
});

Deno.test("MediaStream keeps no more than a bounded number while the decision is open", async () => {
  const rig = new StreamRig();
  rig.socket.deliver(startText());
  for (let i = 0; i < MAX_HELD_MESSAGES; i++) rig.socket.deliver(mediaText(i * FRAME_MS));
  assert.deepEqual(rig.socket.closes, []);
  rig.socket.deliver(mediaText(MAX_HELD_MESSAGES * FRAME_MS));
  assert.deepEqual(rig.socket.closes, [[1008, "too many messages"]]);
  assert.deepEqual(rig.violations, ["too_many_held"]);
  await rig.decide(rig.handler);
  assert.deepEqual(
    rig.handler.told,
    ["end closed"],
    "the call learns that its stream is gone, and nothing else",
  );
  assert.deepEqual(rig.holds, NOTHING);
});

Deno.test("MediaStream ignores a second start and counts it, before and after the decision", async () => {
  const rig = new StreamRig();
  rig.socket.deliver(startText(`CA${"1".repeat(32)}`));
  rig.socket.deliver(startText(`CA${"2".repeat(32)}`));
  await rig.decide(rig.handler);
  rig.socket.deliver(startText(`CA${"3".repeat(32)}`));
  rig.socket.deliver(mediaText(0, "AAAA"));
  assert.equal(rig.start?.callSid, `CA${"1".repeat(32)}`);
  assert.deepEqual(rig.violations, ["second_start", "second_start"]);
  assert.equal(rig.stream.stats.malformed, 2);
  assert.deepEqual(rig.handler.told, ["audio AAAA"]);
});
