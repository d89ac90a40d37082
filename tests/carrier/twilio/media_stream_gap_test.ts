import assert from "node:assert/strict";
import {
  MAX_GAP_FILL_MS,
  RESTARTED_AFTER_FRAMES,
  STALL_AFTER_MS,
  STALL_FILL_MS,
} from "../../../src/carrier/twilio/inbound_track.ts";
import { CONNECTED, FRAME_MS, mediaText, startText } from "../../support/stream_messages.ts";
import { NOTHING, RecordingHandler, StreamRig } from "../../support/stream_rig.ts";

/** Delivers frames with timestamps from `fromMs` up to `toMs`, at the pace of the clock. */
function speak(rig: StreamRig, fromMs: number, toMs: number): void {
  for (let timestampMs = fromMs; timestampMs < toMs; timestampMs += FRAME_MS) {
    rig.socket.deliver(mediaText(timestampMs));
    rig.clock.advance(FRAME_MS);
  }
}

/** Audio that the handler got, silence included. */
function receivedMs(rig: StreamRig): number {
  const frames = rig.handler.told.filter((entry) => entry.startsWith("audio ")).length;
  return frames * FRAME_MS + rig.stream.stats.missingAudioMs;
}

Deno.test("MediaStream puts silence where timestamps leave a hole", async () => {
  const rig = await StreamRig.live();
  rig.socket.deliver(mediaText(0, "AAAAAAAAAAA=")); // 8 bytes: 1 ms
  rig.socket.deliver(mediaText(61, "BBBB"));
  assert.deepEqual(rig.handler.told, ["audio AAAAAAAAAAA=", "missing 60", "audio BBBB"]);
  assert.equal(rig.stream.stats.missingAudioMs, 60);
});

Deno.test("MediaStream takes a hole shorter than a frame for jitter", async () => {
  const rig = await StreamRig.live();
  speak(rig, 0, 20);
  speak(rig, 39, 40);
  speak(rig, 79, 80);
  assert.deepEqual(rig.toldBesidesAudio, ["missing 20"], "19 ms are none, 20 ms are one");
});

Deno.test("MediaStream does not take a late first timestamp for a hole", async () => {
  const rig = await StreamRig.live();
  speak(rig, 400, 500);
  assert.deepEqual(rig.toldBesidesAudio, []);
});

Deno.test("MediaStream does not take a late first timestamp for a hole after it has stalled either", async () => {
  const rig = await StreamRig.live();
  rig.clock.advance(STALL_AFTER_MS);
  speak(rig, 5000, 5100);
  assert.deepEqual(rig.toldBesidesAudio, [`missing ${STALL_FILL_MS}`]);
});

Deno.test("MediaStream counts from its beginning until it has stalled, whatever the clock says", async () => {
  const rig = new StreamRig();
  rig.clock.advance(4_000);
  rig.socket.deliver(CONNECTED);
  rig.socket.deliver(startText());
  await rig.decide(rig.handler);
  rig.clock.advance(STALL_AFTER_MS - 1);
  assert.deepEqual(rig.toldBesidesAudio, []);
  rig.clock.advance(1);
  assert.deepEqual(rig.toldBesidesAudio, [`missing ${STALL_FILL_MS}`]);
});

Deno.test("MediaStream puts in 10 s at most for a hole of 10 minutes", async () => {
  const rig = await StreamRig.live();
  speak(rig, 0, 100);
  speak(rig, 600_000, 600_100);
  assert.deepEqual(rig.toldBesidesAudio, [`missing ${MAX_GAP_FILL_MS}`]);
  assert.equal(MAX_GAP_FILL_MS, 10_000);
});

Deno.test("MediaStream puts in silence when media stalls, so that the model sees the turn's end", async () => {
  const rig = await StreamRig.live();
  speak(rig, 0, 1000);
  const lastAtMs = rig.clock.now() - FRAME_MS;
  rig.clock.advance(lastAtMs + STALL_AFTER_MS - 1 - rig.clock.now());
  assert.deepEqual(rig.toldBesidesAudio, []);
  rig.clock.advance(1);
  assert.deepEqual(rig.toldBesidesAudio, [`missing ${STALL_FILL_MS}`]);
});

Deno.test("MediaStream notices a stall before the first media", async () => {
  const rig = await StreamRig.live();
  rig.clock.advance(STALL_AFTER_MS);
  assert.deepEqual(rig.toldBesidesAudio, [`missing ${STALL_FILL_MS}`]);
});

Deno.test("MediaStream does not take its own standstill before the first media for a stall", async () => {
  const rig = new StreamRig();
  rig.clock.advance(4_000);
  rig.socket.deliver(CONNECTED);
  rig.socket.deliver(startText());
  await rig.decide(rig.handler);
  rig.clock.standStill(STALL_AFTER_MS);
  assert.deepEqual(rig.toldBesidesAudio, []);
  rig.clock.advance(STALL_AFTER_MS);
  assert.deepEqual(rig.toldBesidesAudio, [`missing ${STALL_FILL_MS}`]);
});

Deno.test("MediaStream fills 10 s of an outage, says once that the caller is unheard, and stays quiet", async () => {
  const rig = await StreamRig.live();
  speak(rig, 0, 1000);
  rig.clock.advance(14_000);
  assert.deepEqual(rig.toldBesidesAudio, [...Array(10).fill(`missing ${STALL_FILL_MS}`), "lost"]);
  assert.equal(rig.holds.deadlines, 1, "one deadline a stream, however long it lasts");
});

Deno.test("MediaStream says so again when media is lost a second time", async () => {
  const rig = await StreamRig.live();
  speak(rig, 0, 1000);
  rig.clock.advance(14_000);
  speak(rig, 15_000, 16_000);
  rig.clock.advance(14_000);
  assert.equal(rig.toldBesidesAudio.filter((entry) => entry === "lost").length, 2);
});

Deno.test("MediaStream does not fill a hole by its timestamps that it filled by the clock", async () => {
  const rig = await StreamRig.live();
  speak(rig, 0, 1000);
  rig.clock.advance(2000 - FRAME_MS); // fills at 730 and 1730 ms from here
  speak(rig, 3000, 4000);
  assert.deepEqual(rig.toldBesidesAudio, ["missing 1000", "missing 1000"]);
  assert.equal(receivedMs(rig), 4000);
});

Deno.test("MediaStream hands on a late burst after a stall without filling it a second time", async () => {
  const rig = await StreamRig.live();
  speak(rig, 0, 1000);
  rig.clock.advance(900);
  for (let timestampMs = 1000; timestampMs < 1900; timestampMs += FRAME_MS) {
    rig.socket.deliver(mediaText(timestampMs));
  }
  speak(rig, 1900, 3000);
  assert.deepEqual(rig.toldBesidesAudio, [`missing ${STALL_FILL_MS}`]);
});

Deno.test("MediaStream fills at most 10 s of one outage, by the clock and by timestamps together", async () => {
  const rig = await StreamRig.live();
  speak(rig, 0, 1000);
  rig.clock.advance(14_000);
  speak(rig, 15_000, 16_000);
  assert.equal(rig.stream.stats.missingAudioMs, MAX_GAP_FILL_MS);
  assert.equal(receivedMs(rig), 2000 + MAX_GAP_FILL_MS, "what came afterwards was heard");
});

Deno.test("MediaStream holds no deadline when its handler closes it for an outage", async () => {
  class ClosingHandler extends RecordingHandler {
    override onInboundLost(): void {
      super.onInboundLost();
      rig.stream.close();
    }
  }
  const rig: StreamRig = await StreamRig.live(new ClosingHandler());
  rig.clock.advance(60_000);
  assert.deepEqual(rig.toldBesidesAudio.slice(-2), ["lost", "end local"]);
  assert.deepEqual(rig.holds, NOTHING);
});

/** A frame with both numbers that Twilio counts, and a payload that tells which it is. */
function numbered(number: number, sequence = number + 2): string {
  const payload = btoa(String.fromCharCode(number).repeat(160));
  return mediaText(number * FRAME_MS, payload).replace(
    `"sequenceNumber":"4"`,
    `"sequenceNumber":"${sequence}"`,
  );
}

/** The numbers of the frames that the handler got, and `-` for silence. */
function order(rig: StreamRig): string {
  const told = rig.handler.told.map((entry) =>
    entry.startsWith("audio ") ? atob(entry.slice(6)).charCodeAt(0) : "-"
  );
  return told.join(" ");
}

Deno.test("MediaStream plays a frame that comes twice once", async () => {
  const rig = await StreamRig.live();
  for (const number of [0, 1, 1, 1, 2, 0, 3]) rig.socket.deliver(numbered(number));
  assert.equal(order(rig), "0 1 2 3");
  assert.deepEqual(rig.stream.stats, { messages: 9, malformed: 0, missingAudioMs: 0, staleFrames: 3 });
});

Deno.test("MediaStream plays frames in their order, with silence for one that comes too late", async () => {
  const rig = await StreamRig.live();
  for (const number of [0, 1, 3, 2, 4, 6, 7, 5, 8]) rig.socket.deliver(numbered(number));
  assert.equal(order(rig), "0 1 - 3 4 - 6 7 8");
  assert.equal(receivedMs(rig), 9 * FRAME_MS, "nothing is longer or shorter than it was said");
  assert.equal(rig.stream.stats.staleFrames, 2);
});

Deno.test("MediaStream does so for messages of an unusual shape too", async () => {
  const rig = await StreamRig.live();
  for (const number of [0, 2, 1, 2, 3]) rig.socket.deliver(numbered(number).replaceAll(",", ", "));
  assert.equal(order(rig), "0 - 2 3");
});

Deno.test("MediaStream hears a sender that counts its messages, or its time, but not both", async () => {
  const rig = await StreamRig.live();
  for (const sequence of [5, 6, 7]) rig.socket.deliver(numbered(0, sequence));
  for (const number of [1, 2, 3]) rig.socket.deliver(numbered(number, 7));
  assert.equal(order(rig), "0 0 0 1 2 3");
});

Deno.test("MediaStream puts in no silence for frames that it could not read because the process stood still", async () => {
  const rig = await StreamRig.live();
  speak(rig, 0, 500);
  rig.clock.standStill(2_000);
  rig.clock.advance(STALL_AFTER_MS - 1 - FRAME_MS);
  for (let timestampMs = 500; timestampMs < 2_500; timestampMs += FRAME_MS) {
    rig.socket.deliver(mediaText(timestampMs));
  }
  speak(rig, 2_500, 3_000);
  assert.deepEqual(rig.toldBesidesAudio, []);
  rig.clock.advance(STALL_AFTER_MS);
  assert.deepEqual(rig.toldBesidesAudio, [`missing ${STALL_FILL_MS}`], "a stall afterwards is one");
});

/** A frame with both numbers that frames are told apart by. */
function numberedFrame(sequence: number): string {
  return mediaText(sequence * FRAME_MS).replace(`"sequenceNumber":"4"`, `"sequenceNumber":"${sequence}"`);
}

// https://github.com/livekit/media-sdk/pull/95
Deno.test("MediaStream hears a sender that begins to count again, and not one that repeats itself", async () => {
  const rig = await StreamRig.live();
  const frames = (from: number, to: number) => {
    for (let sequence = from; sequence < to; sequence++) rig.socket.deliver(numberedFrame(sequence));
  };
  const heard = () => rig.toldBesidesAudio.length === 0 ? rig.handler.told.length : NaN;
  frames(0, 1_000);
  frames(0, RESTARTED_AFTER_FRAMES - 1);
  assert.equal(heard(), 1_000);
  frames(1_000, 1_001);
  frames(0, RESTARTED_AFTER_FRAMES - 1);
  assert.equal(heard(), 1_001, "the next frame shows that it does not");
  frames(RESTARTED_AFTER_FRAMES - 1, 500);
  assert.equal(heard(), 1_001 + 500 - RESTARTED_AFTER_FRAMES + 1);

  const twice = await StreamRig.live();
  for (let sequence = 0; sequence < 200; sequence++) {
    for (const again of [sequence, sequence, sequence - 1]) {
      twice.socket.deliver(numberedFrame(Math.max(0, again)));
    }
  }
  assert.equal(twice.handler.told.length, 200);
});
