import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import type { ModelCallOptions } from "../support/model_call.ts";
import { created, done, functionCall, itemDone, WrittenCall } from "../support/written_call.ts";

/*
 * Lines on which something is to be heard, and nobody speaks: a pocket, traffic, a television that is turned low. Voice
 * detection takes it for turns, and the model answers each. Events are written by hand.
 */

const { time } = DEFAULT_BUSINESS;

/** Sounds come again and again, as turns of which `words` are transcribed, and each is answered. */
async function noise(
  call: WrittenCall,
  words: (turn: number) => string | undefined,
  forMs: number,
  isEnough: () => boolean = () => false,
): Promise<void> {
  const untilMs = call.clock.now() + forMs;
  for (let turn = 1; call.clock.now() < untilMs && !call.isOver && !isEnough(); turn++) {
    await call.utters(`item_n${turn}`, words(turn), 400);
    if (!call.isOver) call.now.answer({ byte: 20 + turn % 100, words: "Sorry, I did not get that." });
    await call.run(4_000, () => call.isOver);
  }
}

async function begun(differences: Partial<ModelCallOptions> = {}): Promise<WrittenCall> {
  const call = await WrittenCall.begin(differences);
  await call.hears(1);
  return call;
}

/** What the model was asked for since the greeting, by the sentence that says so. */
function asked(call: WrittenCall): string[] {
  return call.written.flatMap(({ requests }) => requests).slice(1).map(({ instructions }) =>
    /still there|Say goodbye/.exec(instructions)?.[0] ?? "something else"
  );
}

// https://github.com/kirklandsig/AIReceptionist/issues/11, https://github.com/elevenlabs/elevenlabs-swift-sdk/issues/81
Deno.test("A line of noises without a word is asked whether anybody is there, and hung up on, though the model answers each", async () => {
  for (const words of ["", "(coughing)", "Thank you for watching!"]) {
    const call = await begun();
    await noise(call, () => words, 120_000);
    assert.equal(call.ended[0]?.reason, "agent_hung_up", words);
    assert.deepEqual(asked(call), ["still there", "Say goodbye"]);
    assert.ok(call.endedAtMs < 75_000, `${call.endedAtMs} ms`);
  }
});

Deno.test("Whoever says a word between noises is there, and so is one whose words are not transcribed", async () => {
  const speaks = await begun();
  await noise(speaks, (turn) => turn % 5 === 0 ? "What was that?" : "", 100_000);
  assert.deepEqual(asked(speaks), []);
  await speaks.record();

  const unknown = await begun();
  await noise(unknown, () => undefined, 60_000);
  assert.deepEqual(asked(unknown), []);
  await unknown.record();
});

Deno.test("Whoever answers the question whether they are there is listened to, after all that noise", async () => {
  const call = await begun();
  await noise(call, () => "", 60_000, () => asked(call).length > 0);
  await call.utters("item_back", "Yes, I am here, sorry.");
  call.now.answer({ byte: 90, words: "How can I help?" });
  await call.run(time.silencePromptAfterMs - 1_000);
  assert.deepEqual(asked(call), ["still there"]);
  await call.run(3_000);
  assert.deepEqual(asked(call), ["still there", "still there"]);
  await call.record();
});

Deno.test("Whoever speaks up when the goodbye is on its way stays, and a noise does not stop it", async () => {
  for (const words of ["", "Wait, I am here!"]) {
    const call = await begun();
    const onCreate = call.now.onCreate;
    let isLeaving = false;
    call.now.onCreate = (request) => {
      if (request.instructions.includes("Say goodbye")) isLeaving = true;
      else onCreate(request);
    };
    await noise(call, () => "", 120_000, () => isLeaving);
    await call.utters("item_late", words, 500);
    call.now.onCreate = onCreate;
    call.now.answer({ request: call.now.requests.at(-1), byte: 91, words: "Goodbye." });
    await call.run(8_000, () => call.isOver);
    assert.equal(call.isOver, words === "", words);
    await call.record();
  }
});

Deno.test("Noises while a tool is at work do not let the clock of silence run", async () => {
  const call = await begun();
  await call.utters("item_u1", "Book it.");
  const item = functionCall("60_seconds");
  call.now.tell(created("resp_a"), itemDone("resp_a", item), done("resp_a", { output: [item] }));
  const untilMs = call.clock.now() + 50_000;
  for (let turn = 1; call.clock.now() < untilMs; turn++) {
    await call.utters(`item_n${turn}`, "", 400);
    call.now.tell(created(`resp_n${turn}`), done(`resp_n${turn}`, { status: "cancelled" }));
    await call.run(4_000);
  }
  assert.ok(asked(call).every((what) => what === "something else"), `${asked(call)}`);
  await call.record();
});

// https://github.com/livekit/agents/issues/3643, https://github.com/vocodedev/vocode-core/pull/191
Deno.test("A machine that says the same again and again is nobody, however often the model answers it", async () => {
  const announcements = [
    ["The user has put your call on hold."],
    ["Please hold, your call is important to us.", "All of our agents are busy at the moment."],
  ];
  for (const texts of announcements) {
    const call = await begun();
    await noise(call, (turn) => texts[turn % texts.length], 300_000);
    assert.equal(call.ended[0]?.reason, "agent_hung_up", texts[0]);
    assert.deepEqual(asked(call), ["still there", "Say goodbye"]);
  }
});

Deno.test("Whoever says something else between them is there, and so is one who repeats what is short", async () => {
  const back = await begun();
  await noise(
    back,
    (turn) => turn % 7 === 0 ? `Line ${turn} is here.` : "Please hold the line for our next agent.",
    150_000,
  );
  assert.deepEqual(asked(back), []);
  await back.record();

  for (const words of ["No, thanks.", "I want to speak to a human."]) {
    const short = await begun();
    await noise(short, () => words, 90_000);
    assert.deepEqual(asked(short), []);
    await short.record();
  }
});
