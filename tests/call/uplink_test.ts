import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import assert from "node:assert/strict";
import { decodedBase64, encodeBase64 } from "../../src/audio/base64.ts";
import { PcmuEngine } from "../../src/audio/pcmu_engine.ts";
import { AppendSize } from "../../src/call/append_size.ts";
import { MAX_HELD_MS, MAX_TURN_BYTES, SESSION_STALLED_AFTER_MS, Uplink } from "../../src/call/uplink.ts";

/** A session that keeps what it is given, as mu-law. */
class RecordingSession {
  readonly appends: Uint8Array[] = [];
  isClogged = false;

  appendAudio(base64: string): void {
    this.appends.push(decodedBase64(base64));
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
  const size = new AppendSize();
  size.ms = appendMs;
  const told = { stalls: 0 };
  const uplink = new Uplink(engine.open(), {
    appendSize: size,
    onStalled: () => void told.stalls++,
  });
  const session = new RecordingSession();
  let said = 0;
  /** The caller says `ms` more; no two neighbouring bytes are alike. */
  const say = (ms: number): Uint8Array => {
    const bytes = Uint8Array.from({ length: ms * BYTES_PER_MS }, () => (said++ * 31) & 0xff);
    const base64 = encodeBase64(bytes);
    assert.equal(uplink.write(`"${base64}"`, 1, 1 + base64.length), true);
    return bytes;
  };
  return { uplink, session, size, say, told };
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

Deno.test("Uplink hands on the last frames when it finishes, and keeps them when there is no session", () => {
  const { uplink, session, say } = rig(100);
  uplink.attach(session);
  const said = [...say(100), ...say(20), ...say(20)];
  assert.deepEqual(session.appendsMs, [100]);
  uplink.finish();
  uplink.finish();
  assert.deepEqual(session.appendsMs, [100, 40]);
  assert.deepEqual([...session.all], said);
  uplink.detach();
  say(20);
  uplink.finish();
  assert.deepEqual(session.appendsMs, [100, 40]);
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

Deno.test("Uplink keeps audio while the session's socket is clogged, and hands it on in order when it is not", () => {
  const { uplink, session, say, told } = rig(20);
  uplink.attach(session);
  const bytes = [say(20)];
  session.isClogged = true;
  for (let i = 0; i < 50; i++) bytes.push(say(20));
  assert.deepEqual(session.appendsMs, [20]);
  session.isClogged = false;
  bytes.push(say(20));
  assert.deepEqual(session.all, Uint8Array.from(bytes.flatMap((frame) => [...frame])));
  assert.deepEqual([uplink.droppedBytes, told.stalls], [0, 0]);
});

Deno.test("Uplink stops handing on what it kept when that clogs the session's socket", () => {
  const { uplink, session, say } = rig(20);
  const bytes = say(1000);
  session.appendAudio = function (base64) {
    RecordingSession.prototype.appendAudio.call(this, base64);
    this.isClogged = this.appends.length === 3;
  };
  uplink.attach(session);
  assert.deepEqual(session.appendsMs, [100, 100, 100]);
  session.isClogged = false;
  const more = say(20);
  assert.deepEqual(session.all, Uint8Array.from([...bytes, ...more]));
});

Deno.test("Uplink says once that a session is stalled, in time for the next one to get every word", () => {
  const { uplink, session, say, told } = rig(20);
  uplink.attach(session);
  session.isClogged = true;
  const bytes: Uint8Array[] = [];
  for (let ms = 0; ms < SESSION_STALLED_AFTER_MS - 20; ms += 20) bytes.push(say(20));
  assert.equal(told.stalls, 0);
  for (let i = 0; i < 40; i++) bytes.push(say(20));
  assert.equal(told.stalls, 1);
  const next = new RecordingSession();
  uplink.detach();
  uplink.attach(next);
  assert.deepEqual(next.all, Uint8Array.from(bytes.flatMap((frame) => [...frame])));
  assert.equal(uplink.droppedBytes, 0);
});

Deno.test("Uplink does not take a session for stalled because ten seconds of silence at once clog its socket", () => {
  const { uplink, session, say, told } = rig();
  uplink.attach(session);
  say(20);
  session.isClogged = true;
  uplink.writeSilence(10_000);
  assert.equal(told.stalls, 0);
  session.isClogged = false;
  const said = say(20);
  assert.equal(told.stalls, 0);
  assert.deepEqual(session.all.slice(-said.length), said);
});

Deno.test("Uplink drops the oldest audio when a session stays clogged, and counts it", () => {
  const { uplink, session, say } = rig(20);
  uplink.attach(session);
  session.isClogged = true;
  for (let ms = 0; ms < 2 * MAX_HELD_MS; ms += 20) say(20);
  assert.equal(uplink.droppedBytes, MAX_HELD_MS * BYTES_PER_MS);
  assert.ok(uplink.capacityBytes <= MAX_HELD_MS * BYTES_PER_MS);
});

Deno.test("Uplink says of the next session too that it is stalled, and not of one that recovers in between", () => {
  const { uplink, session, say, told } = rig(20);
  uplink.attach(session);
  for (let round = 0; round < 3; round++) {
    session.isClogged = true;
    say(SESSION_STALLED_AFTER_MS - 20);
    session.isClogged = false;
    say(20);
  }
  assert.equal(told.stalls, 0);
  session.isClogged = true;
  say(SESSION_STALLED_AFTER_MS);
  const next = new RecordingSession();
  uplink.attach(next);
  next.isClogged = true;
  say(SESSION_STALLED_AFTER_MS);
  assert.equal(told.stalls, 2);
});

Deno.test("Uplink.trim() gives back what its ring does not need, and loses nothing", () => {
  const { uplink, session, say } = rig(20);
  const bytes = say(3000);
  const before = uplink.capacityBytes;
  assert.equal(uplink.trim(), before - bytes.length);
  assert.equal(uplink.trim(), 0);
  uplink.attach(session);
  assert.deepEqual(session.all, bytes);
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
    assert.equal(uplink.write(payload, 0, payload.length), false);
    const bytes = say(20);
    assert.deepEqual(session.all, bytes);
  });
}

Deno.test("Uplink takes an empty payload for nothing", () => {
  const { uplink, session } = rig(20);
  uplink.attach(session);
  assert.equal(uplink.write("", 0, 0), true);
  assert.deepEqual(session.appends, []);
});

Deno.test("Uplink puts mu-law silence where audio is missing, to the byte", () => {
  const { uplink, session, say } = rig(20);
  uplink.attach(session);
  const before = say(20);
  uplink.writeSilence(250);
  const after = say(20);
  const silence = new Uint8Array(250 * BYTES_PER_MS).fill(0xff);
  assert.deepEqual(session.all, Uint8Array.from([...before, ...silence, ...after]));
});

Deno.test("Uplink hands on 10 s of silence whole when it is attached", () => {
  const { uplink, session } = rig(20);
  uplink.attach(session);
  uplink.writeSilence(10_000);
  assert.equal(session.all.length, 80_000);
  assert.ok(session.all.every((byte) => byte === 0xff));
});

Deno.test("Uplink holds no memory while each frame is an append", () => {
  const { uplink, session, say } = rig(20);
  const before = say(100);
  assert.ok(uplink.capacityBytes > 0);
  uplink.attach(session);
  const after = [say(20), say(20)];
  assert.equal(uplink.capacityBytes, 0);
  assert.deepEqual(session.all, Uint8Array.from([...before, ...after[0], ...after[1]]));
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

Deno.test("Uplink keeps at most the last two seconds of the turn that may be beginning, once it is told to", () => {
  const { uplink, session, say } = rig(20);
  uplink.attach(session);
  say(500);
  assert.equal(uplink.takeTurn().length, 0);
  uplink.keepTurn();
  say(400);
  uplink.turnEnded();
  const next = [...say(300), ...say(200)];
  assert.deepEqual([...uplink.takeTurn()], next);
  const longer = Array.from({ length: 30 }, () => [...say(100)]).flat();
  assert.deepEqual([...uplink.takeTurn()], longer.slice(-MAX_TURN_BYTES));
});

Deno.test("Uplink gives its first session what was said before the stream, and then what is said in it", () => {
  const { uplink, session, say } = rig(20);
  const before = Uint8Array.from({ length: 300 * BYTES_PER_MS }, (_, index) => index & 0xff);
  uplink.begin(before);
  const said = say(40);
  uplink.attach(session);
  assert.deepEqual([...session.all], [...before, ...said]);
});
