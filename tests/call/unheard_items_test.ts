import assert from "node:assert/strict";
import {
  created,
  delta,
  done,
  message,
  spoken,
  WrittenCall,
  type WrittenEvent,
} from "../support/written_call.ts";

/*
 * Audio that comes of an answer when the caller has already spoken: nobody hears it, and the model must not think so.
 * Events are written by hand; a byte names an answer.
 */

const ANSWER = 20;
const CANCELLED = { status: "cancelled", details: { type: "cancelled", reason: "turn_detected" } };

/** The caller says something, and meanwhile the session says so much more. */
async function talksOver(call: WrittenCall, words: string, ...late: WrittenEvent[]): Promise<void> {
  const utters = call.utters("item_u2", words, 900);
  await call.run(60);
  call.now.tell(...late);
  await utters;
}

function deleted(call: WrittenCall): unknown[] {
  return call.now.of("conversation.item.delete").map(({ item_id }) => item_id);
}

// https://github.com/RightNow-AI/openfang/issues/974
Deno.test("An answer whose audio comes only when the caller speaks on was never said: the model forgets it", async () => {
  const call = await WrittenCall.spokenTo("When are you open?");
  call.now.tell(created("resp_a"));
  await call.run(300);
  await talksOver(
    call,
    "And where are you?",
    ...spoken("resp_a", "item_a", ANSWER, 800, "We are open").slice(0, -1),
    delta("resp_a", "item_a", ANSWER, 400),
    done("resp_a", { ...CANCELLED, output: [message("item_a", "We are open", "incomplete")] }),
  );
  call.now.answer({ byte: 30, words: "In the main street." });
  await call.run(3_000);
  assert.deepEqual(call.answers, [30]);
  assert.deepEqual(deleted(call), ["item_a"], "once");
  assert.deepEqual(call.now.of("conversation.item.truncate"), []);
  const said = (await call.record()).flatMap((entry) => entry.kind === "assistant" ? [entry.text] : []);
  assert.deepEqual(said, ["These words are said.", "In the main street."]);
});

Deno.test("Of an answer in two parts the one that comes too late is forgotten, and the other ends where it was heard", async () => {
  const call = await WrittenCall.spokenTo("When are you open?");
  call.now.tell(created("resp_a"), ...spoken("resp_a", "item_a", ANSWER, 4_000, "one two three four"));
  await call.run(1_050);
  await talksOver(
    call,
    "Stop, please.",
    delta("resp_a", "item_a", ANSWER, 400),
    delta("resp_a", "item_b", ANSWER + 1, 400),
    done("resp_a", CANCELLED),
  );
  call.now.answer({ byte: 30 });
  await call.run(3_000);
  assert.deepEqual(call.answers, [ANSWER, 30]);
  assert.deepEqual(deleted(call), ["item_b"]);
  assert.deepEqual(call.now.of("conversation.item.truncate").map(({ item_id }) => item_id), ["item_a"]);
  await call.record();
});

Deno.test("A part that came while a cough was not known to be one is forgotten, and asked for with the rest", async () => {
  const call = await WrittenCall.spokenTo("When are you open?");
  call.now.tell(created("resp_a"), ...spoken("resp_a", "item_a", ANSWER, 3_000, "one two three"));
  await call.run(1_050);
  const utters = call.utters("item_c", "", 200);
  call.now.tell(delta("resp_a", "item_b", ANSWER + 1, 400), done("resp_a", CANCELLED));
  await utters;
  call.now.answer({ byte: 30 });
  await call.run(6_000);
  const ms = call.heard.filter(({ byte }) => byte === ANSWER).reduce(
    (sum, { fromMs, toMs }) => sum + toMs - fromMs,
    0,
  );
  assert.ok(ms >= 2_990, "the first part is heard out");
  assert.deepEqual(deleted(call).filter((id) => id === "item_b"), ["item_b"]);
  assert.ok(!call.answers.includes(30));
  assert.equal(call.now.requests.length, 2, "the rest is asked for");
  await call.record();
});
