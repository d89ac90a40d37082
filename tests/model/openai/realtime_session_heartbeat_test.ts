import assert from "node:assert/strict";
import { HEARTBEAT_MS, SILENT_MS } from "../../../src/model/openai/heartbeat.ts";
import { NOTHING, SessionRig, sessionUpdated } from "../../support/session_rig.ts";

const ASKED = [{ type: "session.update", session: { type: "realtime" } }];

Deno.test("RealtimeSession asks a silent peer for a sign of life, and goes on when it gives one", () => {
  const rig = SessionRig.ready();
  rig.clock.advance(HEARTBEAT_MS - 1);
  assert.deepEqual(rig.socket.sent, []);
  rig.clock.advance(1);
  assert.deepEqual(rig.socket.sentEvents, ASKED);
  rig.socket.deliver(sessionUpdated());
  rig.clock.advance(HEARTBEAT_MS);
  assert.deepEqual(rig.socket.sentEvents, ASKED, "what answered is not asked again at once");
  rig.clock.advance(HEARTBEAT_MS);
  assert.deepEqual(rig.socket.sentEvents, [...ASKED, ...ASKED]);
  assert.deepEqual(rig.handler.told, []);
});

Deno.test("RealtimeSession counts the answer to its heartbeat unread, however it goes on", () => {
  const rig = SessionRig.ready();
  rig.clock.advance(HEARTBEAT_MS);
  rig.socket.deliver(`{"type":"session.updated", and no JSON at all`);
  rig.clock.advance(SILENT_MS - HEARTBEAT_MS);
  assert.deepEqual(rig.handler.told, []);
  assert.deepEqual([rig.session.stats.malformed, rig.session.stats.unknown], [0, 0]);
});

Deno.test("RealtimeSession is lost when its peer stays silent", () => {
  const rig = SessionRig.ready();
  rig.socket.deliver({ type: "rate_limits.updated", event_id: "e" });
  rig.clock.advance(SILENT_MS - 1);
  assert.deepEqual(rig.handler.told, []);
  assert.deepEqual(rig.socket.sentEvents, ASKED, "one question is enough");
  rig.clock.advance(1);
  assert.deepEqual(rig.handler.told, ["lost retryable realtime_silent"]);
  assert.deepEqual(rig.holds, NOTHING);
});

Deno.test("RealtimeSession never asks a peer that talks by itself", () => {
  const rig = SessionRig.ready();
  for (let i = 0; i < 20; i++) {
    rig.clock.advance(HEARTBEAT_MS - 1);
    rig.socket.deliver({ type: "rate_limits.updated", event_id: "e" });
  }
  assert.deepEqual(rig.socket.sent, []);
  assert.equal(rig.clock.pending, 1, "one deadline, however long it lasts");
});

Deno.test("RealtimeSession lost by silence or closed asks nothing any more", () => {
  const rig = SessionRig.ready();
  rig.session.close();
  rig.clock.advance(10 * HEARTBEAT_MS);
  assert.deepEqual(rig.socket.sent, []);
  assert.deepEqual(rig.handler.told, []);
});
