import assert from "node:assert/strict";
import { Journal } from "../../../src/call/journal/journal.ts";
import { Metrics } from "../../../src/observability/metrics/metrics.ts";
import { skewedClock } from "../../cluster/fleet_rig.ts";
import { ManualClock } from "../../support/manual_clock.ts";

Deno.test("Journal books what each stream of a call adds, so that no minute counts twice", () => {
  const journal = new Journal(new ManualClock(), new Metrics());
  assert.deepEqual(journal.book({ durationMs: 60_000, costUsd: 0.5 }), { durationMs: 60_000, costUsd: 0.5 });
  assert.deepEqual(journal.book({ durationMs: 90_000, costUsd: 0.75 }), {
    durationMs: 30_000,
    costUsd: 0.25,
  });
});

// https://github.com/tonehq/tone/pull/352
Deno.test("Journal keeps a message once that the model takes again word for word, and two that differ twice", () => {
  const journal = new Journal(new ManualClock(), new Metrics());
  const message = { callerName: "Ann", number: "+15550100001", text: "Please call me back." };
  for (const taken of [message, { ...message }, { ...message, text: "Please call me back tomorrow." }]) {
    journal.messageTaken(taken);
  }
  assert.deepEqual(journal.report().messages.map(({ text }) => text), [
    "Please call me back.",
    "Please call me back tomorrow.",
  ]);
});

Deno.test("Journal goes on as old as it was, whatever the time is where it goes on", () => {
  const clock = new ManualClock();
  const metrics = new Metrics();
  const first = new Journal(clock, metrics);
  clock.advance(5_000);
  first.transcript.note("Before.");
  const state = first.state();
  for (const skewMs of [-10_000, 0, 10_000]) {
    const next = new Journal(skewedClock(clock, skewMs), metrics, state);
    next.transcript.note("After.");
    assert.equal(next.soFar().durationMs, 5_000);
    assert.deepEqual(next.transcript.entries().map(({ atMs }) => atMs), [5_000, 5_000]);
    assert.equal(next.report().startedAt, first.report().startedAt);
    const { ageMs: _, ...older } = state; // an earlier version says only by which clock it began
    assert.equal(new Journal(skewedClock(clock, skewMs), metrics, older).soFar().durationMs, 5_000 + skewMs);
  }
});
