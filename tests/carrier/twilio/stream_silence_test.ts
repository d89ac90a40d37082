import assert from "node:assert/strict";
import { STALL_FILL_MS } from "../../../src/carrier/twilio/inbound_track.ts";
import { ASK_AFTER_MS, LOST_AFTER_MS, StreamSilence } from "../../../src/carrier/twilio/stream_silence.ts";

Deno.test("StreamSilence asks once after 15 s without a message and gives up after 25, counted from the last one", () => {
  const silence = new StreamSilence();
  const looks = LOST_AFTER_MS / STALL_FILL_MS;
  for (const messages of [0, 7]) {
    if (messages > 0) assert.equal(silence.look(messages), undefined);
    const found = Array.from({ length: looks }, () => silence.look(messages));
    const expected = found.map((_, index) => {
      const quietMs = (index + 1) * STALL_FILL_MS;
      return quietMs === ASK_AFTER_MS ? "ask" : quietMs === LOST_AFTER_MS ? "lost" : undefined;
    });
    assert.deepEqual(found, expected);
  }
});
