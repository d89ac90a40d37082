import assert from "node:assert/strict";
import { scriptedAgent } from "../../src/lab/openai/agents/scripted_agent.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { eventually } from "../support/eventually.ts";
import { ServerRig } from "../support/server_rig.ts";

const CALLS = 5;
const STOPS_MS = [2_000, 3_000];
/** What the runtime and the machine lose by themselves. */
const MAX_MISSING_MS = 40;

Deno.test("A server that stands still for seconds puts no silence into calls, replaces no session, and loses no call", async () => {
  const say = { say: { toneMs: 400, transcript: "Hello." } };
  await using rig = await ServerRig.start({ agent: scriptedAgent([say, say, say]) });
  const { server, emulator } = rig;
  const callers = Array.from(
    { length: CALLS },
    () => rig.caller({ speech: CallerSpeech.tone(300, 60_000) }),
  );
  const placed = callers.map((caller) => caller.place());
  await eventually("all talk", () => server.log.split(`"event":"agent_ready"`).length > CALLS);
  for (const stopMs of STOPS_MS) {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await server.standStill(stopMs);
  }
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const metrics = await (await rig.ask("/metrics")).text();
  const standsMs = Number(/^slimline_event_loop_lag_seconds_sum (\S+)$/m.exec(metrics)?.[1]) * 1_000;
  assert.ok(standsMs >= Math.max(...STOPS_MS), `${standsMs} ms of lag are shown`);
  for (const caller of callers) caller.hangUp();
  await Promise.all(placed);
  const ended = () => rig.logged("call_ended");
  await eventually("all are over", () => ended().length === CALLS);
  for (const { reason, uplinkMissingMs } of ended()) {
    assert.equal(reason, "caller_hung_up");
    assert.ok(Number(uplinkMissingMs) <= MAX_MISSING_MS, `${uplinkMissingMs} ms of silence were put in`);
  }
  assert.ok(!server.log.includes("agent_down"), "no session is replaced");
  assert.equal(emulator.stats().sessionsOpened, CALLS);
});
