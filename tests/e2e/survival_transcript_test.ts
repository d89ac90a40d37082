import assert from "node:assert/strict";
import { scriptedAgent } from "../../src/lab/openai/agents/scripted_agent.ts";
import type { Failure, TranscriptionOrder } from "../../src/lab/openai/failures/failure_script.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { AGAIN, ANSWER, GREETING, say, Talk, told } from "../support/talk.ts";

const test = sideBySide("the transcript");

const AGENT = scriptedAgent(
  [
    say(GREETING, 400, "Hello."),
    say(ANSWER, 400, "The first answer."),
    say(AGAIN, 400, "The second answer."),
  ],
  { userTranscripts: ["the first question", "the second question"] },
);

/**
 * Two turns, the transcript of the first of which comes in some order; then the session is lost. Returns what was written
 * down, and what the next session was told, each in its order.
 */
async function talkedThrough(order: TranscriptionOrder): Promise<{ written: string[]; retold: string[] }> {
  const script: Failure[] = [{ failure: "transcription", order, turns: 1 }];
  await using talk = await Talk.start({ emulator: { agent: AGENT, script } });
  for (const [i, frequencyHz] of [GREETING, ANSWER, AGAIN].entries()) {
    if (i > 0) await talk.speak();
    await talk.hears(frequencyHz);
    await talk.hearsOut();
  }
  (await talk.session(1)).fail({ failure: "drop" });
  const second = await talk.session(2);
  const retold = () => told(second).filter(({ role }) => role !== "system").map(({ text }) => text);
  await talk.until("the history is told", () => retold().length >= HISTORY_LENGTH);
  await talk.hangUp();
  const [last, ...earlier] = talk.transcript.toReversed();
  assert.equal(last.kind, "note", "of the loss");
  const written = earlier.toReversed().map((entry) => {
    assert.ok(entry.kind === "user" || entry.kind === "assistant", entry.kind);
    return entry.text;
  });
  return { written, retold: retold() };
}

const HISTORY_LENGTH = 5;

/** What becomes of the first question in the transcript. */
const ORDERS: Record<TranscriptionOrder, string> = {
  before_response: "the first question",
  after_response: "the first question",
  after_next_turn: "the first question",
  failed: "(inaudible)",
  never: "",
};

test("the transcript, and what another session is told of it, is in the conversation's order, whenever its texts come", async () => {
  const talkWith = (first: string) => [
    "Hello.",
    first,
    "The first answer.",
    "the second question",
    "The second answer.",
  ];
  await Promise.all(
    Object.entries(ORDERS).map(async ([order, first]) => {
      const { written, retold } = await talkedThrough(order as TranscriptionOrder);
      assert.deepEqual(written, talkWith(first), order);
      assert.deepEqual(retold, talkWith(first || "(inaudible)"), `${order}: told to the next session`);
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
