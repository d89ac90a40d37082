import assert from "node:assert/strict";
import {
  created,
  delta,
  done,
  functionCall,
  itemDone,
  spoken,
  WrittenCall,
} from "../support/written_call.ts";

/*
 * Callers who ask again and again what keeps the model, as users of other agents have reported it; and answers that come in
 * another way than one would think. The model's events are written by hand; a byte names an answer, and what the client asks
 * for is heard from 2 on.
 */

const ANSWER = 20;

/** A call whose caller has been greeted and has spoken, to a model that makes nothing of what it is asked after that. */
async function unheeded(words: string): Promise<WrittenCall> {
  const call = await WrittenCall.begin({}, (session) => {
    if (session.number > 1) return;
    const { onCreate } = session;
    session.onCreate = (request) => {
      session.onCreate = () => {};
      onCreate(request);
    };
  });
  await call.hears(1);
  await call.utters("item_u1", words);
  return call;
}

/** OpenAI's refusal of a response while it makes another one. */
const ALREADY_ACTIVE = {
  type: "error",
  error: { type: "invalid_request_error", code: "conversation_already_has_active_response", event_id: null },
};

async function saidIn(call: WrittenCall): Promise<{ text: string; cut: boolean }[]> {
  const said = (await call.record()).filter((entry) => entry.kind === "assistant");
  return said.slice(1).map(({ text, cut }) => ({ text, cut }));
}

// https://github.com/pipecat-ai/pipecat/issues/3677
Deno.test("A caller who asks again and again what keeps a model that does not react gets another session", async () => {
  const call = await unheeded("When are you open?");
  const fromMs = call.clock.now();
  for (let turn = 2; call.written.length === 1; turn++) {
    await call.run(2_000);
    await call.utters(`item_u${turn}`, "Hello?", 800);
    assert.ok(call.clock.now() - fromMs < 20_000, "nobody comes");
  }
  await call.hears(2);
  assert.equal(call.answers.length, 1);
  await call.record();
});

// https://github.com/livekit/livekit/issues/4484
Deno.test("A caller who asks again whenever a model has begun an answer, and says nothing, gets another session", async () => {
  const call = await WrittenCall.spokenTo("When are you open?");
  const { now } = call;
  const fromMs = call.clock.now();
  for (let turn = 2; call.written.length === 1; turn++) {
    now.tell(created(`resp_${turn}`));
    await call.run(3_500, () => call.written.length > 1);
    if (call.written.length > 1) break;
    const spoken = call.utters(`item_u${turn}`, "Hello?", 800);
    now.tell(
      done(`resp_${turn}`, { status: "cancelled", details: { type: "cancelled", reason: "turn_detected" } }),
    );
    await spoken;
    assert.ok(call.clock.now() - fromMs < 40_000, "nobody comes");
  }
  await call.hears(2);
  await call.record();
});

// https://github.com/pipecat-ai/pipecat/issues/917
Deno.test("After an answer that did not come the next turn is given its time, however long it was", async () => {
  for (const ms of [800, 6_000, 20_000]) {
    const call = await unheeded("When are you open?");
    await call.run(5_600); // it has been asked for again
    await call.utters("item_u2", "Hello? When are you open, please?", ms);
    await call.run(2_600);
    assert.equal(call.written.length, 1, `${ms} ms`);
    call.now.answer({ byte: ANSWER });
    await call.run(2_000);
    assert.deepEqual(call.answers, [ANSWER]);
    await call.record();
  }
});

// https://github.com/livekit/agents/issues/6222
Deno.test("A turn whose answer was asked for again is answered once, though the model then wants to answer it, too", async () => {
  const call = await unheeded("When are you open?");
  const { now } = call;
  let byte = 29;
  now.onCreate = (request) => {
    const id = `resp_${++byte}`;
    now.tell(created(id, request));
    if (byte === 30) {
      now.tell(ALREADY_ACTIVE);
    }
    now.tell(...spoken(id, `item_${id}`, byte, 1_500, "At nine."), done(id, { request }));
  };
  await call.run(12_000);
  assert.deepEqual(call.answers, [30]);
  // A turn that ends while an answer to another one is made is still owed its own.
  now.tell(created("resp_m"), delta("resp_m", "item_m", 40, 200));
  await call.utters("item_u2", "And on Sunday?");
  now.tell(ALREADY_ACTIVE, done("resp_m", { status: "cancelled" }));
  await call.run(3_000);
  assert.equal(call.answers.at(-1), 31);
  await call.record();
});

const AT = { response_id: "resp_a", item_id: "item_a", output_index: 0, content_index: 0 };
const COUNT = "one two three four five six seven eight";

// https://github.com/pipecat-ai/pipecat/issues/2106
Deno.test("Audio that comes after the end of its item counts to it: the model and the record know what was heard", async () => {
  for (const [heardMs, words] of [[2_050, "one two"], [6_050, "one two three four five six"]] as const) {
    const call = await WrittenCall.spokenTo("Count.");
    call.now.tell(
      created("resp_a"),
      { type: "response.output_audio_transcript.delta", ...AT, delta: COUNT },
      delta("resp_a", "item_a", ANSWER, 4_000),
      { type: "response.output_audio.done", ...AT },
      delta("resp_a", "item_a", ANSWER, 4_000),
    );
    await call.run(heardMs);
    await call.utters("item_u2", "Stop, please.");
    call.now.tell(done("resp_a", { status: "cancelled" }));
    call.now.answer({ byte: 30, words: "All right." });
    await call.run(2_000);
    assert.deepEqual(call.answers, [ANSWER, 30]);
    const cuts = call.now.of("conversation.item.truncate");
    assert.deepEqual(cuts.map(({ item_id, audio_end_ms }) => [item_id, audio_end_ms]), [["item_a", heardMs]]);
    assert.deepEqual(await saidIn(call), [{ text: words, cut: true }, { text: "All right.", cut: false }]);
  }
});

Deno.test("Items whose audio comes in turns are each cut where they were heard", async () => {
  const call = await WrittenCall.spokenTo("Count.");
  const pieces = ["item_a", "item_b", "item_a", "item_b"];
  call.now.tell(
    created("resp_a"),
    ...pieces.map((item, i) => delta("resp_a", item, ANSWER + i % 2, 1_000)),
  );
  await call.run(2_550);
  await call.utters("item_u2", "Stop, please.");
  call.now.tell(done("resp_a", { status: "cancelled" }));
  call.now.answer({ byte: 30 });
  await call.run(2_000);
  const cuts = call.now.of("conversation.item.truncate");
  assert.deepEqual(cuts.map(({ item_id, audio_end_ms }) => [item_id, audio_end_ms]), [
    ["item_a", 1_550],
    ["item_b", 1_000],
  ]);
  await call.record();
});

// https://github.com/CALLE-AI/awesome-phone-call-agents/issues/642
Deno.test("An answer without words is in the record all the same, and the next session knows of it", async () => {
  const call = await WrittenCall.spokenTo("When are you open?");
  call.now.tell(created("resp_a"), delta("resp_a", "item_a", ANSWER, 1_500), done("resp_a"));
  await call.hears(2);
  call.now.closeByPeer(1006);
  await call.run(1_000);
  const restored = call.now.of("conversation.item.create").map(({ item }) => JSON.stringify(item));
  assert.ok(restored.some((text) => text.includes('"assistant"') && text.includes("(inaudible)")));
  call.now.tell(created("resp_b"), delta("resp_b", "item_b", 30, 4_000));
  await call.run(2_000);
  assert.deepEqual(await saidIn(call), [
    { text: "(inaudible)", cut: false },
    { text: "(inaudible)", cut: true },
  ]);
});

// https://github.com/livekit/agents/issues/6569
Deno.test("What a tool gave is told, though the caller asked for it meanwhile and the response that called it was cancelled", async () => {
  const call = await WrittenCall.spokenTo("Book it, please.");
  call.now.tell(created("resp_a"), itemDone("resp_a", functionCall("8_seconds", { id: 7 })));
  await call.run(300);
  const spoken = call.utters("item_u2", "Hello?");
  call.now.tell(
    done("resp_a", { status: "cancelled", details: { type: "cancelled", reason: "turn_detected" } }),
  );
  await spoken;
  call.now.answer({ byte: ANSWER, words: "I am booking it." });
  await call.run(12_000);
  const outputs = call.now.of("conversation.item.create").filter(({ item }) => "output" in (item as object));
  assert.equal(outputs.length, 1);
  assert.equal(call.answers.length, 2);
  assert.equal(call.answers[0], ANSWER);
  await call.record();
});
