import assert from "node:assert/strict";
import {
  MAX_EVENT_CHARS,
  MAX_FAILED_EVENTS,
  SESSION_CLOGGED_BYTES,
  SESSION_FLOOD,
  SESSION_LOST_BYTES,
} from "../../../src/model/openai/realtime_session.ts";
import { settle } from "../../support/microtasks.ts";
import {
  apiError,
  audioDelta,
  NOTHING,
  RecordingSessionHandler,
  SessionRig,
} from "../../support/session_rig.ts";

const losses: Record<string, { lose: (rig: SessionRig) => void; told: string }> = {
  "OpenAI closes": {
    lose: (rig) => rig.socket.closeByPeer(1001, "going away"),
    told: "lost retryable realtime_closed",
  },
  "OpenAI closes twice": {
    lose: (rig) => {
      rig.socket.closeByPeer(1000);
      rig.socket.closeByPeer(1000);
    },
    told: "lost retryable realtime_closed",
  },
  "the connection breaks": {
    lose: (rig) => rig.socket.fail("broken pipe"),
    told: "lost retryable realtime_closed",
  },
  "the key is refused": {
    lose: (rig) => rig.socket.closeByPeer(3000, "invalid_request_error.invalid_api_key"),
    told: "lost fatal invalid_api_key",
  },
  "the session expires": {
    lose: (rig) => {
      rig.socket.deliver(apiError("session_expired"));
      rig.socket.closeByPeer(1000);
    },
    told: "lost retryable session_expired",
  },
  "the quota is used up": {
    lose: (rig) => rig.socket.deliver(apiError("insufficient_quota")),
    told: "lost fatal insufficient_quota",
  },
  "a message is too long": {
    lose: (rig) => rig.socket.deliver(audioDelta("A".repeat(MAX_EVENT_CHARS))),
    told: "lost retryable realtime_message_too_long",
  },
  "messages come in a flood": {
    lose: (rig) => {
      for (let i = 0; i <= SESSION_FLOOD.maxMessages; i++) {
        rig.socket.deliver(`{"type":"rate_limits.updated"}`);
      }
    },
    told: "lost retryable realtime_flood",
  },
};

for (const [name, { lose, told }] of Object.entries(losses)) {
  Deno.test(`RealtimeSession is lost exactly once and holds nothing when ${name}`, () => {
    const rig = SessionRig.ready();
    lose(rig);
    rig.socket.deliver(audioDelta("AAAA"));
    rig.session.appendAudio("AAAA");
    rig.session.send({ type: "response.create" });
    rig.clock.advance(60_000);
    assert.deepEqual(rig.handler.told, [told]);
    assert.deepEqual(rig.socket.sent, []);
    assert.ok(rig.socket.readyState === WebSocket.CLOSED);
    assert.deepEqual(rig.holds, NOTHING);
  });
}

Deno.test("RealtimeSession tells nobody when it was closed from here, and closes once", () => {
  const rig = SessionRig.ready();
  rig.socket.bufferedAmount = 99;
  assert.equal(rig.session.backlogBytes, 99);
  rig.session.close();
  rig.session.close();
  rig.socket.closeByPeer(1000);
  rig.session.appendAudio("AAAA");
  assert.deepEqual(rig.handler.told, []);
  assert.deepEqual(rig.socket.closes, [[1000, undefined]]);
  assert.deepEqual(rig.socket.sent, []);
  assert.equal(rig.session.backlogBytes, 0);
  assert.deepEqual(rig.holds, NOTHING);
});

Deno.test("RealtimeSession sends nothing while its socket closes", () => {
  const rig = SessionRig.ready();
  rig.socket.readyState = WebSocket.CLOSING;
  rig.session.appendAudio("AAAA");
  rig.session.send({ type: "response.create" });
  assert.deepEqual(rig.socket.sent, []);
});

Deno.test("RealtimeSession whose handler throws is done with that event, and lost alone when it throws on", () => {
  class FailingHandler extends RecordingSessionHandler {
    override onAudioDelta(): never {
      throw new Error("in the call");
    }
  }
  const rig = SessionRig.ready(new FailingHandler());
  const other = SessionRig.ready();
  for (let i = 0; i < MAX_FAILED_EVENTS; i++) rig.socket.deliver(audioDelta("AAAA"));
  assert.deepEqual(
    rig.handler.told,
    Array(MAX_FAILED_EVENTS).fill("error realtime_handler_failed by undefined"),
  );
  rig.socket.deliver(audioDelta("AAAA"));
  other.socket.deliver(audioDelta("AAAA"));
  assert.equal(rig.handler.told.at(-1), "lost retryable realtime_handler_failed");
  assert.deepEqual(rig.holds, NOTHING);
  assert.deepEqual(other.handler.told, ["delta AAAA of item_a1 in resp_1"]);
});

Deno.test("RealtimeSession is clogged while its socket holds more than two seconds of audio", () => {
  const rig = SessionRig.ready();
  rig.socket.bufferedAmount = SESSION_CLOGGED_BYTES;
  assert.equal(rig.session.isClogged, false);
  rig.socket.bufferedAmount++;
  assert.equal(rig.session.isClogged, true);
  rig.session.close();
  assert.equal(rig.session.isClogged, false);
});

Deno.test("RealtimeSession is lost when it is to send an event and nothing has been read for long, but not at once", async () => {
  const rig = SessionRig.ready();
  rig.socket.bufferedAmount = SESSION_LOST_BYTES + 1;
  rig.session.send({ type: "response.create" });
  assert.deepEqual(rig.handler.told, []);
  await settle();
  assert.deepEqual(rig.handler.told, ["lost retryable realtime_backlog"]);
  assert.deepEqual([rig.socket.sent, rig.holds], [[], NOTHING]);
});
