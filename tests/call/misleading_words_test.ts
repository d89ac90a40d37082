import assert from "node:assert/strict";
import { WrittenCall } from "../support/written_call.ts";

/*
 * Words that mean something else elsewhere: a goodbye, a promise to look something up, or a wish for a moment. A caller who
 * is silent thinks, or writes down. The model's events are written by hand: a byte names an answer.
 */

const ANSWER = 20;

/** What becomes of a caller who is silent for 13 s after an answer: hung up on, or asked. */
async function afterSilence(words: string, differences = {}): Promise<"asked" | "hung up on" | "left alone"> {
  const call = await WrittenCall.spokenTo("I would like to know more about it.", differences);
  call.now.answer({ byte: ANSWER, words });
  await call.hears(2);
  await call.run(14_000, () => call.isOver);
  const isAsked = call.written[0].requests.some(({ instructions }) => instructions.includes("still there"));
  const isHungUpOn = call.twilio.asked.length > 0;
  if (!call.isOver) await call.record();
  return isHungUpOn ? "hung up on" : isAsked ? "asked" : "left alone";
}

// https://github.com/vocodedev/vocode-core/issues/320
Deno.test("A caller who is silent after words that only sound like a goodbye is asked, and not hung up on", async () => {
  const answers = [
    "Say goodbye to high prices and long waits.",
    "I see you have an appointment on Tuesday at three.",
    "I can see you in our system, and your order is on its way.",
    "We will take care of that for you right away.",
    "We have a great offer this week.",
    "We have a nice table by the window.",
    "It would be good to see you at the practice.",
    "Before we say goodbye, I need your customer number.",
    "Der Umbau dauert bis Montag, bis dann ist geschlossen.",
    "Necesito que tenga a mano su tarjeta.",
    "É preciso que tenha um bom contrato.",
    "我们还可以帮您什么，再说 bye 之前？",
  ];
  for (const words of answers) assert.equal(await afterSilence(words), "asked", words);
});

Deno.test("One who is silent after a goodbye is asked nothing more", async () => {
  const answers = [
    "You are welcome. Have a nice day!",
    "Thanks for calling Acme, good-bye.",
    "Great, we will see you on Friday at ten. Take care!",
    "I hope you have a great rest of your day.",
    "All right, see you tomorrow.",
    "Auf Wiederhören, bis dann.",
    "Gracias por llamar, que tenga un buen día.",
    "Obrigada, tenha uma boa tarde.",
    "Goodbye, and take care of yourself.",
  ];
  for (const words of answers) assert.equal(await afterSilence(words), "hung up on", words);
});

Deno.test("A model that has looked something up, and told of it in the same breath, is not told to go on", async () => {
  const answers = [
    ["Let me check. Yes, we have a table at seven.", false],
    ["One moment, please! The order has left our house today.", false],
    ["Einen Moment bitte… Ja, am Dienstag um drei ist etwas frei.", false],
    ["Of course. Let me check that for you.", true],
    ["One moment, please. I'll look that up.", true],
  ] as const;
  for (const [words, isPromise] of answers) {
    const call = await WrittenCall.spokenTo("Do you have a table tonight?");
    call.now.answer({ byte: ANSWER, words });
    await call.hears(2);
    await call.run(7_000);
    assert.equal(call.written[0].requests.length, isPromise ? 2 : 1, words);
    await call.record();
  }
});

Deno.test("A caller who has only spoken as those do who ask for a moment is not left alone for a minute", async () => {
  const wishes = [
    ["Hi, I'm looking for a plumber.", false],
    ["I would like to get my car fixed, and I can't find my invoice.", false],
    ["There is a hold on my account.", false],
    ["Busco a alguien que me espera.", false],
    ["Déjeme saber cuánto cuesta.", false],
    ["I'll have to get my card, it is in the car.", true],
    ["I'm looking for it, it must be here somewhere.", true],
    ["Hold on.", true],
    ["Espere, que voy a buscarlo.", true],
  ] as const;
  for (const [words, isMoment] of wishes) {
    const call = await WrittenCall.spokenTo(words);
    call.now.answer({ byte: ANSWER, words: "Of course." });
    await call.hears(2);
    await call.run(14_000);
    const isAsked = call.written[0].requests.some(({ instructions }) => instructions.includes("still there"));
    assert.equal(isAsked, !isMoment, words);
    await call.record();
  }
});
