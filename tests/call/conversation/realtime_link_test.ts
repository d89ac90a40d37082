import assert from "node:assert/strict";
import {
  type LinkHandler,
  MAX_FAILED_CONNECTS,
  RATE_LIMIT_PAUSE_MS,
  RealtimeLink,
  REFUSED_PATIENCE_MS,
  SECOND_ATTEMPT_AFTER_MS,
} from "../../../src/call/conversation/realtime_link.ts";
import { Reconnects } from "../../../src/model/reconnects.ts";
import { RealtimeSession } from "../../../src/model/openai/realtime_session.ts";
import type { RealtimeError } from "../../../src/model/realtime_error.ts";
import { FakeSocket } from "../../support/fake_socket.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { audioDelta, SESSION_REQUEST, sessionUpdated } from "../../support/session_rig.ts";

const CONNECT_WITHIN_MS = 8_000;

/** A link whose connections the test answers, one socket after another. */
class Rig implements LinkHandler {
  readonly clock = new ManualClock();
  readonly sockets: FakeSocket[] = [];
  readonly told: string[] = [];
  isPaused = true;
  isOwing = false;
  readonly link: RealtimeLink;

  constructor() {
    const open = () => {
      const socket = new FakeSocket("connecting");
      this.sockets.push(socket);
      return socket;
    };
    const options = { open, session: SESSION_REQUEST, clock: this.clock };
    const reconnects = new Reconnects(this.clock, () => 1);
    this.link = new RealtimeLink((handler) => new RealtimeSession(options, handler), this.clock, this, {
      connectWithinMs: CONNECT_WITHIN_MS,
      reconnects,
    });
  }

  onUp(_session: unknown, isFirst: boolean): void {
    this.told.push(isFirst ? "first" : "up");
  }

  onDown({ code }: RealtimeError): void {
    this.told.push(`down ${code}`);
  }

  onUnavailable({ code }: RealtimeError): void {
    this.told.push(`unavailable ${code} at ${this.clock.now()}`);
    this.link[Symbol.dispose](); // as the call does
  }

  onAudioDelta(_text: string, _start: number, _end: number, itemId: string): void {
    this.told.push(`audio of ${itemId}`);
  }

  onEvent(): void {}

  onError(): void {}

  get last(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  /** The last connection becomes a session that OpenAI ends after `lifeMs`. */
  accept(lifeMs = 60 * 60_000, socket = this.last): void {
    socket.open();
    socket.deliver(
      sessionUpdated({ type: "realtime", expires_at: Math.floor((this.clock.epoch() + lifeMs) / 1000) }),
    );
  }

  /** Moves time on, while what is open answers heartbeats. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 500) {
      this.clock.advance(Math.min(500, left));
      for (const socket of this.sockets) {
        if (socket.readyState === 1) socket.deliver({ type: "rate_limits.updated" });
      }
    }
  }
}

Deno.test("RealtimeLink makes a second attempt beside a slow first one, and gives up when neither is answered", () => {
  const rig = new Rig();
  rig.clock.advance(SECOND_ATTEMPT_AFTER_MS - 1);
  assert.equal(rig.sockets.length, 1);
  rig.clock.advance(1);
  assert.equal(rig.sockets.length, 2);
  rig.clock.advance(CONNECT_WITHIN_MS - SECOND_ATTEMPT_AFTER_MS - 1);
  assert.deepEqual([rig.sockets.map(({ readyState }) => readyState), rig.told], [[0, 0], []]);
  rig.clock.advance(1);
  assert.deepEqual(rig.told, [`unavailable realtime_unreachable at ${CONNECT_WITHIN_MS}`]);
  assert.equal(rig.clock.pending, 0);
});

Deno.test("RealtimeLink takes whichever of two attempts is ready first, and closes the other", () => {
  for (const faster of [0, 1]) {
    const rig = new Rig();
    rig.clock.advance(3_000);
    rig.sockets[1 - faster].open(); // accepted, and not confirmed
    rig.accept(undefined, rig.sockets[faster]);
    assert.deepEqual(rig.told, ["first"]);
    assert.equal(rig.sockets[faster].readyState, 1);
    assert.equal(rig.sockets[1 - faster].readyState, 3);
    rig.pass(10_000);
    assert.deepEqual([rig.sockets.length, rig.told], [2, ["first"]]);
  }
});

Deno.test("RealtimeLink goes on with one attempt when the other fails, and gives up at once when the answer is final", () => {
  const rig = new Rig();
  rig.clock.advance(2_000);
  rig.sockets[1].fail("Invalid status code: 500");
  rig.clock.advance(2_000);
  rig.accept(undefined, rig.sockets[0]);
  assert.deepEqual(rig.told, ["first"]);
  const refused = new Rig();
  refused.clock.advance(2_000);
  refused.sockets[1].fail("Invalid status code: 401");
  assert.deepEqual(refused.told, ["unavailable invalid_api_key at 2000"]);
  assert.equal(refused.clock.pending, 0);
});

Deno.test("RealtimeLink gives up a session that is accepted and never configured", () => {
  const rig = new Rig();
  rig.last.open();
  rig.clock.advance(1_300);
  rig.last.open();
  rig.clock.advance(CONNECT_WITHIN_MS);
  assert.deepEqual(rig.told, [`unavailable realtime_unreachable at ${CONNECT_WITHIN_MS}`]);
});

Deno.test("RealtimeLink gives up at once after five failed connections, and at the first fatal one", () => {
  const rig = new Rig();
  for (const pauseMs of [100, 250, 500, 1_000]) {
    rig.last.fail("Invalid status code: 500");
    rig.clock.advance(pauseMs);
  }
  assert.deepEqual([rig.sockets.length, rig.told], [MAX_FAILED_CONNECTS, []]);
  rig.last.fail("Invalid status code: 500");
  assert.deepEqual(rig.told, ["unavailable realtime_refused at 1850"]);
  const refused = new Rig();
  refused.last.fail("Invalid status code: 401");
  assert.deepEqual(refused.told, ["unavailable invalid_api_key at 0"]);
});

Deno.test("RealtimeLink gives a lost session's successor as long as the first, with a second attempt beside it", () => {
  const rig = new Rig();
  rig.accept();
  rig.pass(60_000);
  rig.last.closeByPeer(1006);
  assert.deepEqual(rig.told, ["first", "down realtime_closed"]);
  rig.clock.advance(CONNECT_WITHIN_MS - 1);
  assert.equal(rig.sockets.length, 3);
  rig.accept(undefined, rig.sockets[1]);
  assert.equal(rig.sockets[2].readyState, 3);
  rig.pass(60_000);
  assert.deepEqual(rig.told, ["first", "down realtime_closed", "up"]);
  rig.sockets[1].closeByPeer(1006);
  rig.clock.advance(CONNECT_WITHIN_MS);
  assert.equal(rig.told.at(-1), `unavailable realtime_unreachable at ${rig.clock.now()}`);
});

Deno.test("RealtimeLink waits a moment before it connects again where OpenAI limits the rate", () => {
  const rig = new Rig();
  rig.last.fail("Invalid status code: 429");
  rig.clock.advance(RATE_LIMIT_PAUSE_MS - 1);
  assert.equal(rig.sockets.length, 1);
  rig.clock.advance(1);
  assert.equal(rig.sockets.length, 2);
  rig.accept();
  rig.last.deliver({
    type: "error",
    error: { type: "tokens", code: "rate_limit_exceeded", message: "wait" },
  });
  assert.deepEqual(rig.told, ["first", "down rate_limit_exceeded"]);
  rig.clock.advance(RATE_LIMIT_PAUSE_MS - 1);
  assert.equal(rig.sockets.length, 2);
  rig.clock.advance(1);
  assert.equal(rig.sockets.length, 3);
});

Deno.test("RealtimeLink tries for the next session ever more seldom while the old one serves, and tells nobody", () => {
  const rig = new Rig();
  rig.accept();
  rig.pass(55 * 60_000 - 1_000);
  assert.equal(rig.sockets.length, 1);
  for (let tenths = 0; tenths < 1_200; tenths++) {
    rig.pass(100);
    const { last } = rig;
    if (last.readyState === 0) last.fail("Invalid status code: 401");
  }
  // After 0, 1, 6, 21, 51, 81 and 111 of 120 seconds.
  assert.equal(rig.sockets.length, 1 + 7);
  assert.deepEqual(rig.told, ["first"]);
});

Deno.test("RealtimeLink counts failed connections anew once the session that served meanwhile is lost", () => {
  const rig = new Rig();
  rig.accept();
  rig.pass(55 * 60_000 - 1_000);
  for (let i = 0; i < MAX_FAILED_CONNECTS; i++) {
    rig.pass(31_000);
    rig.last.fail("Invalid status code: 500");
  }
  rig.sockets[0].closeByPeer(1006);
  rig.last.fail("Invalid status code: 500");
  rig.clock.advance(100);
  rig.accept();
  assert.deepEqual(rig.told, ["first", "down realtime_closed", "up"]);
});

Deno.test("RealtimeLink lets the conversation hear the current session only, from one pause to the next", () => {
  const rig = new Rig();
  rig.last.deliver(audioDelta("AAAA", "too_early"));
  rig.accept();
  const first = rig.last;
  first.deliver(audioDelta("AAAA", "of_first"));
  rig.isPaused = false;
  rig.pass(55 * 60_000 + 1_000);
  const next = rig.last;
  rig.accept();
  next.deliver(audioDelta("AAAA", "not_current"));
  first.deliver(audioDelta("AAAA", "still_of_first"));
  rig.isPaused = true;
  rig.pass(1_000);
  next.deliver(audioDelta("AAAA", "of_next"));
  first.deliver(audioDelta("AAAA", "too_late"));
  assert.deepEqual(rig.told, [
    "first",
    "audio of of_first",
    "audio of still_of_first",
    "up",
    "audio of of_next",
  ]);
});

Deno.test("RealtimeLink waits with a talk that is refused for the model's load, and counts no failed connection", () => {
  for (const status of [429, 503]) {
    const rig = new Rig();
    rig.accept();
    rig.pass(10_000);
    rig.last.closeByPeer(1006);
    const lostAtMs = rig.clock.now();
    while (rig.told.length === 2) {
      for (const socket of rig.sockets) {
        if (socket.readyState === 0) socket.fail(`Invalid status code: ${status}`);
      }
      rig.clock.advance(100);
    }
    const code = "realtime_unreachable";
    assert.equal(rig.told.at(-1), `unavailable ${code} at ${lostAtMs + REFUSED_PATIENCE_MS}`);
    assert.ok(rig.sockets.length <= 9, `${rig.sockets.length} connections`);
    assert.equal(rig.clock.pending, 0);
  }
});

Deno.test("RealtimeLink gives up when each session is lost as soon as it is ready, after ever longer pauses", () => {
  const rig = new Rig();
  for (let i = 0; i < MAX_FAILED_CONNECTS; i++) {
    rig.accept();
    rig.last.closeByPeer(1008);
    rig.clock.advance(1_000);
  }
  assert.equal(rig.sockets.length, MAX_FAILED_CONNECTS);
  assert.match(rig.told.at(-1)!, /^unavailable realtime_closed/);
});
