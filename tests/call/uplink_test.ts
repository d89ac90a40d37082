import assert from "node:assert/strict";
import { decodeBase64Whole, encodeBase64 } from "../../src/audio/base64.ts";
import { PcmuEngine } from "../../src/audio/pcmu_engine.ts";
import { MAX_HELD_MS, Uplink } from "../../src/call/uplink.ts";

const BYTES_PER_MS = 8;

/** A session that keeps what it is given, as mu-law. */
class RecordingSession {
  readonly appends: Uint8Array[] = [];

  appendAudio(base64: string): void {
    const target = new Uint8Array(12_288);
    this.appends.push(target.slice(0, decodeBase64Whole(base64, 0, base64.length, target)));
  }

  get all(): Uint8Array {
    return Uint8Array.from(this.appends.flatMap((bytes) => [...bytes]));
  }

  get appendsMs(): number[] {
    return this.appends.map((bytes) => bytes.length / BYTES_PER_MS);
  }
}

/** An uplink that hands mu-law on as it is, so that a test can compare bytes. */
function rig(appendMs = 20) {
  const engine = new PcmuEngine();
  const size = { ms: appendMs };
  const uplink = new Uplink(engine.open(), engine, () => size.ms);
  const session = new RecordingSession();
  let said = 0;
  /** The caller says `ms` more; no two neighbouring bytes are alike. */
  const say = (ms: number): Uint8Array => {
    const bytes = Uint8Array.from({ length: ms * BYTES_PER_MS }, () => (said++ * 31) & 0xff);
    const base64 = encodeBase64(bytes);
    assert.equal(uplink.audio(`"${base64}"`, 1, 1 + base64.length), true);
    return bytes;
  };
  return { uplink, session, size, say };
}

Deno.test("Uplink hands on each frame at once when appends are small", () => {
  const { uplink, session, say } = rig(20);
  uplink.attach(session);
  const bytes = [say(20), say(20), say(40)].flatMap((frame) => [...frame]);
  assert.deepEqual(session.appendsMs, [20, 20, 40]);
  assert.deepEqual(session.all, Uint8Array.from(bytes));
  assert.equal(uplink.appendedBytes, 80 * BYTES_PER_MS);
});

Deno.test("Uplink gathers frames into large appends under load, and goes back to small ones in order", () => {
  const { uplink, session, size, say } = rig(100);
  uplink.attach(session);
  const bytes = Array.from({ length: 7 }, () => say(20));
  assert.deepEqual(session.appendsMs, [100]);
  size.ms = 20;
  bytes.push(say(20), say(20));
  assert.deepEqual(session.appendsMs, [100, 60, 20]);
  assert.deepEqual(session.all, Uint8Array.from(bytes.flatMap((frame) => [...frame])));
});

Deno.test("Uplink gathers frames that are shorter than an append", () => {
  const { uplink, session, say } = rig(20);
  uplink.attach(session);
  for (let i = 0; i < 5; i++) say(10);
  assert.deepEqual(session.appendsMs, [20, 20]);
});

Deno.test("Uplink cuts a payload of any length into appends of 100 ms at most", () => {
  const { uplink, session, say } = rig(20);
  uplink.attach(session);
  const bytes = say(3050);
  assert.ok(session.appendsMs.every((ms) => ms <= 100), String(session.appendsMs));
  assert.deepEqual(session.all, bytes.subarray(0, session.all.length));
  assert.ok(bytes.length - session.all.length < 20 * BYTES_PER_MS, "less than an append waits");
});

Deno.test("Uplink keeps what is said before a session can take it, and hands it on first and in order", () => {
  const { uplink, session, say } = rig(20);
  const bytes = Array.from({ length: 13 }, () => say(20));
  uplink.attach(session);
  bytes.push(say(20));
  assert.deepEqual(session.appendsMs, [100, 100, 60, 20]);
  assert.deepEqual(session.all, Uint8Array.from(bytes.flatMap((frame) => [...frame])));
  assert.equal(uplink.droppedBytes, 0);
});

Deno.test("Uplink keeps 5 s at most: the oldest goes, and is counted", () => {
  const { uplink, session, say } = rig(20);
  const bytes = Uint8Array.from(Array.from({ length: 300 }, () => say(20)).flatMap((frame) => [...frame]));
  assert.equal(uplink.droppedBytes, 1000 * BYTES_PER_MS);
  assert.ok(uplink.capacityBytes <= MAX_HELD_MS * BYTES_PER_MS);
  uplink.attach(session);
  assert.deepEqual(session.all, bytes.subarray(1000 * BYTES_PER_MS));
  assert.equal(MAX_HELD_MS, 5000);
});

Deno.test("Uplink keeps audio again between two sessions", () => {
  const { uplink, session, say } = rig(20);
  uplink.attach(session);
  say(20);
  uplink.detach();
  const kept = say(60);
  assert.deepEqual(session.appendsMs, [20]);
  const next = new RecordingSession();
  uplink.attach(next);
  assert.deepEqual(next.all, kept);
});

for (const payload of ["AA!!", "AAA", "AAAA=", "AA AA", String.raw`AA\/A`, "AB=="]) {
  Deno.test(`Uplink refuses ${payload} as base64 and goes on`, () => {
    const { uplink, session, say } = rig(20);
    uplink.attach(session);
    assert.equal(uplink.audio(payload, 0, payload.length), false);
    const bytes = say(20);
    assert.deepEqual(session.all, bytes);
  });
}

Deno.test("Uplink takes an empty payload for nothing", () => {
  const { uplink, session } = rig(20);
  uplink.attach(session);
  assert.equal(uplink.audio("", 0, 0), true);
  assert.deepEqual(session.appends, []);
});

Deno.test("Uplink puts mu-law silence where audio is missing, to the byte", () => {
  const { uplink, session, say } = rig(20);
  uplink.attach(session);
  const before = say(20);
  uplink.silence(250);
  const after = say(20);
  const silence = new Uint8Array(250 * BYTES_PER_MS).fill(0xff);
  assert.deepEqual(session.all, Uint8Array.from([...before, ...silence, ...after]));
});

Deno.test("Uplink hands on 10 s of silence whole when it is attached", () => {
  const { uplink, session } = rig(20);
  uplink.attach(session);
  uplink.silence(10_000);
  assert.equal(session.all.length, 80_000);
  assert.ok(session.all.every((byte) => byte === 0xff));
});

Deno.test("Uplink gives back its memory and its session when it is disposed", () => {
  const { uplink, session, say } = rig(20);
  say(1000);
  assert.ok(uplink.capacityBytes > 0);
  uplink[Symbol.dispose]();
  assert.equal(uplink.capacityBytes, 0);
  uplink.attach(session);
  assert.deepEqual(session.appends, []);
});
