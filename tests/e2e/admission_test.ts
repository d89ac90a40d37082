import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { toneAgent } from "../../src/lab/openai/agents/tone_agent.ts";
import { BridgeRig } from "../support/bridge_rig.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { eventually } from "../support/eventually.ts";

const test = sideBySide("More callers than there are lines");

const WITHIN_MS = 30_000;

async function readiness(rig: BridgeRig): Promise<unknown[]> {
  const answer = await fetch(`${rig.line.server}/readyz`);
  return [answer.status, (await answer.json()).status];
}

test("of 60 callers at 20 lines exactly 20 talk untouched, 40 hear the busy words, and none is cut", async () => {
  await using rig = await BridgeRig.start({
    env: { MAX_CALLS: "20" },
    emulator: { agent: toneAgent(3), speed: 8 },
    business: { busyWords: "Busy." },
  });
  const callers = Array.from({ length: 60 }, () => rig.caller());
  const placed = callers.map((caller) => caller.place());
  await eventually("40 are refused", () => callers.filter(({ isOver }) => isOver).length === 40, WITHIN_MS);
  assert.deepEqual(await readiness(rig), [503, "full"]);
  const taken = callers.filter(({ isOver }) => !isOver);
  for (const caller of taken) {
    assert.ok(await caller.until(() => caller.player.playedBytes(rig.clock.now()) >= 23_990, WITHIN_MS));
  }
  assert.equal(rig.app.calls.active, 20);
  for (const caller of taken) caller.hangUp();
  const reports = await Promise.all(placed);
  const connected = reports.filter(({ outcome }) => outcome === "connected");
  const refused = reports.filter(({ outcome }) => outcome === "refused");
  assert.deepEqual([connected.length, refused.length], [20, 40]);
  for (const { endedBy, problems, said } of connected) {
    assert.deepEqual([endedBy, problems, said], ["caller", [], []]);
  }
  for (const { problems, said } of refused) assert.deepEqual([problems, said], [[], ["Busy."]]);
  assert.equal(rig.log.names.filter((name) => name === "call_refused").length, 40);
  assert.equal(rig.emulator.stats().sessionsOpened, 20, "nothing is connected for who is refused");
  await eventually("the lines are free", async () => (await readiness(rig))[0] === 200);
});

test("a caller who waits in line is put through when one is free", async () => {
  await using rig = await BridgeRig.start({
    env: { MAX_CALLS: "1" },
    business: {
      busyWords: "Busy.",
      whenBusy: { ...DEFAULT_BUSINESS.whenBusy, tries: 20, retrySeconds: 1, waitWords: "Please hold." },
    },
  });
  const [first, second] = [rig.caller(), rig.caller()];
  const reports = [first.place()];
  assert.ok(await first.until(() => first.isConnected, WITHIN_MS));
  reports.push(second.place());
  assert.ok(await second.until(() => second.said.length >= 2, WITHIN_MS));
  assert.equal(second.isConnected, false);
  first.hangUp();
  assert.ok(await second.until(() => second.player.receivedBytes > 0, WITHIN_MS));
  second.hangUp();
  for (const { problems } of await Promise.all(reports)) assert.deepEqual(problems, []);
  assert.deepEqual([...new Set(second.said)], ["Please hold."]);
});
