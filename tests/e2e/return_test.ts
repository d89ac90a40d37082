import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import type { CallSummary } from "../../src/call/call_summary.ts";
import { sleep } from "../../src/util/clock.ts";
import { sideBySide } from "../support/side_by_side.ts";
import {
  AGAIN,
  ANSWER,
  call,
  GREETING,
  QUICK,
  SALES,
  say,
  sessions,
  Talk,
  told,
  tools,
} from "../support/talk.ts";

const test = sideBySide("calls that leave their stream and come back, end to end");

const TRANSFER = call("transfer_call", { target: "sales" });
const NOBODY = { onDial: () => ({ status: "no-answer" as const }) };

/** How each stream ended, and what its tools gave. */
function endings(summaries: readonly CallSummary[]) {
  return summaries.map(({ reason, transcript }) => [
    reason,
    ...transcript.flatMap((entry) => entry.kind === "tool" ? [entry.name, entry.outcome] : []),
  ]);
}

test("a hang-up of the model's is recorded as its own, and as done", async () => {
  await using talk = await Talk.start({ emulator: { agent: sessions([say(GREETING), call("end_call")]) } });
  await talk.speakAfterGreeting();
  await talk.over();
  assert.deepEqual(endings(talk.rig.summaries), [["agent_hung_up", "end_call", "done"]]);
});

test("a caller who hangs up during the goodbye is recorded as having done so", async () => {
  const goodbye = { ...say(ANSWER, 5_000), call: { name: "end_call", arguments: {} } };
  await using talk = await Talk.start({ emulator: { agent: sessions([say(GREETING), goodbye]), speed: 50 } });
  await talk.speakAfterGreeting();
  await talk.hears(ANSWER);
  const { record } = await talk.session(1);
  await talk.until("the model has called end_call", () => record.responses[1].status === "completed");
  await sleep(talk.rig.clock, 500); // the server has read it by then, and the goodbye still plays for seconds
  await talk.hangUp();
  assert.deepEqual(endings(talk.rig.summaries), [["caller_hung_up", "end_call", "call_ended"]]);
});

test("a transfer that somebody takes ends as transferred, however late Twilio confirms it", async () => {
  await using talk = await Talk.start({
    business: { transfers: [SALES] },
    emulator: { agent: sessions([say(GREETING), TRANSFER]) },
  });
  talk.rig.rest.latencyMs = 300;
  await talk.speakAfterGreeting();
  await talk.over();
  assert.deepEqual(endings(talk.rig.summaries), [["transferred", "transfer_call", "done"]]);
});

test("key tones suspend the call, and the model that takes it up is told that they were sent", async () => {
  await using talk = await Talk.start({
    business: tools({ builtIn: ["send_dtmf"] }),
    emulator: { agent: sessions([say(GREETING), call("send_dtmf", { digits: "12#" })], [say(AGAIN)]) },
  });
  await talk.speakAfterGreeting();
  await talk.hears(AGAIN);
  const use = told(await talk.session(2)).find(({ text }) => text.includes("send_dtmf"));
  assert.equal(use?.text, `You used the tool send_dtmf with {"digits":"12#"}. It gave: {"done":true}`);
  await talk.hangUp();
  assert.deepEqual(endings(talk.rig.summaries), [
    ["suspended", "send_dtmf", "done"],
    ["caller_hung_up", "send_dtmf", "done"],
  ]);
});

test("the last summary of a call that came back is of the whole call", async () => {
  await using talk = await Talk.start({
    business: { transfers: [SALES], transcription: undefined },
    emulator: { agent: sessions([say(GREETING), say(ANSWER), TRANSFER], [say(AGAIN), say(ANSWER)]) },
  }, NOBODY);
  await talk.speakAfterGreeting();
  await talk.hears(ANSWER);
  await talk.hearsOut();
  await talk.speak();
  await talk.hears(AGAIN);
  await talk.hearsOut();
  const { heardMs } = talk;
  await talk.speak();
  await talk.hears(ANSWER, heardMs);
  await talk.hearsOut();
  await talk.hangUp();
  const [first, last] = talk.rig.summaries;
  assert.deepEqual([first.streams, last.streams], [1, 2]);
  assert.equal((await talk.rig.memory()).totalCalls, 1);
  assert.equal(last.latest.durationMs, last.durationMs - first.durationMs);
  assert.deepEqual([first.latency?.turns, last.latency?.turns], [1, 2]);
  assert.ok(last.transcript.length > first.transcript.length);
  assert.deepEqual(last.transcript.slice(0, first.transcript.length), first.transcript);
  assert.ok(last.durationMs > first.durationMs);
  assert.ok(
    first.downlinkMs >= 800 && last.downlinkMs >= 1_600,
    `${first.downlinkMs}, ${last.downlinkMs} ms`,
  );
  assert.ok(last.uplinkMs > first.uplinkMs);
  // What the emulator charged in both sessions, and nothing twice.
  const charged = [...(await talk.session(1)).record.responses, ...(await talk.session(2)).record.responses];
  assert.equal(last.usage.responses, charged.length);
  assert.ok(last.costUsd !== undefined && first.costUsd !== undefined && last.costUsd > first.costUsd);
});

test("a call that comes back has the business that it began with, whatever has become of its file", async () => {
  await using talk = await Talk.start({
    business: { transfers: [SALES], instructions: "The old instructions." },
    emulator: { agent: sessions([say(GREETING), TRANSFER], [say(AGAIN)]) },
  }, NOBODY);
  await talk.hears(GREETING);
  await talk.hearsOut();
  talk.rig.businesses.replace([{ ...DEFAULT_BUSINESS, ...QUICK, instructions: "New instructions." }]);
  await talk.speak();
  await talk.hears(AGAIN);
  const [update] = (await talk.session(2)).record.eventsOf("session.update");
  assert.match(JSON.stringify(update), /The old instructions\./);
  await talk.hangUp();
  const [first, last] = talk.rig.summaries;
  assert.equal(last.info.business, first.info.business);
});
