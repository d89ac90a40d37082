import assert from "node:assert/strict";
import { Journal } from "../../../src/call/journal/journal.ts";
import { Metrics } from "../../../src/observability/metrics/metrics.ts";
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
