import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { scriptedAgent } from "../../src/lab/openai/agents/scripted_agent.ts";
import { BridgeRig } from "../support/bridge_rig.ts";
import { LiveCounts } from "../support/live_counts.ts";
import { eventually } from "../support/eventually.ts";

/** An answer so long that every call below ends in the middle of it. */
const LONG_ANSWER = { agent: scriptedAgent([{ say: { toneMs: 20_000 } }]), speed: 20 };

/** Slots that calls and those yet to come have, as `GET /metrics` tells. */
async function admissionSlots(rig: BridgeRig): Promise<string[]> {
  const metrics = await (await rig.get("/metrics")).text();
  const slots = metrics.match(/^slimline_admission_slots\{state="(live|reserved)"\} \d+$/gm) ?? [];
  assert.equal(slots.length, 2, metrics);
  return slots;
}

/** What a process without calls holds: counted before, and again after. */
async function holdings(rig: BridgeRig) {
  const { kernelSlots, activeCalls } = await rig.memory();
  return {
    kernelSlots,
    activeCalls,
    admissionSlots: await admissionSlots(rig),
    deadlines: rig.serverClock.pending,
    sessions: rig.emulator.stats().sessionsOpen,
  };
}

for (const how of ["stop_and_close", "stop_only", "close_only", "drop"] as const) {
  Deno.test(`a call whose caller leaves in the middle of an answer (${how}) ends once and leaves nothing behind`, async () => {
    await using rig = await BridgeRig.start({ emulator: LONG_ANSWER });
    const before = await holdings(rig);
    const caller = rig.caller();
    const done = caller.place();
    assert.ok(await caller.until(() => caller.player.receivedBytes > 8_000, 30_000));
    caller.hangUp(how);
    await done;
    await eventually("the call ended", () => rig.ended.length > 0 && rig.emulator.stats().sessionsOpen === 0);
    assert.deepEqual(await holdings(rig), before);
    assert.equal(rig.ended.length, 1);
    const said = rig.log.events.filter(({ event }) => event === "call_ended");
    const reason = how.startsWith("stop") ? "caller_hung_up" : "stream_lost";
    assert.deepEqual(said.map(({ attributes }) => attributes.reason), [reason]);
  });
}

Deno.test("200 calls in a row end at the counts of the start: sockets, timers, rings, slots", async () => {
  using counts = new LiveCounts();
  // No more slots than calls at a time: one that is not given back refuses a later call.
  await using rig = await BridgeRig.start({ emulator: LONG_ANSWER, env: { MAX_CALLS: "10" } });
  const before = await holdings(rig);
  counts.keep(rig.app.calls);
  const atTheStart = counts.now;
  const ways = ["stop_and_close", "stop_only", "close_only", "drop"] as const;
  for (let i = 0; i < 200; i += 10) {
    await Promise.all(Array.from({ length: 10 }, async (_, k) => {
      const caller = rig.caller();
      const done = caller.place();
      assert.ok(await caller.until(() => caller.player.receivedBytes > 800, 30_000));
      const during = counts.now;
      assert.ok(during.twilioSockets > 0 && during.openAiSockets > 0, "what is counted is what calls use");
      assert.ok(during.callBytes > 0 && during.timers > 0);
      caller.hangUp(ways[k % ways.length]);
      await done;
    }));
    await eventually("the slots are free again", () => rig.app.calls.active === 0);
  }
  await eventually(
    "all calls ended",
    () => rig.ended.length === 200 && rig.emulator.stats().sessionsOpen === 0,
  );
  assert.deepEqual(await holdings(rig), before);
  assert.equal(counts.twilioSocketsEver, 200);
  await eventually("all counts are those of the start", () => isDeepStrictEqual(counts.now, atTheStart));
  const { totalCalls } = await rig.memory();
  assert.equal(totalCalls, 200);
});

Deno.test("a call that goes on in another process ends here at once, and the others go on", async () => {
  await using rig = await BridgeRig.start({ emulator: LONG_ANSWER });
  const callers = [rig.caller(), rig.caller()];
  const done = callers.map((caller) => caller.place());
  for (const caller of callers) {
    assert.ok(await caller.until(() => caller.player.receivedBytes > 8_000, 30_000));
  }
  rig.app.calls.leave(callers[0].callSid);
  assert.deepEqual(rig.summaries.map(({ info }) => info.callSid), [callers[0].callSid]);
  assert.deepEqual(rig.app.calls.snapshots().map(({ callSid }) => callSid), [callers[1].callSid]);
  assert.equal((await done[0]).endedBy, "server");
  callers[1].hangUp();
  await done[1];
});

Deno.test("a stop of the server ends its calls and closes both sides", async () => {
  const rig = await BridgeRig.start({ emulator: LONG_ANSWER });
  const caller = rig.caller();
  const done = caller.place();
  assert.ok(await caller.until(() => caller.player.receivedBytes > 8_000, 30_000));
  await rig.app.drain(0);
  const said = rig.log.events.filter(({ event }) => event === "call_ended");
  assert.deepEqual(said.map(({ attributes }) => attributes.reason), ["server_stopped"]);
  const report = await done;
  assert.equal(report.endedBy, "server");
  await eventually("OpenAI's side is closed", () => rig.emulator.stats().sessionsOpen === 0);
  await rig[Symbol.asyncDispose]();
});
