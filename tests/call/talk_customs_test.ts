import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import type { ModelCallOptions } from "../support/model_call.ts";
import {
  created,
  delta,
  done,
  functionCall,
  itemDone,
  spoken,
  transcribed,
  WrittenCall,
  type WrittenSession,
} from "../support/written_call.ts";

/*
 * What people do on the telephone, as users of other agents have reported it: they say hello when somebody picks up, ask for
 * a moment, cough, and stay on the line after a goodbye. The model's events are written by hand: a byte names an answer.
 */

const { time } = DEFAULT_BUSINESS;
const GREETING = 1;

/** A session in which the caller has said something before the greeting could be asked for, and is answered. */
function helloFirst(session: WrittenSession, words: string): void {
  const { onCreate } = session;
  session.onCreate = ({ eventId }) => {
    const error = {
      type: "invalid_request_error",
      code: "conversation_already_has_active_response",
      event_id: eventId,
    };
    session.tell(
      { type: "input_audio_buffer.speech_started", audio_start_ms: 0, item_id: "item_h" },
      { type: "input_audio_buffer.speech_stopped", audio_end_ms: 1_400, item_id: "item_h" },
      { type: "input_audio_buffer.committed", previous_item_id: null, item_id: "item_h" },
      created("resp_h"),
      { type: "error", error },
      transcribed("item_h", words),
      ...spoken("resp_h", "item_a", 90, 1_000, "Hello, how can I help?"),
      done("resp_h", { status: "cancelled" }),
    );
    session.onCreate = onCreate;
  };
}

function heardOf(call: WrittenCall): number[] {
  return call.heard.map(({ byte }) => byte);
}

async function saidIn(call: WrittenCall): Promise<string[]> {
  return (await call.record()).flatMap((entry) => entry.kind === "assistant" ? [entry.text] : []);
}

// https://github.com/openclaw/openclaw/issues/85846
Deno.test("A caller who has said hello before the greeting hears it, once, and no other answer", async () => {
  for (const words of ["Hello?", "Hello, I want to book a table."]) {
    const call = await WrittenCall.begin({}, (session) => helloFirst(session, words));
    await call.hears(1);
    await call.run(5_000);
    assert.deepEqual(heardOf(call), [GREETING]);
    const [first, again] = call.now.requests;
    assert.ok(again.instructions.startsWith(first.instructions), "greets all the same");
    assert.ok(again.instructions.includes("go into what they said"));
    assert.deepEqual(call.now.of("response.cancel").map(({ response_id }) => response_id), ["resp_h"]);
    assert.deepEqual(call.now.of("conversation.item.delete").map(({ item_id }) => item_id), ["item_a"]);
    assert.deepEqual(await saidIn(call), ["These words are said."]);
  }
});

Deno.test("A greeting that the caller's hello has cut off before a sound of it is made again", async () => {
  const call = await WrittenCall.begin({}, (session) => {
    const { onCreate } = session;
    session.onCreate = (request) => {
      session.onCreate = onCreate;
      session.tell(created("resp_g", request));
      session.tell({ type: "input_audio_buffer.speech_started", audio_start_ms: 0, item_id: "item_h" });
      session.tell(done("resp_g", { request, status: "cancelled" }));
    };
  });
  await call.run(700);
  call.now.tell(
    { type: "input_audio_buffer.speech_stopped", audio_end_ms: 900, item_id: "item_h" },
    { type: "input_audio_buffer.committed", previous_item_id: null, item_id: "item_h" },
    created("resp_h"),
    delta("resp_h", "item_a", 90, 500),
    done("resp_h", { status: "cancelled" }),
    transcribed("item_h", "Hello?"),
  );
  await call.hears(1);
  await call.run(3_000);
  assert.deepEqual(heardOf(call), [GREETING]);
  assert.deepEqual(await saidIn(call), ["These words are said."]);
});

Deno.test("A caller who speaks while the session is lost before a sound of the greeting is answered all the same", async () => {
  const call = await WrittenCall.begin({}, (session) => {
    if (session.number > 1) return;
    session.onCreate = (request) => {
      session.tell(created("resp_g", request));
      session.tell({ type: "input_audio_buffer.speech_started", audio_start_ms: 0, item_id: "item_h" });
    };
  });
  await call.run(400);
  call.written[0].closeByPeer(1006);
  await call.hears(1);
  await call.utters("item_u2", "I want to book a table.");
  call.now.answer({ byte: 30, words: "For when?" });
  await call.run(3_000);
  assert.deepEqual(heardOf(call).at(-1), 30);
  assert.deepEqual(call.now.of("response.cancel"), []);
  await call.record();
});

Deno.test("A caller who speaks again and again before the greeting is answered in its place in the end, and not greeted after that", async () => {
  const call = await WrittenCall.begin({}, (session) => {
    session.onCreate = (request) => {
      const id = `resp_g${session.requests.length}`;
      session.tell(created(id, request));
      session.tell({ type: "input_audio_buffer.speech_started", audio_start_ms: 0, item_id: `item_${id}` });
      session.tell(done(id, { request, status: "cancelled" }));
    };
  });
  for (let turn = 1; turn <= 2; turn++) {
    await call.run(400);
    const id = `item_resp_g${turn}`;
    call.now.tell({ type: "input_audio_buffer.speech_stopped", audio_end_ms: 900, item_id: id });
    call.now.tell({ type: "input_audio_buffer.committed", previous_item_id: null, item_id: id });
    call.now.tell(
      created(`resp_h${turn}`),
      ...spoken(`resp_h${turn}`, `item_a${turn}`, 80 + turn, 1_000, "Yes?"),
    );
    call.now.tell(done(`resp_h${turn}`));
  }
  await call.run(4_000);
  assert.deepEqual(heardOf(call), [82]);
  assert.equal(call.now.requests.length, 2);
  await call.record();
});

Deno.test("A hello into the beginning of the greeting does not end it; a wish does, and so does a hello much later", async () => {
  const cases = [
    { words: "Yes, hello?", afterMs: 600, isWhole: true },
    { words: "Hi there.", afterMs: 2_000, isWhole: true },
    { words: "Hello, are you open?", afterMs: 600, isWhole: false },
    { words: "Hello?", afterMs: 9_000, isWhole: false },
  ];
  for (const { words, afterMs, isWhole } of cases) {
    const call = await WrittenCall.begin({}, (session) => {
      session.onCreate = (request) =>
        void session.answer({ request, byte: GREETING, ms: 15_000, words: "Welcome to Acme." });
    });
    await call.run(afterMs);
    await call.utters("item_h", words, 500);
    call.now.answer({ byte: 20, words: "Hello yourself." });
    await call.run(20_000);
    const greeted = call.heard.filter(({ byte }) => byte === GREETING);
    const ms = greeted.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
    assert.equal(ms >= 14_990, isWhole, `${words}: ${ms} ms`);
    assert.equal(heardOf(call).includes(20), !isWhole, words);
    await call.record();
  }
});

// https://github.com/joshua-mo-143/local-voice-harness/issues/409, https://github.com/SesameAILabs/csm/issues/33
Deno.test("A caller who asks for a moment is not asked whether they are there for a minute, and hung up on as ever after that", async () => {
  const cases: [words: string, language: string | undefined][] = [
    ["One moment please, I have to fetch my card.", undefined],
    ["Hang on, let me grab a pen.", "en"],
    ["Hmm, let me think about that.", "en"],
    ["I have to find my glasses first.", "en"],
    ["Please stay on the line, your call is important to us.", undefined],
    ["Moment.", "de"],
    ["Laissez-moi réfléchir.", "fr"],
    ["Einen Augenblick, ich hole meinen Kalender.", "de"],
    ["Un instant, s'il vous plaît.", "fr"],
  ];
  for (const [words, language] of cases) {
    const call = await WrittenCall.begin({ language });
    await call.hears(1);
    await call.utters("item_u1", words);
    call.now.answer({ byte: 20, words: "Of course." });
    await call.hears(2);
    await call.utters("item_u2", "Okay.", 600);
    call.now.answer({ byte: 21, words: "Take your time." });
    await call.hears(3);
    const fromMs = call.clock.now();
    await call.run(58_000);
    assert.equal(call.now.requests.length, 1, `${words}: only the greeting was asked for`);
    await call.run(10_000, () => call.now.requests.length > 1);
    assert.ok(call.now.requests[1].instructions.includes("still there"));
    await call.run(30_000, () => call.isOver);
    assert.equal(call.ended[0].reason, "agent_hung_up");
    assert.ok(call.endedAtMs - fromMs < 80_000);
  }
  // Whoever is back has the usual time again.
  const back = await WrittenCall.begin();
  await back.hears(1);
  await back.utters("item_u1", "Just a second.");
  back.now.answer({ byte: 20, words: "Sure." });
  await back.run(20_000);
  await back.utters("item_u2", "Here I am, number four seven.");
  back.now.answer({ byte: 21, words: "Thank you." });
  await back.hears(3);
  await back.run(time.silencePromptAfterMs + 2_000);
  assert.equal(back.now.requests.length, 2);
  await back.record();
});

// https://github.com/gptme/gptme-contrib/pull/795
Deno.test("A line that stays open after the agent's goodbye is hung up without a question whether anybody is there", async () => {
  const call = await WrittenCall.begin();
  await call.hears(1);
  await call.utters("item_u1", "That is all, bye.");
  call.now.answer({ byte: 20, words: "Thank you for calling. Goodbye!" });
  await call.run(30_000, () => call.isOver);
  assert.deepEqual(heardOf(call), [GREETING, 20]);
  assert.equal(call.ended[0].reason, "agent_hung_up");
  assert.ok(Math.abs(call.endedAtMs - call.heard[1].toMs - time.silencePromptAfterMs) < 1_500);

  // A wish for the day may be a greeting, too.
  const others = [
    { said: "Thanks.", answer: "Have a nice day! Or is there anything else?", language: "en" },
    { said: "Alô?", answer: "Boa tarde, aqui é da Acme.", language: "pt" },
    { said: "Hola.", answer: "Buenas noches, le escucho.", language: "es" },
    { said: "Pronto?", answer: "Ciao, sono Anna di Acme.", language: "it" },
  ];
  for (const { said, answer, language } of others) {
    const asks = await WrittenCall.begin({ language });
    await asks.hears(1);
    await asks.utters("item_u1", said);
    asks.now.answer({ byte: 20, words: answer });
    await asks.run(15_000);
    assert.ok(asks.now?.requests[1]?.instructions.includes("still there"), answer);
    await asks.record();
  }
});

// https://github.com/zachlatta/freeflow/issues/111, https://github.com/saurabhav88/EnviousWispr/issues/452
Deno.test("A noise that the transcription describes, or makes up words for, does not end the answer", async () => {
  for (
    const words of [
      "(coughing)",
      "[BLANK_AUDIO]",
      "*sighs*",
      "♪ music ♪",
      "Thank you for watching!",
      "ご視聴ありがとうございました",
    ]
  ) {
    const call = await WrittenCall.begin();
    await call.hears(1);
    await call.utters("item_u1", "Tell me.");
    call.now.answer({ byte: 20, ms: 8_000 });
    await call.run(2_000);
    await call.utters("item_u2", words, 250);
    call.now.answer({ byte: 30 });
    await call.run(9_000);
    const ms = call.heard.filter(({ byte }) => byte === 20).reduce(
      (sum, { fromMs, toMs }) => sum + toMs - fromMs,
      0,
    );
    assert.ok(ms >= 7_990, `${words}: ${ms} ms of 8000`);
    assert.ok(!heardOf(call).includes(30));
    await call.record();
  }
});

// https://github.com/twilio-samples/speech-assistant-openai-realtime-api-python/issues/20
Deno.test("Marks that come back before their audio can have been played prove nothing: cut, record and goodbye are right", async () => {
  for (const delayMs of [0, 75]) {
    const call = await WrittenCall.begin({ twilioDelayMs: delayMs } satisfies Partial<ModelCallOptions>);
    const names: string[] = [];
    call.twilio.player.mark = (nowMs, name) => {
      names.push(name);
      return nowMs;
    };
    call.twilio.player.takePlayedMarks = () => names.splice(0);
    await call.hears(1);
    await call.utters("item_u1", "Count.");
    call.now.answer({ byte: 20, ms: 8_000, words: "one two three four five six seven eight" });
    await call.run(3_000 + 2 * delayMs);
    await call.utters("item_u2", "Stop.");
    const [{ audio_end_ms }] = call.now.of("conversation.item.truncate");
    assert.ok(Math.abs(Number(audio_end_ms) - 3_000) <= 2 * delayMs + 20, `${audio_end_ms} ms`);
    call.now.tell(
      created("resp_b"),
      ...spoken("resp_b", "item_b", 31, 2_500, "Goodbye."),
      itemDone("resp_b", functionCall("end_call"), 1),
      done("resp_b"),
    );
    await call.run(10_000, () => call.isOver);
    assert.ok(call.heard.at(-1)!.toMs <= call.twilio.asked[0].atMs, "the goodbye is heard out");
    assert.equal(call.heard.at(-1)!.toMs - call.heard.at(-1)!.fromMs, 2_500);
    assert.deepEqual((await saidIn(call)).slice(1), ["one two three", "Goodbye."]);
  }
});

// https://github.com/gptme/gptme-contrib/pull/795, https://github.com/pipecat-ai/pipecat/issues/2179
Deno.test("A model that says it takes a moment, and does nothing, is told to go on, once: the caller does not wait for nothing", async () => {
  for (
    const [words, language] of [["One moment, let me check that for you.", undefined], [
      "Einen Moment bitte.",
      "de",
    ]] as const
  ) {
    const call = await WrittenCall.begin({ language });
    await call.hears(1);
    await call.utters("item_u1", "Is it in stock?");
    call.now.onCreate = (request) =>
      void call.now.answer({ request, byte: 30, words: "One moment, I am still looking." });
    call.now.answer({ byte: 20, words });
    await call.hears(3);
    assert.ok(call.heard[2].fromMs - call.heard[1].toMs < 4_500);
    const told = call.now.of("conversation.item.create").map(({ item }) => JSON.stringify(item));
    assert.equal(told.filter((text) => text.includes("have called no tool since")).length, 1);
    const [, request] = call.now.requests;
    assert.deepEqual([request.instructions, request.toolChoice], ["", undefined], "it may call tools");
    await call.record();
  }
});

// A wish that is no promise of the model's.
Deno.test("A model that says what it needs of the caller is not told to go on", async () => {
  const call = await WrittenCall.begin({ language: "en" });
  await call.hears(1);
  await call.utters("item_u1", "Where is my order?");
  call.now.answer({ byte: 20, words: "First I have to find your order. Please tell me its number." });
  await call.run(8_000);
  assert.equal(call.now.requests.length, 1);
  await call.record();
});

Deno.test("A model is not told to go on that asks something, that uses a tool, or whose caller has asked for the moment", async () => {
  const asks = await WrittenCall.begin();
  await asks.hears(1);
  await asks.utters("item_u1", "Is it in stock?");
  asks.now.answer({ byte: 20, words: "Just a second, which size was it?" });
  await asks.run(8_000);
  assert.equal(asks.now.requests.length, 1);
  await asks.record();

  const works = await WrittenCall.begin();
  await works.hears(1);
  await works.utters("item_u1", "Is it in stock?");
  works.now.tell(
    created("resp_a"),
    ...spoken("resp_a", "item_a", 20, 800, "One moment, let me check."),
    itemDone("resp_a", functionCall("8_seconds"), 1),
    done("resp_a"),
  );
  await works.run(7_000);
  assert.ok(works.now.requests.slice(1).every(({ toolChoice }) => toolChoice === "none"), "only a filler");
  await works.record();

  const waits = await WrittenCall.begin();
  await waits.hears(1);
  await waits.utters("item_u1", "One moment, please.");
  waits.now.answer({ byte: 20, words: "Sure, just a moment." });
  await waits.run(9_000);
  assert.equal(waits.now.requests.length, 1);
  await waits.record();
});

// https://github.com/pipecat-ai/pipecat/issues/1771, https://github.com/aws-samples/amazon-nova-samples/issues/71
Deno.test("The agent's own words that come back by the caller's loudspeaker do not end its answer, nor does it answer them", async () => {
  const words = "We are open from nine to five on weekdays, and from ten to two on Saturdays.";
  const cases = [
    { echo: "open from nine to five on weekdays", isEcho: true },
    { echo: "nine to five on Sundays", isEcho: false },
    { echo: "Nine to five?", isEcho: false },
  ];
  for (const { echo, isEcho } of cases) {
    const call = await WrittenCall.begin();
    await call.hears(1);
    await call.utters("item_u1", "When are you open?");
    call.now.answer({ byte: 20, ms: 9_000, words });
    await call.run(4_000);
    await call.utters("item_e", echo, 900);
    call.now.answer({ byte: 30, words: "Yes, we are." });
    await call.run(8_000);
    const ms = call.heard.filter(({ byte }) => byte === 20).reduce(
      (sum, { fromMs, toMs }) => sum + toMs - fromMs,
      0,
    );
    assert.equal(ms >= 8_990, isEcho, `${echo}: ${ms} ms of 9000`);
    assert.equal(heardOf(call).includes(30), !isEcho, echo);
    const deleted = call.now.of("conversation.item.delete").map(({ item_id }) => item_id);
    assert.equal(deleted.includes("item_e"), isEcho, "the model does not take it for the caller's");
    await call.record();
  }
});
