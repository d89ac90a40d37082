import assert from "node:assert/strict";
import { PlaybackBuffer } from "../../../src/call/playback/playback_buffer.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

/** What waits. */
function waiting(buffer: PlaybackBuffer): number[] {
  const target = new Uint8Array(100);
  return [...target.subarray(0, buffer.peek(target))];
}

Deno.test("PlaybackBuffer keeps what was sent in front of what waits, up to a bound, until it is confirmed", () => {
  const buffer = new PlaybackBuffer({ maxBytes: 100, maxSentBytes: 3 });
  buffer.write(bytes(1, 2, 3, 4, 5));
  buffer.sent(2);
  assert.deepEqual([waiting(buffer), buffer.waitingBytes, buffer.fromPosition], [[3, 4, 5], 3, 0]);
  buffer.sent(2);
  assert.deepEqual([waiting(buffer), buffer.fromPosition], [[5], 1]);
  buffer.confirmed(2);
  assert.equal(buffer.fromPosition, 2);
  buffer.confirmed(3);
  assert.equal(buffer.fromPosition, 3);
  buffer.confirmed(2); // known already
  buffer.confirmed(100); // what waits is never confirmed
  assert.deepEqual([waiting(buffer), buffer.fromPosition], [[5], 4]);
});

Deno.test("PlaybackBuffer has what was sent wait again from any place on", () => {
  const buffer = new PlaybackBuffer({ maxBytes: 100, maxSentBytes: 4 });
  buffer.writeSent(bytes(1, 2, 3));
  buffer.writeSent(bytes(4, 5, 6));
  assert.deepEqual([buffer.waitingBytes, buffer.fromPosition], [0, 2]);
  buffer.write(bytes(7));
  buffer.rewind(4);
  assert.deepEqual([waiting(buffer), buffer.fromPosition], [[5, 6, 7], 0]);
  buffer.sent(3);
  assert.equal(buffer.waitingBytes, 0);
});

Deno.test("PlaybackBuffer keeps nothing that was sent where its bound is 0, and takes no memory for it", () => {
  const buffer = new PlaybackBuffer({ maxBytes: 100, maxSentBytes: 0 });
  buffer.writeSent(bytes(1, 2, 3));
  assert.deepEqual([buffer.fromPosition, buffer.capacityBytes], [3, 0]);
  buffer.write(bytes(4, 5));
  buffer.sent(1);
  assert.deepEqual([waiting(buffer), buffer.fromPosition], [[5], 4]);
});

Deno.test("PlaybackBuffer drops the oldest that waits with all that was sent, and cuts what waits behind a place", () => {
  const buffer = new PlaybackBuffer({ maxBytes: 100, maxSentBytes: 10 });
  buffer.writeSent(bytes(1, 2));
  buffer.write(bytes(3, 4, 5, 6));
  buffer.drop(1);
  assert.deepEqual([waiting(buffer), buffer.waitingBytes], [[4, 5, 6], 3]);
  buffer.sent(1);
  buffer.cut(1);
  assert.deepEqual(waiting(buffer), [5]);
  buffer.clear();
  assert.deepEqual([buffer.waitingBytes, buffer.fromPosition, buffer.capacityBytes], [0, 0, 0]);
});

Deno.test("PlaybackBuffer drops the oldest when it is full: first what was sent, then what waits", () => {
  const buffer = new PlaybackBuffer({ maxBytes: 4, maxSentBytes: 10 });
  buffer.writeSent(bytes(1, 2));
  buffer.write(bytes(3, 4, 5));
  assert.deepEqual([waiting(buffer), buffer.fromPosition], [[3, 4, 5], 1]);
  buffer.write(bytes(6, 7));
  assert.deepEqual([waiting(buffer), buffer.fromPosition], [[4, 5, 6, 7], 2]);
});
