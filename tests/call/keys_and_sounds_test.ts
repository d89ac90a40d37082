import assert from "node:assert/strict";
import { Keypad } from "../../src/call/keypad.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { created, done, functionCall, itemDone, spoken, WrittenCall } from "../support/written_call.ts";

/*
 * Keys that are heard as well as told: their tones are turns to voice detection, or the caller speaks while typing. The
 * model's events are written by hand; a byte names an answer, and what the client asks for is heard from 2 on.
 */

const ASKED = 2;

/** A call whose caller has been asked to type something. */
async function askedToType(): Promise<WrittenCall> {
  const call = await WrittenCall.begin();
  await call.hears(1);
  await call.utters("item_u1", "Hello.");
  call.now.answer({ byte: 20, words: "Please type your number." });
  await call.hears(2);
  return call;
}

function keypadRig() {
  const clock = new ManualClock();
  const entries: string[] = [];
  const keypad = new Keypad({}, clock, {
    onAction() {},
    onEntry: (digits) => void entries.push(digits),
    isAnswered: () => false,
  });
  return { clock, entries, keypad };
}

function heardOf(call: WrittenCall): number[] {
  return call.answers.slice(1);
}

function told(call: WrittenCall): string[] {
  const items = call.now.of("conversation.item.create").map(({ item }) => JSON.stringify(item));
  return items.flatMap((text) => /pressed the keys [0-9 ]+/.exec(text) ?? []);
}

// https://github.com/kirklandsig/AIReceptionist/issues/16
Deno.test("The tone of a key that is taken for speech is not answered beside the key", async () => {
  const call = await askedToType();
  call.twilio.press("5");
  await call.run(60);
  await call.utters("item_tone", "", 150);
  call.now.answer({ byte: 30, ms: 4_000, words: "Sorry, I did not get that." });
  await call.run(5_000);
  assert.deepEqual(heardOf(call), [ASKED]);
  assert.deepEqual(told(call), ["pressed the keys 5"]);
  assert.deepEqual(call.now.of("conversation.item.delete").map(({ item_id }) => item_id), ["item_1_30"]);
  const said = (await call.record()).flatMap((entry) => entry.kind === "assistant" ? [entry.text] : []);
  assert.equal(said.length, 3, "nothing that nobody heard");
});

Deno.test("What a caller says while typing is answered with the keys, once, and nothing is done before", async () => {
  const call = await askedToType();
  const speaks = call.utters("item_pin", "My number is", 1_000);
  await call.run(900);
  call.twilio.press("1");
  await speaks;
  call.now.tell(
    created("resp_p"),
    ...spoken("resp_p", "item_p", 30, 3_000, "One moment."),
    itemDone("resp_p", functionCall("counted", { id: 1 }), 1),
    done("resp_p"),
  );
  await call.run(300);
  call.twilio.press("2");
  await call.run(5_000);
  assert.deepEqual(heardOf(call), [ASKED]);
  assert.deepEqual(told(call), ["pressed the keys 1 2"]);
  assert.ok((await call.record()).every(({ kind }) => kind !== "tool"));
});

Deno.test("A key that acts at once keeps no answer away", async () => {
  const call = await askedToType();
  call.twilio.press("0");
  await call.run(100);
  await call.utters("item_u2", "Are you there?", 600);
  call.now.answer({ byte: 30, words: "Yes." });
  await call.run(4_000);
  assert.ok(heardOf(call).includes(30));
  await call.record();
});

// https://github.com/jambonz/jambonz-feature-server/issues/1306
Deno.test("A number that is typed slowly is two entries at most, and is not talked into", async () => {
  for (const gapMs of [1_800, 2_500]) {
    const call = await askedToType();
    for (const key of "1567885") {
      call.twilio.press(key);
      await call.run(gapMs);
    }
    await call.run(6_000);
    assert.deepEqual(told(call), ["pressed the keys 1", "pressed the keys 5 6 7 8 8 5"], `${gapMs} ms`);
    assert.deepEqual(heardOf(call), [ASKED, ASKED + 1]);
    await call.record();
  }
});

Deno.test("Keys that come when the answer to the last ones was heard are an entry of their own, as quick as ever", async () => {
  const call = await askedToType();
  for (const key of "156") {
    call.twilio.press(key);
    await call.run(4_500);
  }
  assert.deepEqual(told(call), ["pressed the keys 1", "pressed the keys 5", "pressed the keys 6"]);
  assert.deepEqual(heardOf(call), [ASKED, ASKED + 1, ASKED + 2]);
  await call.record();
});

// https://github.com/cartesia-ai/line/pull/274
Deno.test("The pound key ends an entry: it is answered at once", () => {
  const { clock, entries, keypad } = keypadRig();
  for (const key of "15#") keypad.press(key);
  assert.deepEqual(entries, ["15#"]);
  keypad.press("7");
  clock.advance(3_900);
  assert.deepEqual(entries, ["15#"]);
  clock.advance(200);
  assert.deepEqual(entries, ["15#", "7"]);
  keypad[Symbol.dispose]();
});

/** A caller who hears a goodbye of so long, after which the call is to end. */
async function hearsGoodbye(ms: number): Promise<WrittenCall> {
  const call = await WrittenCall.spokenTo("That is all.");
  const item = functionCall("end_call");
  call.now.tell(
    created("resp_a"),
    ...spoken("resp_a", "item_a", 20, ms, "Thank you, goodbye."),
    itemDone("resp_a", item, 1),
    done("resp_a", { output: [item] }),
  );
  await call.run(60);
  return call;
}

Deno.test("A key into the goodbye is answered once, however the call's end was called off", async () => {
  const actions: ((call: WrittenCall) => void)[] = [
    (call) => call.twilio.press("1"),
    (call) => void call.session?.act({ action: "tell", text: "They are a regular.", isToBeSaid: true }),
  ];
  for (const act of actions) {
    const call = await hearsGoodbye(6_000);
    await call.run(500);
    act(call);
    await call.run(9_000, () => call.isOver);
    assert.ok(!call.isOver);
    assert.deepEqual(heardOf(call), [ASKED]);
    await call.record();
  }
});

Deno.test("Whoever presses a key into the last moment of the goodbye is not hung up on", async () => {
  for (const beforeEndMs of [1_000, 400, 20]) {
    const call = await hearsGoodbye(2_000);
    await call.run(2_000 - beforeEndMs);
    call.twilio.press("1");
    await call.run(6_000, () => call.isOver);
    assert.ok(!call.isOver, `${beforeEndMs} ms before its end`);
    assert.deepEqual(told(call), ["pressed the keys 1"]);
    assert.deepEqual(heardOf(call), [ASKED]);
    await call.record();
  }
});
