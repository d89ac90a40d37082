import assert from "node:assert/strict";
import { LatencyMeter, MAX_TURNS } from "../../../src/call/journal/latency.ts";
import { ManualClock } from "../../support/manual_clock.ts";

function setUp() {
  const clock = new ManualClock();
  return { clock, meter: new LatencyMeter(clock) };
}

/** A turn whose steps are `stepMs` apart: created, received, sent, played. */
function answer({ clock, meter }: ReturnType<typeof setUp>, responseId: string, stepMs: number): void {
  meter.dropTurn();
  clock.advance(700);
  meter.speechStopped();
  clock.advance(stepMs);
  meter.responseCreated(responseId);
  clock.advance(stepMs);
  meter.audioReceived(responseId);
  clock.advance(stepMs);
  meter.audioSent(responseId);
  clock.advance(stepMs);
  meter.audioPlayed(responseId);
}

Deno.test("LatencyMeter measures a turn from the end of speech", () => {
  const bench = setUp();
  answer(bench, "r1", 100);
  assert.deepEqual(bench.meter.past.turns, [{
    responseId: "r1",
    receivedMs: 200,
    sentMs: 300,
    playedMs: 400,
  }]);
});

Deno.test("LatencyMeter counts only the first audio of an answer", () => {
  const { clock, meter } = setUp();
  meter.speechStopped();
  meter.responseCreated("r1");
  for (let n = 0; n < 3; n++) {
    clock.advance(50);
    meter.audioReceived("r1");
    meter.audioSent("r1");
  }
  meter.audioPlayed("r1", 90);
  meter.audioPlayed("r1");
  assert.deepEqual(meter.past.turns, [{ responseId: "r1", receivedMs: 50, sentMs: 50, playedMs: 90 }]);
});

Deno.test("LatencyMeter takes the answer after a tool for the turn's answer", () => {
  const { clock, meter } = setUp();
  meter.speechStopped();
  meter.responseCreated("r1"); // a function call only
  clock.advance(900);
  meter.responseCreated("r2");
  clock.advance(100);
  meter.audioReceived("r2");
  meter.audioSent("r2");
  meter.audioPlayed("r2");
  assert.deepEqual(meter.past.turns.map((turn) => [turn.responseId, turn.playedMs]), [["r2", 1_000]]);
});

Deno.test("LatencyMeter keeps to the answer that has begun when another response follows it", () => {
  const { clock, meter } = setUp();
  meter.speechStopped();
  meter.responseCreated("r1");
  meter.audioReceived("r1");
  meter.audioSent("r1");
  meter.responseCreated("r2");
  clock.advance(80);
  meter.audioPlayed("r1");
  assert.deepEqual(meter.past.turns.map((turn) => [turn.responseId, turn.playedMs]), [["r1", 80]]);
});

Deno.test("LatencyMeter ignores audio of responses from before the caller stopped", () => {
  const { meter } = setUp();
  meter.responseCreated("r0");
  meter.speechStopped();
  meter.audioReceived("r0");
  meter.audioSent("r0");
  meter.audioPlayed("r0");
  assert.deepEqual(meter.past.turns, []);
  assert.equal(meter.summary(), undefined);
});

Deno.test("LatencyMeter drops a turn that the caller went on with before any answer", () => {
  const bench = setUp();
  bench.meter.speechStopped();
  bench.meter.responseCreated("r1");
  bench.meter.audioReceived("r1");
  bench.meter.audioSent("r1");
  bench.meter.dropTurn();
  bench.meter.audioPlayed("r1");
  assert.deepEqual(bench.meter.past.turns, []);
  answer(bench, "r2", 10);
  assert.equal(bench.meter.past.turns.length, 1);
});

Deno.test("LatencyMeter never has audio played before it was sent", () => {
  const { clock, meter } = setUp();
  meter.speechStopped();
  meter.responseCreated("r1");
  clock.advance(100);
  meter.audioReceived("r1");
  meter.audioPlayed("r1"); // not sent yet
  meter.audioSent("r1");
  meter.audioPlayed("r1", 60);
  assert.equal(meter.past.turns[0].playedMs, 100);
});

Deno.test("LatencyMeter sums up by median and worst, over the turns it keeps", () => {
  const bench = setUp();
  answer(bench, "r0", 10_000);
  for (let n = 1; n <= MAX_TURNS; n++) answer(bench, `r${n}`, n);
  assert.equal(bench.meter.past.turns.length, MAX_TURNS);
  assert.deepEqual(bench.meter.summary(), {
    turns: MAX_TURNS + 1,
    received: { p50Ms: 200, maxMs: 400 },
    sent: { p50Ms: 300, maxMs: 600 },
    played: { p50Ms: 400, maxMs: 800 },
  });
});
