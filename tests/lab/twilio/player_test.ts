import assert from "node:assert/strict";
import { MAX_BUFFERED_BYTES, Player } from "../../../src/lab/twilio/player.ts";

/** `ms` milliseconds of audio, each byte `fill`. */
const audio = (ms: number, fill = 1) => new Uint8Array(ms * 8).fill(fill);

Deno.test("Player plays at 8 bytes a millisecond, whatever the speed of delivery", () => {
  const player = new Player();
  player.media(100, audio(1000));
  assert.equal(player.playedBytes(100), 0);
  assert.equal(player.playedBytes(100.25), 2);
  assert.equal(player.playedBytes(600), 4000);
  assert.equal(player.playedBytes(5000), 8000);
  assert.equal(player.endMs, 1100);
});

Deno.test("Player joins audio that comes before the buffer is empty into one run", () => {
  const player = new Player();
  player.media(0, audio(20));
  player.media(19, audio(20));
  player.media(40, audio(20)); // on the dot
  assert.deepEqual(player.runs, [{ startMs: 0, firstByte: 0, bytes: 480, gapMs: 0, isAfterClear: false }]);
  assert.deepEqual(player.underruns(), []);
});

Deno.test("Player counts a short gap as an underrun, a long one as the next answer", () => {
  const player = new Player();
  player.media(0, audio(20));
  player.media(50, audio(20));
  player.media(2000, audio(20));
  assert.deepEqual(player.runs.map(({ startMs, gapMs }) => [startMs, gapMs]), [[0, 0], [50, 30], [
    2000,
    1930,
  ]]);
  assert.deepEqual(player.underruns().map(({ startMs }) => startMs), [50]);
});

Deno.test("Player does not count the gap after a clear", () => {
  const player = new Player();
  player.media(0, audio(500));
  player.clear(100);
  player.media(300, audio(20));
  assert.deepEqual(player.underruns(), []);
  assert.equal(player.runs[1].isAfterClear, true);
});

Deno.test("Player echoes a mark once the audio before it has been played", () => {
  const player = new Player();
  assert.equal(player.mark(5, "empty"), 5);
  assert.deepEqual(player.takePlayedMarks(5), ["empty"]);
  player.media(10, audio(100));
  assert.equal(player.mark(10, "a"), 110);
  player.media(10, audio(100));
  assert.equal(player.mark(10, "b"), 210);
  assert.deepEqual(player.takePlayedMarks(109), []);
  assert.deepEqual(player.takePlayedMarks(110), ["a"]);
  assert.deepEqual(player.takePlayedMarks(300), ["b"]);
  assert.deepEqual(player.marks.map(({ echoedMs }) => echoedMs), [5, 110, 300]);
});

Deno.test("Player empties its buffer on clear and gives all outstanding marks back", () => {
  const player = new Player();
  player.media(0, audio(100, 1));
  player.mark(0, "a");
  player.media(0, audio(100, 2));
  player.mark(0, "b");
  player.takePlayedMarks(100);
  assert.deepEqual(player.clear(150), ["b"]);
  assert.deepEqual(player.clears, [{ atMs: 150, heardBytes: 1200, discardedBytes: 400 }]);
  assert.deepEqual(player.marks.map(({ wasCleared }) => wasCleared), [false, true]);
  assert.equal(player.bufferedBytes(150), 0);
  assert.equal(player.receivedBytes, 1600);
  assert.deepEqual([...player.heard(1000)], [...audio(100, 1), ...audio(50, 2)]);
  assert.equal(player.runs[0].bytes, 1200);
});

Deno.test("Player takes new audio after a clear without what was cleared", () => {
  const player = new Player();
  player.media(0, audio(100, 1));
  player.clear(10);
  player.media(10, audio(10, 3));
  assert.deepEqual([...player.heard(20)], [...audio(10, 1), ...audio(10, 3)]);
});

Deno.test("Player records audio in its place with silence between", () => {
  const player = new Player();
  player.media(10, audio(10, 7));
  player.media(40, audio(10, 8));
  const tape = player.recording(0, 60);
  assert.equal(tape.length, 480);
  assert.deepEqual([tape[79], tape[80], tape[159], tape[160], tape[320], tape[400]], [
    255,
    7,
    7,
    255,
    8,
    255,
  ]);
});

Deno.test("Player discards what is beyond ten minutes and keeps what is heard up to its cap", () => {
  const player = new Player({ maxHeardBytes: 100 });
  assert.equal(player.media(0, new Uint8Array(MAX_BUFFERED_BYTES)), true);
  assert.equal(player.media(1, audio(2)), false);
  assert.equal(player.overflowBytes, 8);
  assert.equal(player.heard(10_000).length, 100);
});

Deno.test("Player stops with the stream", () => {
  const player = new Player();
  player.media(0, audio(100));
  player.mark(0, "a");
  player.stop(25);
  assert.equal(player.playedBytes(500), 200);
  assert.deepEqual(player.takePlayedMarks(500), []);
  assert.equal(player.clears.length, 0);
});
