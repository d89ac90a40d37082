import assert from "node:assert/strict";
import { RealtimeSession } from "../../../src/model/openai/realtime_session.ts";
import { WARM_LIFETIME_MS, WarmSessions } from "../../../src/model/openai/warm_sessions.ts";
import { FakeSocket } from "../../support/fake_socket.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { settle } from "../../support/microtasks.ts";
import {
  audioDelta,
  RecordingSessionHandler,
  SESSION_REQUEST,
  sessionUpdated,
} from "../../support/session_rig.ts";

const MAX_SESSIONS = 4;

function rig() {
  const clock = new ManualClock();
  const warm = new WarmSessions(clock, MAX_SESSIONS);
  const sockets: FakeSocket[] = [];
  const prepare = (key: string): void =>
    warm.prepare(key, (handler) => {
      const socket = new FakeSocket("connecting");
      sockets.push(socket);
      return new RealtimeSession({ open: () => socket, session: SESSION_REQUEST, clock }, handler);
    });
  return { clock, warm, sockets, prepare };
}

Deno.test("WarmSessions hands a session that is ready to its call, which is told so", async () => {
  const { warm, sockets, prepare } = rig();
  prepare("call_1");
  sockets[0].open();
  sockets[0].deliver(sessionUpdated());
  const handler = new RecordingSessionHandler();
  const session = warm.take("call_1", handler);
  session?.listen(handler);
  assert.deepEqual(handler.told, [], "not before take() has returned");
  await settle();
  sockets[0].deliver(audioDelta("AAAA"));
  assert.deepEqual(handler.told, ["ready until 1756324625000", "delta AAAA of item_a1 in resp_1"]);
  assert.equal(session?.isReady, true);
  assert.equal(warm.size, 0);
});

Deno.test("WarmSessions hands on a session that is still connecting: its call is told when it is ready, once", async () => {
  const { warm, sockets, prepare } = rig();
  prepare("call_1");
  const handler = new RecordingSessionHandler();
  warm.take("call_1", handler);
  await settle();
  sockets[0].open();
  sockets[0].deliver(sessionUpdated());
  assert.deepEqual(handler.told, ["ready until 1756324625000"]);
});

Deno.test("WarmSessions gives each session to one call only, and nothing to a call that has none", () => {
  const { warm, sockets, prepare } = rig();
  prepare("call_1");
  prepare("call_1");
  assert.equal(sockets.length, 1);
  assert.equal(warm.take("call_2", new RecordingSessionHandler()), undefined);
  assert.ok(warm.take("call_1", new RecordingSessionHandler()));
  assert.equal(warm.take("call_1", new RecordingSessionHandler()), undefined);
});

Deno.test("WarmSessions closes a session that no call takes in time", () => {
  const { clock, warm, sockets, prepare } = rig();
  prepare("call_1");
  sockets[0].open();
  sockets[0].deliver(sessionUpdated());
  for (let seconds = 1; seconds < WARM_LIFETIME_MS / 1_000; seconds++) {
    clock.advance(1_000);
    sockets[0].deliver(sessionUpdated()); // it is alive
  }
  clock.advance(999);
  assert.deepEqual([warm.size, sockets[0].closes.length], [1, 0]);
  clock.advance(1);
  assert.deepEqual([warm.size, sockets[0].closes.length], [0, 1]);
  assert.equal(clock.pending, 0);
});

Deno.test("WarmSessions forgets a session that is lost while it waits", () => {
  const { clock, warm, sockets, prepare } = rig();
  prepare("call_1");
  sockets[0].fail("Connection refused");
  assert.equal(warm.size, 0);
  assert.equal(warm.take("call_1", new RecordingSessionHandler()), undefined);
  assert.equal(clock.pending, 0);
});

Deno.test("WarmSessions keeps a bounded number, and closes all of them when it is disposed", () => {
  const { clock, warm, sockets, prepare } = rig();
  for (let i = 0; i <= MAX_SESSIONS; i++) prepare(`call_${i}`);
  assert.deepEqual([warm.size, sockets.length], [MAX_SESSIONS, MAX_SESSIONS]);
  warm[Symbol.dispose]();
  assert.equal(warm.size, 0);
  assert.ok(sockets.every((socket) => socket.closes.length === 1));
  assert.equal(clock.pending, 0);
});
