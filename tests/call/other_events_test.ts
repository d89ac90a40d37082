import assert from "node:assert/strict";
import {
  created,
  delta,
  done,
  functionCall,
  itemDone,
  message,
  spoken,
  transcribed,
  WrittenCall,
  type WrittenEvent,
} from "../support/written_call.ts";

/*
 * Events that come otherwise than usual: left out, late, twice, without fields that need not be there, or in another order.
 * They are written by hand, as servers of OpenAI's protocol have been reported to send them; a byte names an answer, the
 * greeting is 1, and what the client asks for after it is heard from 2 on.
 */

const ANSWER = 20;
const ASKED = 2;

/** What the record says that the agent said, after the greeting. */
async function saidIn(call: WrittenCall): Promise<string[]> {
  return (await call.record()).flatMap((entry) => entry.kind === "assistant" ? [entry.text] : []).slice(1);
}

async function heardWords(call: WrittenCall): Promise<string[]> {
  return (await call.record()).flatMap((entry) => entry.kind === "user" ? [entry.text] : []);
}

function writtenItem(text: string): Record<string, unknown> {
  return {
    id: "item_t",
    type: "message",
    status: "completed",
    role: "assistant",
    content: [{ type: "output_text", text }],
  };
}

// https://github.com/openai/openai-agents-python/pull/3405
Deno.test("A server that repeats neither metadata nor ids of events: each request is answered once, and none is waited for in vain", async () => {
  const call = await WrittenCall.spokenTo("Hello.", {}, (session) => {
    let byte = 1;
    session.onCreate = (request) =>
      void session.answer({ request: { ...request, metadata: null }, byte: byte++ });
  });
  call.now.answer({ byte: ANSWER });
  await call.hears(2);
  call.twilio.press("5");
  await call.hears(3);
  await call.run(9_000);
  assert.deepEqual(call.answers, [ANSWER, ASKED]);
  assert.equal(call.written.length, 1);
  assert.ok(call.twilio.sounds.every(({ isVoice }) => isVoice), "nobody is asked to wait");
  await call.record();

  // A request that meets an answer under way is refused without its name; that answer has it in view.
  const busy = await WrittenCall.spokenTo("Hello.", {}, (session) => {
    session.onCreate = (request) => void session.answer({ request: { ...request, metadata: null }, byte: 1 });
  });
  busy.now.answer({ byte: ANSWER });
  await busy.hears(2);
  let refused = 0;
  busy.now.onCreate = (request) => {
    if (refused++ > 0) return void busy.now.answer({ request: { ...request, metadata: null }, byte: ASKED });
    const error = {
      type: "invalid_request_error",
      code: "conversation_already_has_active_response",
      event_id: null,
    };
    busy.now.tell({ type: "error", error });
  };
  busy.twilio.press("5");
  await busy.run(1_800);
  busy.now.answer({ byte: 30 });
  await busy.run(4_000);
  assert.deepEqual(busy.answers, [ANSWER, 30]);
  busy.twilio.press("6");
  await busy.hears(4);
  assert.deepEqual(busy.answers, [ANSWER, 30, ASKED]);
  assert.equal(busy.written.length, 1);
  await busy.record();
});

// https://github.com/huggingface/speech-to-speech/pull/416
Deno.test("A function call that only the end of its response tells of is run, once", async () => {
  const item = functionCall("fast", { id: 7 });
  const { status: _, ...bare } = item;
  const ways: WrittenEvent[][] = [
    [done("resp_a", { output: [item] })],
    [itemDone("resp_a", item), done("resp_a", { output: [item] })],
    [itemDone("resp_a", bare), done("resp_a", { output: [bare] })],
    [done("resp_a", { output: [bare] }), itemDone("resp_a", bare)],
  ];
  for (const events of ways) {
    const call = await WrittenCall.spokenTo("Look it up.");
    call.now.tell(created("resp_a"), ...events);
    await call.hears(2);
    await call.run(3_000);
    assert.deepEqual(call.answers, [ASKED]);
    const outputs = call.now.of("conversation.item.create").filter(({ item }) =>
      "output" in (item as object)
    );
    assert.deepEqual(outputs.map(({ item }) => (item as { output: string }).output), ['"done 7"']);
    const tools = (await call.record()).filter(({ kind }) => kind === "tool");
    assert.equal(tools.length, 1);
  }
});

Deno.test("A function call that was cut off is not run, whatever tells of it", async () => {
  const cut = functionCall("fast", '{"id":');
  const { status: _, ...bare } = cut;
  for (const item of [{ ...cut, status: "incomplete" }, bare]) {
    const call = await WrittenCall.spokenTo("Look it up.");
    call.now.tell(
      created("resp_a"),
      itemDone("resp_a", item),
      done("resp_a", { status: "cancelled", output: [item] }),
    );
    await call.hears(2);
    assert.ok((await call.record()).every(({ kind }) => kind !== "tool"));
  }
});

// https://github.com/openai/openai-agents-js/pull/1341
Deno.test("The words of an answer are in the record, whichever event has them", async () => {
  const words = "We are open until five o'clock.";
  const at = { response_id: "resp_a", item_id: "item_a" };
  const ways: WrittenEvent[][] = [
    [itemDone("resp_a", message("item_a", words))],
    [{ type: "conversation.item.done", previous_item_id: null, item: message("item_a", words) }],
    [{ type: "response.output_audio_transcript.done", ...at, transcript: words }],
    [done("resp_a", { output: [message("item_a", words)] })],
    [
      { type: "response.output_audio_transcript.delta", ...at, delta: "We are open " },
      { type: "response.output_audio_transcript.delta", ...at, delta: "until five o'clock." },
      itemDone("resp_a", message("item_a", words)),
    ],
  ];
  for (const events of ways) {
    const call = await WrittenCall.spokenTo("When?");
    call.now.tell(created("resp_a"), delta("resp_a", "item_a", ANSWER, 1_500), ...events, done("resp_a"));
    await call.run(3_000);
    assert.deepEqual(await saidIn(call), [words]);
  }
});

// https://github.com/livekit/agents/issues/2201
Deno.test("The words of an answer that come only after the caller has cut it off end where it was heard", async () => {
  const call = await WrittenCall.spokenTo("Count.");
  call.now.tell(created("resp_a"), delta("resp_a", "item_a", ANSWER, 8_000));
  await call.run(4_050);
  await call.utters("item_u2", "Stop, please.");
  call.now.tell(
    {
      type: "response.output_audio_transcript.done",
      response_id: "resp_a",
      item_id: "item_a",
      content_index: 0,
      transcript: "one two three four five six seven eight",
    },
    done("resp_a", { status: "cancelled", details: { type: "cancelled", reason: "turn_detected" } }),
  );
  call.now.answer({ byte: 30, words: "All right." });
  await call.run(2_000);
  assert.deepEqual(await saidIn(call), ["one two three four", "All right."]);
});

Deno.test("Audio without a sound is none: the answer is asked for again, and was never said", async () => {
  const call = await WrittenCall.spokenTo("Hello?");
  call.now.tell(
    created("resp_a"),
    ...spoken("resp_a", "item_a", ANSWER, 0, "We are open."),
    done("resp_a", { output: [message("item_a", "We are open.")] }),
  );
  await call.hears(2);
  assert.deepEqual(call.answers, [ASKED]);
  assert.ok(call.now.requests[1].instructions.includes("We are open."));
  assert.deepEqual(await saidIn(call), ["These words are said."]);
});

// https://github.com/bolna-ai/bolna/issues/711
Deno.test("The caller's words are in the record as far as they were transcribed, though the end of it never comes, or fails", async () => {
  const type = "conversation.item.input_audio_transcription";
  const deltas = ["Hey, can you ", "hear me?"].map((delta) => ({
    type: `${type}.delta`,
    item_id: "item_u1",
    delta,
  }));
  const silent = await WrittenCall.spokenTo();
  silent.now.tell(...deltas);
  assert.deepEqual(await heardWords(silent), ["Hey, can you hear me?"]);

  const failed = await WrittenCall.spokenTo();
  failed.now.tell(...deltas, { type: `${type}.failed`, item_id: "item_u1", error: null });
  assert.deepEqual(await heardWords(failed), ["Hey, can you hear me?"]);

  const whole = await WrittenCall.spokenTo();
  whole.now.tell(...deltas, transcribed("item_u1", "Hey, can you hear me now?"), ...deltas);
  assert.deepEqual(await heardWords(whole), ["Hey, can you hear me now?"]);

  const late = await WrittenCall.spokenTo();
  late.twilio.end("stop_and_close");
  await late.run(1_000);
  late.written[0].tell(...deltas);
  assert.deepEqual(await heardWords(late), ["Hey, can you hear me?"]);
});

// https://github.com/bolna-ai/bolna/issues/711
Deno.test("Words that are transcribed piece by piece interrupt an answer as soon as they are known to be words", async () => {
  const call = await WrittenCall.spokenTo("Tell me.");
  call.now.answer({ byte: ANSWER, ms: 20_000 });
  await call.run(3_000);
  await call.utters("item_u2", undefined, 600);
  const delta = { type: "conversation.item.input_audio_transcription.delta", item_id: "item_u2" };
  call.now.tell({ ...delta, delta: "No, " }, { ...delta, delta: "wait." });
  await call.run(3_000);
  call.now.answer({ byte: 30, words: "Yes?" });
  await call.run(3_000);
  const heard = call.heard.filter(({ byte }) => byte === ANSWER);
  assert.equal(heard.length, 1, "it did not go on");
  assert.deepEqual(call.answers, [ANSWER, 30]);
  assert.ok((await call.record()).some(({ kind }) => kind === "interruption"));
});

// https://github.com/livekit/agents/issues/2471
Deno.test("What a response has written beside what it said is spoken next", async () => {
  const call = await WrittenCall.spokenTo("When are you open?");
  const written = writtenItem("We are open from nine to five.");
  call.now.tell(
    created("resp_a"),
    itemDone("resp_a", written),
    ...spoken("resp_a", "item_a", ANSWER, 1_000, "Anything else?"),
    done("resp_a", { output: [written, message("item_a", "Anything else?")] }),
  );
  await call.hears(3);
  assert.deepEqual(call.answers, [ANSWER, ASKED]);
  assert.ok(call.now.requests[1].instructions.endsWith("We are open from nine to five."));
  assert.deepEqual(call.now.of("conversation.item.delete").map(({ item_id }) => item_id), ["item_t"]);
  await call.run(5_000);
  assert.equal(call.now.requests.length, 2, "asked for once");
  await call.record();
});

// https://github.com/twilio-samples/speech-assistant-openai-realtime-api-python/issues/6
Deno.test("A turn whose end nobody tells is over when it is answered: the session is not taken for dead", async () => {
  const call = await WrittenCall.begin();
  await call.hears(1);
  call.twilio.loudUntilMs = call.clock.now() + 1_500;
  call.now.tell({ type: "input_audio_buffer.speech_started", audio_start_ms: 0, item_id: "item_u1" });
  await call.run(2_000);
  call.now.answer({ byte: ANSWER, ms: 9_000 });
  await call.run(10_000);
  assert.deepEqual(call.answers, [ANSWER]);
  assert.equal(call.written.length, 1);
  await call.utters("item_u2", "And then?");
  call.now.answer({ byte: 30 });
  await call.hears(3);
  assert.deepEqual(call.answers, [ANSWER, 30]);
  await call.record();
});

Deno.test("Speech that no item is named for silences the answer all the same", async () => {
  const call = await WrittenCall.spokenTo("Tell me.");
  call.now.answer({ byte: ANSWER, ms: 9_000 });
  await call.run(3_000);
  call.twilio.loudUntilMs = call.clock.now() + 1_000;
  call.now.tell({ type: "input_audio_buffer.speech_started" });
  const fromMs = call.clock.now();
  await call.run(1_500);
  call.now.tell({ type: "input_audio_buffer.speech_stopped" });
  call.now.answer({ byte: 30 });
  await call.run(3_000);
  assert.deepEqual(call.answers, [ANSWER, 30]);
  assert.ok(call.heard[1].toMs - fromMs <= 150);
  assert.equal(call.now.of("conversation.item.truncate").length, 1);
  await call.record();
});

Deno.test("The end of a response that is told twice, even much later, changes nothing", async () => {
  const call = await WrittenCall.spokenTo("Hello.");
  const first = call.now.answer({ byte: ANSWER });
  await call.hears(2);
  await call.utters("item_u2", "And?");
  call.now.answer({ byte: 30 });
  await call.hears(3);
  const again = done(first.response, { output: [message(first.item, "These words are said.")] });
  call.now.tell(again, created(first.response), again);
  await call.run(5_000);
  assert.deepEqual(call.answers, [ANSWER, 30]);
  assert.deepEqual(call.now.of("conversation.item.delete"), []);
  await call.record();
});

// https://github.com/HybridAIOne/hybridclaw/pull/1503
Deno.test("An answer that OpenAI breaks off by itself goes on at once", async () => {
  const details = { type: "cancelled", reason: "turn_detected" };
  const call = await WrittenCall.spokenTo("When are you open?");
  call.now.tell(
    created("resp_a"),
    ...spoken("resp_a", "item_a", ANSWER, 1_500, "We are open from").slice(0, -1),
    done("resp_a", { status: "cancelled", details }),
  );
  await call.hears(3);
  const [, broken, rest] = call.heard;
  assert.deepEqual([broken.byte, rest.byte], [ANSWER, ASKED]);
  assert.ok(rest.fromMs - broken.toMs < 500, `${rest.fromMs - broken.toMs} ms`);
  const told = call.now.of("conversation.item.create").map(({ item }) => JSON.stringify(item));
  assert.ok(told.some((text) => text.includes("Go on exactly where it ends")));
  assert.ok((await call.record()).some((entry) => entry.kind === "note" && entry.text.includes("broke off")));

  const mute = await WrittenCall.spokenTo("When are you open?");
  mute.now.tell(created("resp_a"), done("resp_a", { status: "cancelled", details }));
  const fromMs = mute.clock.now();
  await mute.hears(2);
  assert.ok(mute.heard[1].fromMs - fromMs < 1_000);
  await mute.record();

  // A model that breaks off again and again is not asked for ever.
  const always = await WrittenCall.spokenTo("When are you open?");
  let count = 0;
  always.now.onCreate = (request) => {
    const id = `resp_broken_${++count}`;
    always.now.tell(
      created(id, request),
      delta(id, `item_${id}`, 30 + count, 300),
      done(id, { request, status: "cancelled" }),
    );
  };
  always.now.tell(
    created("resp_a"),
    delta("resp_a", "item_a", ANSWER, 300),
    done("resp_a", { status: "cancelled" }),
  );
  await always.run(8_000);
  assert.equal(count, 2);
  await always.record();
});

Deno.test("An answer that the caller cuts off is not taken for one that broke off, though the caller's speech is told later", async () => {
  const call = await WrittenCall.spokenTo("When are you open?");
  call.now.tell(
    created("resp_a"),
    delta("resp_a", "item_a", ANSWER, 3_000),
    done("resp_a", { status: "cancelled", details: { type: "cancelled", reason: "turn_detected" } }),
  );
  await call.run(100);
  await call.utters("item_u2", "Stop.");
  call.now.answer({ byte: 30 });
  await call.run(3_000);
  assert.deepEqual(call.answers, [ANSWER, 30]);
  assert.equal(call.now.requests.length, 1);
  await call.record();
});

// https://github.com/openclaw/openclaw/issues/138592
Deno.test("A truncation that OpenAI refuses changes neither talk nor record", async () => {
  const call = await WrittenCall.spokenTo("Count.");
  call.now.answer({ byte: ANSWER, ms: 8_000, words: "one two three four five six seven eight" });
  await call.run(3_050);
  await call.utters("item_u2", "Stop, please.");
  const message = "Audio content of 2000ms is already shorter than 3000ms";
  call.now.tell({
    type: "error",
    error: { type: "invalid_request_error", code: "invalid_value", message, param: null },
  });
  call.now.answer({ byte: 30, words: "All right." });
  await call.run(2_000);
  assert.deepEqual(call.answers, [ANSWER, 30]);
  assert.equal(call.written.length, 1);
  assert.deepEqual(await saidIn(call), ["one two three", "All right."]);
});

Deno.test("A response that fails after it has called a tool is answered once: with what the tool gave", async () => {
  const call = await WrittenCall.spokenTo("Book it.");
  const details = {
    type: "failed",
    error: { type: "server_error", code: null, message: "The server had an error." },
  };
  call.now.tell(
    created("resp_a"),
    itemDone("resp_a", functionCall("fast")),
    done("resp_a", { status: "failed", details }),
  );
  await call.hears(2);
  await call.run(5_000);
  assert.deepEqual(call.answers, [ASKED]);
  assert.equal(call.now.requests.length, 2);
  assert.ok((await call.record()).some((entry) => entry.kind === "tool" && entry.outcome === "done"));
});

// https://github.com/livekit/agents/issues/5808
Deno.test("A function call that the token limit has cut off is made again, and not for ever", async () => {
  const cut = { ...functionCall("fast", '{"id":'), status: "incomplete" };
  const details = { type: "incomplete", reason: "max_output_tokens" };
  const call = await WrittenCall.spokenTo("Book it.");
  call.now.onCreate = (request) =>
    call.now.tell(
      created("resp_b", request),
      itemDone("resp_b", functionCall("fast", { id: 7 }, "call_b")),
      done("resp_b", { request }),
    );
  call.now.tell(
    created("resp_a"),
    ...spoken("resp_a", "item_a", ANSWER, 800, "I book it."),
    itemDone("resp_a", cut, 1),
    done("resp_a", { status: "incomplete", details, output: [cut] }),
  );
  await call.run(200);
  assert.ok((await call.record()).some((entry) => entry.kind === "tool" && entry.outcome === "done"));

  const always = await WrittenCall.spokenTo("Book it.");
  let count = 0;
  always.now.onCreate = (request) => {
    const id = `resp_cut_${++count}`;
    always.now.tell(
      created(id, request),
      ...spoken(id, `item_${id}`, 30 + count, 300, "I book it."),
      done(id, { request, status: "incomplete", details, output: [cut] }),
    );
  };
  always.now.tell(
    created("resp_a"),
    ...spoken("resp_a", "item_a", ANSWER, 300, "I book it."),
    done("resp_a", { status: "incomplete", details, output: [cut] }),
  );
  await always.run(6_000);
  assert.equal(count, 2);
  await always.record();
});

// https://github.com/openai/openai-agents-python/pull/3405
Deno.test("The beginning and the end of a turn that are told again, when it has been answered, change nothing", async () => {
  const call = await WrittenCall.spokenTo("When are you open?");
  const [began] = [{ type: "input_audio_buffer.speech_started", audio_start_ms: 1_100, item_id: "item_u1" }];
  const ended = { type: "input_audio_buffer.speech_stopped", audio_end_ms: 3_400, item_id: "item_u1" };
  call.now.answer({ byte: ANSWER, ms: 3_000 });
  await call.run(1_000);
  call.now.tell(began, ended, {
    type: "input_audio_buffer.committed",
    previous_item_id: null,
    item_id: "item_u1",
  });
  await call.run(10_000);
  const [answer] = call.heard.slice(1);
  assert.ok(Math.abs(answer.toMs - answer.fromMs - 3_000) < 50);
  assert.deepEqual(call.answers, [ANSWER]);
  assert.equal(call.written.length, 1);
  assert.ok((await call.record()).every(({ kind }) => kind !== "interruption"));
});
