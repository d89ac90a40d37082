import assert from "node:assert/strict";
import type { CallSnapshot } from "../../../src/observability/reports/call_snapshot.ts";
import { type DashboardView, MAX_CALLS_SHOWN } from "../../../src/observability/reports/dashboard_data.ts";
import {
  type AlarmEvent,
  type AlarmName,
  MAX_ALARM_EVENTS,
} from "../../../src/observability/memory/memory_alarms.ts";
import { mergeCalls, mergePast, mergeViews } from "../../../src/observability/reports/merge_views.ts";

function call(startedAtEpochMs: number): CallSnapshot {
  return {
    callSid: `CA${startedAtEpochMs}`,
    business: "acme",
    number: "01",
    isOutbound: false,
    startedAtEpochMs,
    durationMs: 1,
    state: "listening",
    memory: { outputRing: 1, inputRing: 0, engine: 0, backlog: 0 },
    ledgerBytes: 1,
    latency: null,
    costUsd: null,
    lastWords: null,
  };
}

const sample = (epochMs: number, activeCalls: number) => ({
  epochMs,
  rss: 60,
  rssAnon: 20,
  heapUsed: 10,
  activeCalls,
});

function view(changes: Partial<DashboardView> = {}): DashboardView {
  return {
    sample: sample(1000, 1),
    limit: 500,
    peakCalls: 2,
    totalCalls: 5,
    perCall: 100,
    lagMs: 1,
    admission: { state: "open", live: 1, reserved: 0, refused: 1 },
    alarms: { active: [], events: [] },
    pressure: "none",
    calls: [call(10)],
    moreCalls: 0,
    ...changes,
  };
}

Deno.test("mergeCalls() puts the calls of all workers in order, and names who told nothing", () => {
  const merged = mergeCalls([
    { worker: 0, answer: { calls: [call(10), call(30)] } },
    { worker: 1, missing: "is not running" },
    { worker: 2, answer: { calls: [call(20)] } },
  ]);
  assert.deepEqual(merged.calls.map(({ startedAtEpochMs }) => startedAtEpochMs), [10, 20, 30]);
  assert.deepEqual(merged.missing, [{ worker: 1, missing: "is not running" }]);
});

Deno.test("mergePast() adds to each sample what the others had measured last, unless it is old", () => {
  const { samples } = mergePast([
    { worker: 0, answer: { samples: [sample(100_000, 1), sample(130_000, 2)] } },
    { worker: 1, answer: { samples: [sample(95_000, 10), sample(129_000, 20)] } },
    { worker: 2, answer: { samples: [sample(10_000, 100)] } },
  ]);
  assert.deepEqual(samples.map(({ epochMs, activeCalls, rss }) => [epochMs, activeCalls, rss]), [
    [100_000, 11, 120],
    [130_000, 22, 120],
  ]);
  assert.deepEqual(mergePast([{ worker: 0, missing: "is not running" }]), { samples: [] });
});

Deno.test("mergeViews() shows all workers as one server, the latest calls first", () => {
  const merged = mergeViews([
    { worker: 0, answer: view({ admission: { state: "full", live: 1, reserved: 1, refused: 3 } }) },
    {
      worker: 1,
      answer: view({ calls: [call(20), call(5)], sample: sample(1500, 3), perCall: 200, lagMs: 7 }),
    },
    { worker: 2, missing: "does not answer" },
  ]);
  assert.deepEqual(merged.admission, { state: "open", live: 2, reserved: 1, refused: 4 });
  assert.deepEqual(merged.sample, { epochMs: 1500, rss: 120, rssAnon: 40, heapUsed: 20, activeCalls: 4 });
  assert.deepEqual([merged.limit, merged.perCall, merged.lagMs, merged.totalCalls], [1000, 175, 7, 10]);
  assert.deepEqual(merged.calls.map(({ startedAtEpochMs }) => startedAtEpochMs), [20, 10, 5]);
  assert.deepEqual(merged.missing, [{ worker: 2, missing: "does not answer" }]);
});

Deno.test("mergeViews() shows each alarm that is raised anywhere once, and the latest events of all in order", () => {
  const raised = (alarm: AlarmName, epochMs: number): AlarmEvent => ({ alarm, change: "raised", epochMs });
  const { alarms } = mergeViews([
    { worker: 0, answer: view({ alarms: { active: ["growth"], events: [raised("growth", 20)] } }) },
    {
      worker: 1,
      answer: view({
        alarms: { active: ["growth", "no_return"], events: [raised("growth", 10), raised("no_return", 30)] },
      }),
    },
    { worker: 2, answer: view() },
  ]);
  assert.deepEqual(alarms, {
    active: ["growth", "no_return"],
    events: [raised("growth", 10), raised("growth", 20), raised("no_return", 30)],
  });
  const many = Array.from({ length: MAX_ALARM_EVENTS }, (_, index) => raised("growth", index));
  const merged = mergeViews([0, 1].map((worker) => ({
    worker,
    answer: view({ alarms: { active: [], events: many } }),
  })));
  assert.equal(merged.alarms.events.length, MAX_ALARM_EVENTS);
  assert.equal(merged.alarms.events[0].epochMs, MAX_ALARM_EVENTS / 2);
});

Deno.test("mergeViews() shows no more calls than one process would, and refuses only when all do", () => {
  const many = Array.from({ length: MAX_CALLS_SHOWN }, (_, index) => call(index));
  const state = "full" as const;
  const full = view({ calls: many, moreCalls: 3, admission: { state, live: 1, reserved: 0, refused: 0 } });
  const merged = mergeViews([{ worker: 0, answer: full }, { worker: 1, answer: full }]);
  assert.equal(merged.calls.length, MAX_CALLS_SHOWN);
  assert.equal(merged.moreCalls, MAX_CALLS_SHOWN + 6);
  assert.equal(merged.admission.state, "full");
});
