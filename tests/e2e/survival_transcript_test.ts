import assert from "node:assert/strict";
import { scriptedAgent } from "../../src/emulator/realtime/agents/scripted_agent.ts";
import type { Failure, TranscriptionOrder } from "../../src/emulator/realtime/failures/failure_script.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { AGAIN, ANSWER, GREETING, say, Talk } from "../support/talk.ts";

const test = sideBySide("the transcript");

const AGENT = scriptedAgent(
  [
    say(GREETING, 400, "Hello."),
    say(ANSWER, 400, "The first answer."),
    say(AGAIN, 400, "The second answer."),
  ],
  { userTranscripts: ["the first question", "the second question"] },
);

/** Two turns, the transcript of the first of which comes in some order. Returns what was written down, in its order. */
async function talkedThrough(order: TranscriptionOrder): Promise<string[]> {
  const script: Failure[] = [{ failure: "transcription", order, turns: 1 }];
  await using talk = await Talk.start({ emulator: { agent: AGENT, script } });
  for (const [i, frequencyHz] of [GREETING, ANSWER, AGAIN].entries()) {
    if (i > 0) await talk.speak();
    await talk.hears(frequencyHz);
    await talk.hearsOut();
  }
  await talk.hangUp();
  return talk.transcript.map((entry) => {
    assert.ok(entry.kind === "user" || entry.kind === "assistant", entry.kind);
    return entry.text;
  });
}

const ORDERS: Record<TranscriptionOrder, string> = {
  before_response: "the first question",
  after_response: "the first question",
  after_next_turn: "the first question",
  failed: "(inaudible)",
  never: "",
};

test("the transcript is in the conversation's order, whenever its texts come", async () => {
  await Promise.all(
    Object.entries(ORDERS).map(async ([order, first]) => {
      assert.deepEqual(await talkedThrough(order as TranscriptionOrder), [
        "Hello.",
        first,
        "The first answer.",
        "the second question",
        "The second answer.",
      ], order);
    }),
  );
});

test("the transcript of an interrupted answer ends where the caller stopped to hear it", async () => {
  const words = Array.from({ length: 60 }, (_, i) => `word${i}`).join(" ");
  await using talk = await Talk.start({
    emulator: { agent: scriptedAgent([say(GREETING, 6_000, words), say(ANSWER)]) },
  });
  await talk.hears(GREETING);
  await talk.until("a second is heard", () => talk.heardMs >= 1_000);
  await talk.speak();
  await talk.hears(ANSWER);
  const [{ heardBytes }] = talk.caller.player.clears;
  await talk.hangUp();
  const [answer] = talk.transcript.filter((entry) => entry.kind === "assistant");
  assert.ok(answer.cut);
  // 60 words in six seconds: one is heard each 100 ms.
  const heardWords = answer.text.split(" ").length;
  assert.ok(Math.abs(heardWords - heardBytes / 800) <= 2, `${heardWords} words, ${heardBytes / 8} ms`);
  assert.ok(talk.transcript.some(({ kind }) => kind === "interruption"));
});
