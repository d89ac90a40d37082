import assert from "node:assert/strict";
import { CONFIGURE_TIMEOUT_MS, CONNECT_TIMEOUT_MS } from "../../../src/model/openai/realtime_session.ts";
import {
  apiError,
  audioDelta,
  NOTHING,
  SESSION_REQUEST,
  SessionRig,
  sessionUpdated,
} from "../../support/session_rig.ts";

Deno.test("RealtimeSession sends its configuration when the socket opens, and nothing before it is confirmed", () => {
  const rig = new SessionRig();
  rig.session.appendAudio("AAAA");
  rig.session.send({ type: "response.create" });
  assert.deepEqual(rig.socket.sent, []);
  rig.socket.open();
  rig.session.appendAudio("AAAA");
  rig.session.send({ type: "response.create" });
  rig.socket.deliver({ type: "session.created", event_id: "e1", session: { type: "realtime" } });
  rig.session.appendAudio("AAAA");
  assert.deepEqual(rig.socket.sentEvents, [
    { type: "session.update", event_id: "configure", session: SESSION_REQUEST },
  ]);
});

Deno.test("RealtimeSession is ready on session.updated, once, and then sends", () => {
  const rig = new SessionRig();
  rig.socket.open();
  rig.socket.deliver(sessionUpdated());
  rig.socket.deliver(sessionUpdated());
  assert.deepEqual(rig.handler.told, ["ready until 1756324625000"]);
  rig.socket.sent.length = 0;
  rig.session.appendAudio("//8=");
  rig.session.send({ type: "response.create", response: { instructions: "Greet." } });
  assert.deepEqual(rig.socket.sent, [
    `{"type":"input_audio_buffer.append","audio":"//8="}`,
    `{"type":"response.create","response":{"instructions":"Greet."}}`,
  ]);
});

Deno.test("RealtimeSession lengthens an append that would just fit into a segment of Ethernet, and no other", () => {
  const rig = new SessionRig();
  rig.socket.open();
  rig.socket.deliver(sessionUpdated());
  const wireBytes = (pcmBytes: number) => {
    rig.socket.sent.length = 0;
    const audio = new Uint8Array(pcmBytes).toBase64();
    rig.session.appendAudio(audio);
    assert.deepEqual(rig.socket.sentEvents, [{ type: "input_audio_buffer.append", audio }]);
    return String(rig.socket.sent[0]).length + 8; // the head of a masked frame
  };
  const plain = '{"type":"input_audio_buffer.append","audio":""}'.length + 8;
  assert.equal(wireBytes(160), 216 + plain, "20 ms of mu-law");
  for (let ms = 20; ms <= 21.5; ms += 0.5) assert.ok(wireBytes(ms * 48) > 1_460, `${ms} ms of PCM16`);
  assert.equal(wireBytes(40 * 48), 2_560 + plain, "40 ms of PCM16");
});

Deno.test("RealtimeSession takes a session without a usable expires_at for one that does not expire", () => {
  for (
    const session of [{ type: "realtime" }, { expires_at: null }, { expires_at: 0 }, { expires_at: "soon" }]
  ) {
    const rig = new SessionRig();
    rig.socket.open();
    rig.socket.deliver(sessionUpdated(session));
    assert.deepEqual(rig.handler.told, ["ready until Infinity"]);
  }
});

Deno.test("RealtimeSession gives up when the socket does not open in time", () => {
  const rig = new SessionRig();
  rig.clock.advance(CONNECT_TIMEOUT_MS - 1);
  assert.deepEqual(rig.handler.told, []);
  rig.clock.advance(1);
  assert.deepEqual(rig.handler.told, ["lost retryable realtime_connect_timeout"]);
  assert.deepEqual(rig.socket.closes, [[1000, undefined]]);
  assert.deepEqual(rig.holds, NOTHING);
});

Deno.test("RealtimeSession gives up when its configuration is not confirmed in time", () => {
  const rig = new SessionRig();
  rig.clock.advance(CONNECT_TIMEOUT_MS - 1);
  rig.socket.open();
  rig.clock.advance(CONFIGURE_TIMEOUT_MS - 1);
  assert.deepEqual(rig.handler.told, []);
  rig.clock.advance(1);
  assert.deepEqual(rig.handler.told, ["lost retryable realtime_configure_timeout"]);
  assert.deepEqual(rig.holds, NOTHING);
});

Deno.test("RealtimeSession is lost for good when its configuration is refused", () => {
  const rig = new SessionRig();
  rig.socket.open();
  rig.socket.deliver(apiError("unknown_parameter", "configure"));
  assert.deepEqual(rig.handler.told, ["lost fatal unknown_parameter"]);
  assert.deepEqual(rig.socket.closes, [[1000, undefined]]);
  assert.deepEqual(rig.holds, NOTHING);
});

Deno.test("RealtimeSession tells why a connection was refused", () => {
  const rig = new SessionRig();
  rig.socket.fail("failed to connect to WebSocket: Invalid status code: 401");
  assert.deepEqual(rig.handler.told, ["lost fatal invalid_api_key"]);
  assert.deepEqual(rig.holds, NOTHING);
});

Deno.test("RealtimeSession closed while it connects opens no session", () => {
  const rig = new SessionRig();
  rig.session.close();
  rig.socket.open();
  rig.socket.deliver(audioDelta("AAAA"));
  rig.clock.advance(60_000);
  assert.deepEqual(rig.socket.sent, []);
  assert.deepEqual(rig.handler.told, []);
  assert.deepEqual(rig.holds, NOTHING);
});

Deno.test("RealtimeSession counts signs of work wherever an event's type stands, and none of what is no response's", () => {
  const rig = new SessionRig();
  rig.socket.open();
  rig.socket.deliver(sessionUpdated());
  const count = () => rig.session.stats.signsOfWork;
  const type = "response.function_call_arguments.delta";
  rig.socket.deliver({ type, event_id: "e", delta: "{" });
  rig.socket.deliver({ event_id: "e", type, delta: "{" });
  assert.equal(count(), 2);
  rig.socket.deliver({ event_id: "e", type: "response.output_text.delta", delta: "No." });
  rig.socket.deliver({ event_id: "e", type: "rate_limits.updated", rate_limits: [] });
  rig.socket.deliver({ event_id: "e", type: "response.created", response: { id: "resp" } });
  rig.socket.deliver({ event_id: "e", type: "response.something.of_next_year" });
  assert.equal(count(), 4);
});
