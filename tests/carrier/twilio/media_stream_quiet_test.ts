import assert from "node:assert/strict";
import { STALL_AFTER_MS, STALL_FILL_MS } from "../../../src/carrier/twilio/inbound_track.ts";
import { ASK_AFTER_MS, LOST_AFTER_MS } from "../../../src/carrier/twilio/stream_silence.ts";
import { mediaText } from "../../support/stream_messages.ts";
import { StreamRig } from "../../support/stream_rig.ts";

const SLACK_MS = STALL_AFTER_MS + 2 * STALL_FILL_MS;
const sent = (rig: StreamRig) => rig.socket.sent.map((text) => JSON.parse(text).event);

Deno.test("MediaStream asks a quiet peer for a sign of life, and takes silence for a lost line", async () => {
  const rig = await StreamRig.live();
  rig.socket.deliver(mediaText(0));
  rig.clock.advance(ASK_AFTER_MS + SLACK_MS);
  assert.deepEqual(sent(rig), ["mark"]);
  assert.equal(rig.stream.isEnded, false);
  rig.clock.advance(LOST_AFTER_MS - ASK_AFTER_MS + STALL_FILL_MS);
  assert.equal(rig.stream.isEnded, true);
  assert.equal(rig.handler.told.at(-1), "end closed");
  assert.deepEqual(rig.lastViolation?.code, "stream_silent");
  assert.equal(rig.lastViolation.detail, `no message for ${LOST_AFTER_MS} ms`);
  assert.deepEqual(rig.socket.closes, [[1001, "silent"]]);
  assert.equal(rig.clock.pending, 0);
});

Deno.test("MediaStream keeps a stream whose inbound track is dead and whose peer answers", async () => {
  const rig = await StreamRig.live();
  rig.socket.deliver(mediaText(0));
  for (let round = 0; round < 5; round++) {
    rig.clock.advance(ASK_AFTER_MS + SLACK_MS);
    const mark = JSON.parse(rig.socket.sent.at(-1)!);
    rig.socket.deliver(JSON.stringify({ ...mark, sequenceNumber: "9" }));
  }
  assert.equal(rig.stream.isEnded, false);
  assert.deepEqual(sent(rig), ["mark", "mark", "mark", "mark", "mark"]);
});
