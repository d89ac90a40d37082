import assert from "node:assert/strict";
import { BridgeRig } from "../support/bridge_rig.ts";
import { eventually } from "../support/eventually.ts";
import { LimitedModel } from "../support/limited_model.ts";

const CALLS = 50;
const PER_SECOND = 20;
/** Two and a half seconds at the limit, and the pauses in between. */
const BACK_WITHIN_MS = 12_000;
/** Requests for one session that was lost, on average. */
const MAX_REQUESTS_EACH = 3;

Deno.test("Fifty sessions that are lost at once under a limit of twenty a second all come back, those first who wait for words", async () => {
  await using model = new LimitedModel({ perSecond: PER_SECOND, statuses: [429, 503] });
  await using rig = await BridgeRig.start({ env: { OPENAI_REALTIME_URL: model.url, AUDIO_FORMAT: "pcmu" } });
  const callers = Array.from(
    { length: CALLS },
    (_, i) => rig.caller({ from: `+155501${String(i).padStart(5, "0")}` }),
  );
  // Every fifth caller is in the middle of an answer.
  const isOwed = new Map<string, boolean>();
  model.isOwed = (caller) => {
    if (!isOwed.has(caller)) isOwed.set(caller, isOwed.size % 5 === 0);
    return isOwed.get(caller)!;
  };
  const over = callers.map((caller) => caller.place());
  await eventually(
    "all calls talk",
    () => rig.log.names.filter((name) => name === "agent_ready").length === CALLS,
    20_000,
  );
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const lostAtMs = performance.now();
  model.loseAll();
  await eventually(
    "all are back",
    () => rig.log.names.filter((name) => name === "agent_back").length === CALLS,
    BACK_WITHIN_MS,
  );
  const tookMs = performance.now() - lostAtMs;
  assert.equal(rig.app.calls.active, CALLS, "no call is lost");
  assert.equal(rig.log.names.filter((name) => name === "agent_down").length, CALLS);
  assert.ok(model.asked.length <= CALLS * MAX_REQUESTS_EACH, `${model.asked.length} requests`);
  const order = [...model.back].sort(([, a], [, b]) => a - b).map(([caller]) => caller);
  const places = order.flatMap((caller, place) => isOwed.get(caller) ? place : []);
  assert.equal(places.length, CALLS / 5);
  // Those that were in time before the line formed, then they.
  assert.ok(Math.max(...places) < CALLS * 0.6, `they come ${places} of ${CALLS}, after ${tookMs} ms`);
  for (const caller of callers) caller.hangUp();
  await Promise.all(over);
  assert.deepEqual(new Set(rig.ended.map(({ reason }) => reason)), new Set(["caller_hung_up"]));
});
