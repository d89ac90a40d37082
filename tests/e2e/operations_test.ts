import assert from "node:assert/strict";
import type { CallSnapshot } from "../../src/observability/reports/call_snapshot.ts";
import { METRICS } from "../../src/observability/metrics/catalogue.ts";
import { parseExposition } from "../support/exposition.ts";
import { ANSWER, call, GREETING, say, sessions, Talk } from "../support/talk.ts";

/** What `GET /metrics` says, by series. */
async function metricsOf({ rig }: Talk): Promise<Map<string, number>> {
  const answer = await rig.get("/metrics");
  assert.equal(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const metrics = parseExposition(await answer.text());
  assert.equal(metrics.size, Object.keys(METRICS).length);
  return new Map([...metrics.values()].flatMap(({ samples }) => [...samples]));
}

async function callsOf({ rig }: Talk): Promise<CallSnapshot[]> {
  return (await (await rig.get("/calls")).json()).calls;
}

Deno.test("GET /calls shows a call while it is live, without telling who calls", async () => {
  await using talk = await Talk.start({
    business: { id: "acme" },
    emulator: {
      agent: sessions([say(GREETING), say(ANSWER, 3_000, "Write to info@acme.test or call 020 7946 0999.")]),
    },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  await talk.until("it listens", async () => (await callsOf(talk))[0].state === "listening");
  await talk.speak(600);
  await talk.hears(ANSWER);
  const [shown, ...more] = await callsOf(talk);
  assert.deepEqual(more, []);
  assert.deepEqual([shown.business, shown.number, shown.isOutbound], ["acme", "…01", false]);
  assert.equal(shown.state, "answering");
  assert.ok(Math.abs(Date.now() - shown.durationMs - shown.startedAtEpochMs) < 2_000);
  assert.ok(shown.memory.engine > 0, `${shown.memory.engine}`);
  const { outputRing, inputRing, engine, backlog } = shown.memory;
  assert.equal(shown.ledgerBytes, outputRing + inputRing + engine + backlog);
  assert.equal(shown.latency!.turns, 1);
  assert.ok(shown.costUsd! > 0, `${shown.costUsd}`);
  assert.equal(shown.lastWords!.speaker, "agent");
  assert.doesNotMatch(JSON.stringify(shown), /acme\.test|7946|5550100/);
  await talk.hangUp();
  assert.deepEqual(await callsOf(talk), []);
});

Deno.test("GET /metrics counts calls, turns, tools and cost", async () => {
  await using talk = await Talk.start({
    env: { MAX_CALLS: "1" },
    emulator: { agent: sessions([say(GREETING), call("nonsense"), say(ANSWER)]) },
  });
  await talk.hears(GREETING);
  const before = await metricsOf(talk);
  assert.equal(before.get("slimline_calls_started_total"), 1);
  assert.equal(before.get("slimline_cost_usd_total"), 0);
  await talk.hearsOut();
  await talk.speak();
  await talk.hears(ANSWER);
  const busy = await talk.rig.caller().place();
  assert.ok(busy.receivedMs === 0);
  const during = await metricsOf(talk);
  const value = (series: string) => during.get(`slimline_${series}`);
  assert.equal(value("calls_active"), 1);
  assert.equal(value("kernel_slots"), 1);
  assert.equal(value("sessions"), 1);
  assert.equal(value('calls_refused_total{reason="full"}'), 1);
  assert.equal(value('admission{state="full"}'), 1);
  assert.equal(value('tool_calls_total{outcome="refused"}'), 1);
  assert.ok(value('call_memory_bytes{part="engine"}')! > 0);
  for (const moment of ["received", "sent", "played"]) {
    assert.equal(value(`turn_${moment}_seconds_count`), 1, moment);
    assert.ok(value(`turn_${moment}_seconds_sum`)! < 5, moment);
  }
  assert.ok(value("event_loop_lag_seconds_count")! > 5);
  assert.equal(value('memory_alarm{alarm="growth"}'), 0);
  assert.ok(during.get("process_resident_memory_bytes")! > 20e6);
  await talk.hangUp();
  await talk.until(
    "the session is closed",
    async () => (await metricsOf(talk)).get("slimline_sessions") === 0,
  );
  const after = await metricsOf(talk);
  assert.equal(after.get('slimline_streams_ended_total{reason="caller_hung_up"}'), 1);
  assert.equal(after.get('slimline_admission{state="open"}'), 1);
  assert.ok(after.get("slimline_cost_usd_total")! > 0);
});

Deno.test("GET /metrics counts sessions lost", async () => {
  await using talk = await Talk.start({
    emulator: {
      agent: sessions([say(GREETING)], [say(ANSWER)]),
      script: [{ failure: "drop", at: { on: "elapsed", afterMs: 1_000 }, sessions: 1 }],
    },
  });
  await talk.until("a session was lost", async () => {
    const metrics = await metricsOf(talk);
    return metrics.get("slimline_sessions_lost_total") === 1;
  });
  await talk.hangUp();
});
