import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { DefaultCall, SPEAKS } from "../support/default_call.ts";
import type { Plan } from "../support/model_openai.ts";

const { time } = DEFAULT_BUSINESS;
const WORDS = "We are open from nine to five.";
const WRITES = { does: "write", text: WORDS } as const;
const STOPS = { does: "stop" } as const;

Deno.test("An answer of text alone is asked for again at once as speech, and was never said", async () => {
  const call = await DefaultCall.start({ plans: [SPEAKS, WRITES, SPEAKS] });
  await call.hears(1);
  await call.says();
  const fromMs = call.clock.now();
  await call.hears(2);
  assert.ok(call.voices[1].fromMs - fromMs < 2_000, "heard");
  const { instructions } = call.openAi.asked[1];
  assert.ok(instructions.includes(WORDS), "told");
  assert.deepEqual(call.openAi.deleted, ["item_2"]);
  const record = await call.record();
  assert.deepEqual(record.map(({ kind }) => kind), ["assistant", "user", "assistant"]);
  assert.ok(!JSON.stringify(record).includes(WORDS), "recorded");
  assert.deepEqual([...call.errors, ...call.openAi.violations], []);
});

Deno.test("A greeting, the answer to a tool's result and a goodbye that are only written are asked for again, too", async () => {
  const greeting = await DefaultCall.start({ plans: [WRITES, SPEAKS] });
  await greeting.hears(1);
  assert.ok(greeting.voices[0].fromMs < 2_000);
  const [first, again] = greeting.openAi.asked;
  assert.equal(again.instructions, first.instructions);
  await greeting.record();

  const tool = await DefaultCall.start({
    plans: [SPEAKS, { does: "answer", speechMs: 0, calls: ["fast"], lateDeltas: 0 }, WRITES, SPEAKS],
  });
  await tool.hears(1);
  await tool.says();
  await tool.hears(2);
  assert.ok(tool.openAi.asked.at(-1)!.instructions.includes(WORDS));
  const record = await tool.record();
  assert.deepEqual(record.map(({ kind }) => kind), ["assistant", "user", "tool", "assistant"]);

  const goodbye = await DefaultCall.start({ plans: [SPEAKS, WRITES, SPEAKS] });
  await goodbye.hears(1);
  goodbye.twilio.press("#");
  await goodbye.run(10_000, () => goodbye.isOver);
  assert.equal(goodbye.ended[0].reason, "agent_hung_up");
  assert.equal(goodbye.voices.length, 2, "the goodbye was heard");
  assert.ok(goodbye.voices[1].toMs <= goodbye.twilio.asked[0].atMs);
});

Deno.test("A response without items is asked for again at once, then with a word to the model, in another session, and given up", async () => {
  const once = await DefaultCall.start({ plans: [SPEAKS, STOPS, SPEAKS] });
  await once.hears(1);
  await once.says();
  const fromMs = once.clock.now();
  await once.hears(2);
  assert.ok(once.voices[1].fromMs - fromMs < 2_000);
  assert.equal(once.openAi.asked[1].instructions, "");
  await once.record();

  const always = await DefaultCall.start({ plans: [SPEAKS, STOPS, STOPS, STOPS, STOPS] });
  await always.hears(1);
  await always.says();
  const saidMs = always.clock.now();
  await always.run(10_000, () => always.isOver);
  assert.equal(always.ended[0].reason, "agent_lost");
  assert.equal(always.openAi.sessions.length, 2);
  assert.ok(always.endedAtMs - saidMs < 4_000, `${always.endedAtMs - saidMs} ms`);
});

Deno.test("A model that thinks for 8 s each time is waited for, and the caller hears that the line lives", async () => {
  for (
    const openings of [{ plans: [SPEAKS, { ...SPEAKS, thinkMs: 8_000 }, { ...SPEAKS, thinkMs: 8_000 }] }, {
      queueMs: 7_900,
    }]
  ) {
    const call = await DefaultCall.start(openings);
    await call.hears(1);
    for (let turn = 2; turn <= 3; turn++) {
      await call.says();
      const fromMs = call.clock.now();
      await call.hears(turn);
      assert.ok(call.voices.length === turn, JSON.stringify(openings));
      assert.ok(call.longestSilence(fromMs) < 8_000);
    }
    await call.run(5_000);
    assert.equal(call.voices.length, 3, "nothing is answered twice");
    assert.deepEqual([call.openAi.sessions.length, call.openAi.cancels], [1, 0]);
    assert.ok(call.twilio.sounds.some(({ isVoice }) => !isVoice));
    const record = await call.record();
    assert.deepEqual(record.map(({ kind }) => kind), ["assistant", "user", "assistant", "user", "assistant"]);
    assert.deepEqual(call.openAi.violations, []);
  }
});

Deno.test("A model that is visibly at work is neither cancelled nor replaced, nor is the caller asked whether they are there", async () => {
  const calls = (name: string) => ({ does: "answer", speechMs: 0, calls: [name], lateDeltas: 0 } as const);
  for (
    const plans of [
      [{ ...SPEAKS, workMs: 40_000 }],
      [calls("8_seconds"), { ...calls("8_seconds"), thinkMs: 6_000 }, calls("8_seconds"), SPEAKS],
      [{ ...calls("8_seconds"), workMs: 20_000 }, { ...SPEAKS, thinkMs: 10_000 }],
    ]
  ) {
    const call = await DefaultCall.start({ plans, aside: SPEAKS });
    await call.hears(1);
    await call.says("Please look that up.");
    const fromMs = call.clock.now();
    await call.run(80_000, () => call.openAi.plansDone >= plans.length);
    await call.run(2_000);
    assert.deepEqual([call.openAi.sessions.length, call.openAi.cancels, call.askedWhether], [1, 0, 0]);
    assert.ok(call.longestSilence(fromMs) < 8_000, `${call.longestSilence(fromMs)} ms`);
    assert.ok(!call.isOver);
    await call.record();
    assert.equal(call.ended[0].reason, "caller_hung_up");
  }
});

Deno.test("Whoever types digits, or waits for a tool, a transfer or a connection, is not asked whether they are there", async () => {
  const typing = await DefaultCall.start();
  await typing.hears(1);
  for (const digit of "1234123412341234") {
    typing.twilio.press(digit);
    await typing.run(1_200);
  }
  assert.equal(typing.askedWhether, 0);
  await typing.hears(2);
  assert.ok(
    typing.sent("conversation.item.create").some((event) =>
      JSON.stringify(event).includes("1 2 3 4 1 2 3 4")
    ),
  );
  assert.deepEqual((await typing.record()).map(({ kind }) => kind), ["assistant", "keys", "assistant"]);

  const tool = await DefaultCall.start({
    plans: [SPEAKS, { does: "answer", speechMs: 0, calls: ["60_seconds"], lateDeltas: 0 }, SPEAKS],
  });
  await tool.hears(1);
  await tool.says();
  const fromMs = tool.clock.now();
  await tool.run(62_500);
  assert.equal(tool.askedWhether, 0);
  assert.ok(tool.longestSilence(fromMs) < 8_000);
  await tool.record();

  const impatient = { ...time, silencePromptAfterMs: 2_000 };
  const transfer = await DefaultCall.start({ time: impatient, restMs: 6_000 });
  await transfer.hears(1);
  transfer.twilio.press("*");
  await transfer.run(8_000, () => transfer.isOver);
  assert.equal(transfer.askedWhether, 0);
  assert.equal(transfer.ended[0].reason, "transferred");

  const slow = await DefaultCall.start({ time: impatient, connectMs: () => 6_000 });
  await slow.hears(1);
  assert.equal(slow.askedWhether, 0);
  await slow.record();
});

Deno.test("A dead line is asked and hung up though the model speaks into the silence by itself, and nobody's turns are written down", async () => {
  for (const idleTimeoutMs of [5_000, 6_000, 9_000]) {
    const call = await DefaultCall.start({ idleTimeoutMs });
    await call.run(60_000, () => call.isOver);
    assert.equal(call.ended[0].reason, "agent_hung_up");
    assert.ok(call.endedAtMs < 35_000, `${call.endedAtMs} ms`);
    assert.equal(call.askedWhether, 1);
    assert.deepEqual(call.ended[0].transcript.filter(({ kind }) => kind === "user"), []);
    const hungUpMs = call.twilio.asked[0].atMs;
    assert.ok(call.voices.at(-1)!.toMs <= hungUpMs, "the goodbye was heard");
  }
});

Deno.test("A caller who answers the model's own question is there, and heard", async () => {
  const call = await DefaultCall.start({ idleTimeoutMs: 6_000 });
  await call.hears(2);
  for (let i = 3; i < 8; i++) {
    await call.says("Yes, one moment.");
    await call.hears(i);
    await call.run(7_000);
  }
  assert.equal(call.askedWhether, 0);
  const record = await call.record();
  assert.equal(
    record.filter((entry) => entry.kind === "user" && entry.text === "Yes, one moment.").length,
    5,
  );
});

Deno.test("A turn that never ends is answered after a minute, and after another the rules of silence hold", async () => {
  const call = await DefaultCall.start();
  await call.hears(1);
  call.makeNoise(30 * 60_000);
  await call.run(62_000);
  assert.equal(call.sent("input_audio_buffer.commit").length, 1);
  await call.hears(2);
  await call.run(5 * 60_000, () => call.isOver);
  assert.equal(call.ended[0].reason, "agent_hung_up");
  assert.ok(call.endedAtMs < 150_000, `${call.endedAtMs} ms`);
  assert.ok(call.log.names.includes("turn_too_long"));

  const again = await DefaultCall.start();
  await again.hears(1);
  again.makeNoise(30 * 60_000);
  for (let i = 0; i < 10 && !again.isOver; i++) {
    await again.run(62_000, () => again.isOver);
    again.openAi.session?.heardAnew(); // voice detection begins anew
  }
  assert.equal(again.ended[0].reason, "agent_hung_up");
  assert.ok(again.endedAtMs < 4 * 60_000, `${again.endedAtMs} ms`);
  assert.deepEqual(again.log.names.filter((name) => name === "turn_too_long").length, 2);

  const spoken = await DefaultCall.start();
  await spoken.hears(1);
  spoken.speak(70_000, "A long story.");
  await spoken.run(90_000);
  assert.ok(!spoken.isOver);
  assert.ok((await spoken.record()).some((entry) => entry.kind === "user" && entry.text === "A long story."));
});

Deno.test("A slow connection is waited for beside a second one, and the caller hears that the line lives after 2 s", async () => {
  const cases: { connectMs: (number: number) => number; withinMs: number; sessions: number }[] = [
    { connectMs: () => 3_000, withinMs: 4_000, sessions: 2 },
    { connectMs: () => 7_000, withinMs: 8_000, sessions: 2 },
    { connectMs: (number) => number === 1 ? 60_000 : 3_000, withinMs: 5_000, sessions: 2 },
    { connectMs: (number) => number === 2 ? 60_000 : 3_000, withinMs: 4_000, sessions: 2 },
    { connectMs: () => 500, withinMs: 1_200, sessions: 1 },
  ];
  for (const { connectMs, withinMs, sessions } of cases) {
    const call = await DefaultCall.start({ connectMs });
    await call.hears(1);
    assert.ok(call.voices[0].fromMs < withinMs, `${call.voices[0].fromMs} ms`);
    assert.equal(call.openAi.sessions.length, sessions);
    assert.ok(call.longestSilence(0) < 3_600);
    // The same for a successor.
    call.openAi.session?.drop();
    const lostMs = call.clock.now();
    await call.run(8_500, () => call.log.names.includes("agent_back"));
    assert.ok(call.longestSilence(lostMs) < 3_600);
    await call.says();
    await call.hears(2);
    assert.equal(call.voices.length, 2);
    const record = await call.record();
    assert.equal(call.ended[0].reason, "caller_hung_up");
    assert.equal(record.filter(({ kind }) => kind === "assistant").length, 2);
    assert.deepEqual([...call.errors, ...call.openAi.violations, ...call.twilio.violations], []);
  }
  const never = await DefaultCall.start({ connectMs: () => Infinity });
  await never.run(20_000, () => never.isOver);
  assert.equal(never.ended[0].reason, "agent_lost");
  assert.ok(Math.abs(never.endedAtMs - time.connectWithinMs) < 100, `${never.endedAtMs} ms`);
  assert.ok(never.longestSilence(0) < 3_600);
});

for (const act of ["speaks", "presses a key"] as const) {
  Deno.test(`A caller who ${act} into a long answer waits no longer for the next one than anybody: for a sound, and until the model is asked again`, async () => {
    const long: Plan = { does: "answer", speechMs: 60_000, calls: [], lateDeltas: 0 };
    const call = await DefaultCall.start({ plans: [long, { does: "nothing" }, SPEAKS] });
    await call.run(15_000);
    const fromMs = call.clock.now();
    if (act === "speaks") await call.says();
    else call.twilio.press("1");
    const actedMs = call.clock.now();
    await call.hears(2);
    const silentMs = call.longestSilence(Math.max(actedMs, fromMs + 200));
    assert.ok(silentMs <= 6_100, `${silentMs} ms without a sound`);
    const again = call.voices[1].fromMs;
    assert.ok(again - actedMs < 15_500, `the answer comes after ${again - actedMs} ms`);
    const [answer] = await call.record();
    assert.ok(answer.kind === "assistant" && answer.cut);
  });
}

Deno.test("A key pressed while the question whether somebody is there is on its way keeps it from being heard", async () => {
  for (const leadMs of [50, 100, 200, 300]) {
    const call = await DefaultCall.start({ openAiDelayMs: 150, plans: [SPEAKS] });
    await call.hears(1);
    await call.run(time.silencePromptAfterMs + 5_000, () => call.askedWhether > 0);
    const { twilioDelayMs } = call.options;
    await call.run(leadMs - twilioDelayMs);
    call.twilio.press("1");
    await call.hears(2);
    const [, { response }] = call.openAi.asked;
    assert.ok(!call.twilio.sounds.some(({ byte }) => byte === response), `asked ${leadMs} ms before the key`);
    const [last] = call.openAi.asked.slice(-1);
    assert.equal(last.instructions, "", "the key is answered");
    assert.deepEqual([...call.errors, ...call.openAi.violations, ...call.twilio.violations], []);
    await call.record();
  }
});

Deno.test("A session that is lost while a sound into the answer is not understood yet leaves nobody in silence, though a tool is at work", async () => {
  const looksUp: Plan = { does: "answer", speechMs: 5_000, calls: ["60_seconds"], lateDeltas: 0 };
  const call = await DefaultCall.start({ plans: [SPEAKS, looksUp, SPEAKS] });
  await call.hears(1);
  await call.says();
  await call.run(3_000);
  call.speak(1_000, "And?");
  await call.run(700);
  call.openAi.session?.drop();
  const lostMs = call.clock.now();
  await call.run(50_000);
  assert.ok(call.longestSilence(lostMs) <= 6_100, `${call.longestSilence(lostMs)} ms without a sound`);
  await call.record();
});

for (const act of ["speaks", "presses a key"] as const) {
  Deno.test(`A caller who ${act} while an operator ends the call hears the goodbye, whole, and nothing else`, async () => {
    for (const afterMs of [100, 300, 600, 1_200]) {
      const call = await DefaultCall.start({ plans: [SPEAKS] });
      await call.hears(1);
      call.session!.act({ action: "end" });
      await call.run(afterMs);
      if (act === "speaks") call.speak(700, "Wait.");
      else call.twilio.press("1");
      await call.run(15_000, () => call.isOver);
      assert.equal(call.ended[0].reason, "operator_hung_up");
      const goodbyes = call.openAi.asked.filter(({ instructions }) => instructions.includes("goodbye"));
      const numbers = new Set([1, ...goodbyes.map(({ response }) => response)]);
      assert.deepEqual(call.voices.filter((sound) => !numbers.has((sound as { byte?: number }).byte)), []);
      const last = call.voices.at(-1)!;
      assert.ok(last.toMs - last.fromMs >= 990, `${last.toMs - last.fromMs} ms of the goodbye`);
      assert.ok(last.toMs <= call.twilio.asked[0].atMs, "heard out");
      assert.deepEqual([...call.errors, ...call.openAi.violations, ...call.twilio.violations], []);
    }
  });
}
