import assert from "node:assert/strict";
import { after } from "../../src/util/clock.ts";
import { DefaultCall, SPEAKS } from "../support/default_call.ts";
import { settle } from "../support/microtasks.ts";
import type { Plan } from "../support/model_openai.ts";

const LONG: Plan = { does: "answer", speechMs: 20_000, calls: [], lateDeltas: 0 };
/** Speech of the model's that a word of its transcript stands for. */
const WORD_MS = 100;

/** A call whose marks come back late, while its audio is played on time. */
async function withLateEchoes(lateMs: number): Promise<DefaultCall> {
  const call = new DefaultCall({ plans: [LONG, SPEAKS] });
  const { twilio } = call;
  const deliver = twilio.deliver.bind(twilio);
  twilio.deliver = (message) => {
    if (!String(message).includes('"mark"')) return deliver(message);
    after(call.modelClock, lateMs, () => twilio.readyState === 1 && deliver(message));
  };
  twilio.connect();
  await settle();
  return call;
}

for (const lateMs of [0, 300, 2_000, 5_000]) {
  Deno.test(`A caller hangs up in the middle of an answer whose marks come back ${lateMs} ms late: the record has what was heard`, async () => {
    const call = await withLateEchoes(lateMs);
    await call.run(10_000);
    const [{ fromMs }] = call.voices;
    const heardMs = call.clock.now() - fromMs;
    const [answer] = await call.record();
    assert.ok(answer.kind === "assistant" && answer.cut);
    const writtenMs = (answer.text.split("Words.").length - 1) * WORD_MS;
    assert.ok(
      Math.abs(heardMs - writtenMs) <= 700,
      `${heardMs} ms were heard, ${writtenMs} ms are written down`,
    );
  });

  Deno.test(`A caller interrupts an answer whose marks come back ${lateMs} ms late, and their words come after 400 ms: it stays interrupted, where it was heard`, async () => {
    const call = await withLateEchoes(lateMs);
    await call.run(10_000);
    call.openAi.tamper = (event, session) => {
      if (!event.type.endsWith("transcription.completed")) return event;
      after(call.modelClock, 400, () => session.deliver(event));
    };
    await call.says("Stop it.");
    await call.hears(2);
    const [{ fromMs, toMs }] = call.voices;
    const told = call.sent("conversation.item.truncate").map(({ audio_end_ms }) => Number(audio_end_ms));
    assert.equal(told.length, 1);
    assert.ok(Math.abs(told[0] - (toMs - fromMs)) <= 60, `${told[0]} ms of ${toMs - fromMs}`);
    assert.ok(!call.log.names.includes("interruption_taken_back"));
    await call.record();
  });
}
