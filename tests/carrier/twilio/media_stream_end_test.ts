import assert from "node:assert/strict";
import {
  dtmfText,
  markText,
  mediaText,
  startText,
  stopText,
  STREAM_SID,
} from "../../support/stream_messages.ts";
import { NOTHING, RecordingHandler, StreamRig } from "../../support/stream_rig.ts";

const ends: Record<string, { end: (rig: StreamRig) => void; told: string; closes: number }> = {
  "stop and no close": { end: (rig) => rig.socket.deliver(stopText()), told: "end stopped", closes: 1 },
  "close and no stop": { end: (rig) => rig.socket.closeByPeer(1006), told: "end closed", closes: 0 },
  "stop, then close": {
    end: (rig) => {
      rig.socket.deliver(stopText());
      rig.socket.closeByPeer();
    },
    told: "end stopped",
    closes: 1,
  },
  "close, then stop": {
    end: (rig) => {
      rig.socket.closeByPeer();
      rig.socket.deliver(stopText());
    },
    told: "end closed",
    closes: 0,
  },
  "close twice": {
    end: (rig) => {
      rig.socket.closeByPeer();
      rig.socket.closeByPeer();
    },
    told: "end closed",
    closes: 0,
  },
  "an error": { end: (rig) => rig.socket.fail("broken pipe"), told: "end closed", closes: 0 },
  "our own close": { end: (rig) => rig.stream.close(), told: "end local", closes: 1 },
  "our own close, and then the peer's": {
    end: (rig) => {
      rig.stream.close();
      rig.stream.close();
      rig.socket.closeByPeer();
    },
    told: "end local",
    closes: 1,
  },
};

for (const [name, { end, told, closes }] of Object.entries(ends)) {
  Deno.test(`MediaStream ends exactly once and holds nothing after ${name}`, async () => {
    const rig = await StreamRig.live();
    rig.socket.deliver(mediaText(0, "AAAA"));
    end(rig);
    rig.socket.deliver(mediaText(20, "BBBB"));
    rig.socket.deliver(dtmfText("1"));
    rig.clock.advance(60_000);
    assert.deepEqual(rig.handler.told, ["audio AAAA", told]);
    assert.equal(rig.socket.closes.length, closes);
    assert.deepEqual(rig.holds, NOTHING);
    assert.equal(rig.stream.backlogBytes, 0);
  });
}

Deno.test("MediaStream tells a call that was accepted too late that its stream is gone", async () => {
  const rig = new StreamRig();
  rig.socket.deliver(startText());
  rig.socket.closeByPeer(1006);
  await rig.decide(rig.handler);
  assert.deepEqual(rig.handler.told, ["end closed"]);
  assert.deepEqual(rig.holds, NOTHING);
});

Deno.test("MediaStream ends a call whose stop came while it was being accepted", async () => {
  const rig = new StreamRig();
  rig.socket.deliver(startText());
  rig.socket.deliver(mediaText(0, "AAAA"));
  rig.socket.deliver(stopText());
  rig.socket.deliver(mediaText(20, "BBBB"));
  await rig.decide(rig.handler);
  assert.deepEqual(rig.handler.told, ["audio AAAA", "end stopped"]);
  assert.deepEqual(rig.holds, NOTHING);
});

Deno.test("MediaStream outlives a handler that throws at the end, and reports it", async () => {
  const failure = new Error("at the end");
  class FailingHandler extends RecordingHandler {
    override onEnd(): never {
      throw failure;
    }
  }
  const rig = await StreamRig.live(new FailingHandler());
  rig.socket.closeByPeer();
  assert.deepEqual(rig.errors, [failure]);
  assert.deepEqual(rig.holds, NOTHING);
});

Deno.test("MediaStream sends media, marks and clear while it is live", async () => {
  const rig = await StreamRig.live();
  rig.stream.sendMedia("AAAA");
  rig.stream.sendMark("g0:3");
  rig.stream.sendClear();
  rig.socket.bufferedAmount = 321;
  assert.deepEqual(rig.socket.sentEvents, [
    { event: "media", streamSid: STREAM_SID, media: { payload: "AAAA" } },
    { event: "mark", streamSid: STREAM_SID, mark: { name: "g0:3" } },
    { event: "clear", streamSid: STREAM_SID },
  ]);
  assert.equal(rig.stream.backlogBytes, 321);
});

Deno.test("MediaStream sends nothing before it is accepted, while the socket closes, or after the end", async () => {
  const early = new StreamRig();
  early.stream.sendClear();
  early.socket.deliver(startText());
  early.stream.sendMedia("AAAA");
  assert.deepEqual(early.socket.sent, []);

  const closing = await StreamRig.live();
  closing.socket.readyState = WebSocket.CLOSING;
  closing.stream.sendMedia("AAAA");
  closing.stream.close();
  closing.stream.sendMark("g0:3");
  assert.deepEqual(closing.socket.sent, []);
});

Deno.test("MediaStream echoes of marks arrive by name, cleared ones too", async () => {
  const rig = await StreamRig.live();
  for (const name of ["g0:3200", "g0:6400", "not ours"]) rig.socket.deliver(markText(name));
  assert.deepEqual(rig.handler.told, ["mark g0:3200", "mark g0:6400", "mark not ours"]);
});

Deno.test("MediaStream closes its socket normally by itself and after stop", async () => {
  for (
    const end of [(rig: StreamRig) => rig.stream.close(), (rig: StreamRig) => rig.socket.deliver(stopText())]
  ) {
    const rig = await StreamRig.live();
    end(rig);
    assert.equal(rig.socket.closes[0][0], 1000);
  }
});

Deno.test("MediaStream ends, and reports it, when its socket cannot be closed", async () => {
  const rig = await StreamRig.live();
  const failure = new Error("no such socket");
  rig.socket.close = () => {
    throw failure;
  };
  rig.stream.close();
  assert.equal(rig.stream.isEnded, true);
  assert.deepEqual(rig.errors, [failure]);
});
