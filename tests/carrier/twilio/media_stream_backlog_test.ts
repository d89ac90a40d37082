import assert from "node:assert/strict";
import { STREAM_CUT_BYTES, STREAM_FLOOD } from "../../../src/carrier/twilio/media_stream.ts";
import { settle } from "../../support/microtasks.ts";
import { markText } from "../../support/stream_messages.ts";
import { NOTHING, StreamRig } from "../../support/stream_rig.ts";

Deno.test("MediaStream sends nothing more to a peer that reads nothing, and closes, but not while it is asked to send", async () => {
  const rig = await StreamRig.live();
  rig.socket.bufferedAmount = STREAM_CUT_BYTES;
  rig.stream.sendMedia("AAAA");
  assert.equal(rig.socket.sent.length, 1);
  rig.socket.bufferedAmount++;
  rig.stream.sendMedia("AAAA");
  rig.stream.sendMark("g0:8");
  assert.deepEqual([rig.socket.sent.length, rig.stream.isEnded], [1, false]);
  await settle();
  assert.deepEqual(rig.handler.told, ["end local"]);
  assert.deepEqual(rig.violations, ["backlog_too_long"]);
  assert.deepEqual(rig.socket.closes, [[1013, "nothing is read"]]);
  assert.deepEqual(rig.holds, NOTHING);
});

Deno.test("MediaStream counts no backlog once it is over: what is stuck in the socket is the system's", async () => {
  const rig = await StreamRig.live();
  rig.socket.bufferedAmount = 1000;
  assert.equal(rig.stream.backlogBytes, 1000);
  rig.stream.close();
  assert.equal(rig.stream.backlogBytes, 0);
});

Deno.test("MediaStream closes a stream that sends far more than Twilio does", async () => {
  const rig = await StreamRig.live();
  const before = rig.stream.stats.messages;
  for (let i = before; i < STREAM_FLOOD.maxMessages - 1; i++) rig.socket.deliver(markText("g0:8"));
  assert.equal(rig.stream.isEnded, false);
  rig.socket.deliver(markText("g0:8"));
  assert.deepEqual([rig.stream.isEnded, rig.violations], [true, ["flood"]]);
  assert.deepEqual(rig.socket.closes, [[1008, "too many messages"]]);
});

Deno.test("MediaStream takes half a minute of audio that comes at once after an outage", async () => {
  const rig = await StreamRig.live();
  for (let second = 0; second < 10; second++) {
    rig.clock.advance(1000);
    for (let i = 0; i < 50; i++) rig.socket.deliver(markText("g0:8"));
  }
  rig.clock.advance(20_000);
  for (let i = 0; i < 30 * 50; i++) rig.socket.deliver(markText("g0:8"));
  assert.deepEqual([rig.stream.isEnded, rig.violations], [false, []]);
});
