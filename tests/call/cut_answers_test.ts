import assert from "node:assert/strict";
import {
  created,
  delta,
  done,
  functionCall,
  itemDone,
  message,
  spoken,
  WrittenCall,
  type WrittenEvent,
} from "../support/written_call.ts";

/*
 * Answers that end in the middle of a sentence, because OpenAI fails, or at the limit of their tokens, or by its filter.
 * The model's events are written by hand; a byte names an answer, and what the client asks for is heard from 2 on.
 */

const ANSWER = 20;
const ASKED = 2;
const FAILED = {
  status: "failed",
  details: {
    type: "failed",
    error: { type: "server_error", code: null, message: "The server had an error." },
  },
};
const LIMIT = { status: "incomplete", details: { type: "incomplete", reason: "max_output_tokens" } };
const FILTER = { status: "incomplete", details: { type: "incomplete", reason: "content_filter" } };

/** A response that says so much, and ends as it should not. */
function cut(
  end: { status: string; details: unknown },
  ms = 2_000,
  id = "resp_a",
  byte = ANSWER,
): WrittenEvent[] {
  const item = message(`item_${id}`, "We are open from", "incomplete");
  const speech = spoken(id, `item_${id}`, byte, ms, "We are open from").slice(0, -1);
  return [created(id), ...(ms > 0 ? speech : []), done(id, { ...end, output: ms > 0 ? [item] : [] })];
}

/** What the model was told, as a system. */
function toldIn(call: WrittenCall): string {
  return JSON.stringify(call.now.of("conversation.item.create").map(({ item }) => item).slice(1));
}

// https://github.com/openai/openai-realtime-api-beta/issues/45
Deno.test("An answer that fails in the middle goes on from there, and does not begin again", async () => {
  const call = await WrittenCall.spokenTo("When are you open?");
  call.now.tell(...cut(FAILED));
  await call.hears(3);
  const [, broken, rest] = call.heard;
  assert.deepEqual(call.answers, [ANSWER, ASKED]);
  assert.ok(rest.fromMs - broken.toMs < 500);
  assert.ok(toldIn(call).includes("Go on exactly where it ends"));
  const notes = (await call.record()).flatMap((entry) => entry.kind === "note" ? [entry.text] : []);
  assert.deepEqual(notes, ["An answer failed: server_error."]);

  const mute = await WrittenCall.spokenTo("When are you open?");
  mute.now.tell(...cut(FAILED, 0));
  await mute.hears(2);
  assert.ok(!toldIn(mute).includes("Go on"), "there is nothing to go on from");
  await mute.record();
});

// https://github.com/Azure-Samples/aoai-realtime-audio-sdk/issues/26
Deno.test("An answer that its token limit or a filter ends in the middle of a sentence is brought to an end, soon", async () => {
  for (const [end, word] of [[LIMIT, "End the sentence"], [FILTER, "cannot go on"]] as const) {
    const call = await WrittenCall.spokenTo("When are you open?");
    call.now.tell(...cut(end));
    await call.hears(3);
    const [, broken, rest] = call.heard;
    assert.deepEqual(call.answers, [ANSWER, ASKED]);
    assert.ok(rest.fromMs - broken.toMs < 500, `${rest.fromMs - broken.toMs} ms`);
    assert.ok(toldIn(call).includes(word), word);
    assert.equal(call.now.requests.length, 2);
    await call.record();
  }
});

Deno.test("An answer that is cut for a reason nobody knows is brought to an end, whatever the reason is called", async () => {
  for (const reason of ["constructor", "__proto__", "toString", "recitation"]) {
    const call = await WrittenCall.spokenTo("When are you open?");
    call.now.tell(...cut({ status: "incomplete", details: { type: "incomplete", reason } }));
    await call.hears(3);
    const told = call.now.of("conversation.item.create").slice(1).map(({ item }) =>
      item as { type?: string }
    );
    assert.deepEqual(told.map((item) => item?.type), ["message"], reason);
    assert.ok(toldIn(call).includes("Go on exactly where it ends"), reason);
    await call.record();
  }
});

Deno.test("A model whose answers all end at their limit is not asked for ever", async () => {
  const call = await WrittenCall.spokenTo("When are you open?");
  let count = 0;
  call.now.onCreate = (request) => {
    const id = `resp_cut_${++count}`;
    call.now.tell(
      created(id, request),
      ...spoken(id, `item_${id}`, 30 + count, 500, "We are").slice(0, -1),
      done(id, { request, ...LIMIT }),
    );
  };
  call.now.tell(...cut(LIMIT, 500));
  await call.run(9_000);
  assert.equal(count, 2);
  await call.record();
});

Deno.test("The rest of an answer is not asked for when the caller speaks, a tool was called, or the call ends", async () => {
  const speaks = await WrittenCall.spokenTo("When are you open?");
  speaks.now.tell(...cut(LIMIT, 4_000));
  await speaks.run(100);
  await speaks.utters("item_u2", "And where?");
  speaks.now.answer({ byte: 30 });
  await speaks.run(3_000);
  assert.equal(speaks.now.requests.length, 1);
  await speaks.record();

  const calls = await WrittenCall.spokenTo("When are you open?");
  calls.now.tell(
    created("resp_a"),
    delta("resp_a", "item_a", ANSWER, 1_000),
    itemDone("resp_a", functionCall("fast"), 1),
    done("resp_a", LIMIT),
  );
  await calls.hears(3);
  assert.equal(calls.now.requests.length, 2, "the answer to the tool");
  await calls.record();

  const leaves = await WrittenCall.spokenTo("That is all.");
  leaves.now.onCreate = (request) =>
    leaves.now.tell(
      created("resp_g", request),
      ...spoken("resp_g", "item_g", 40, 1_000, "Goodbye").slice(0, -1),
      done("resp_g", { request, ...LIMIT }),
    );
  leaves.now.tell(created("resp_a"), itemDone("resp_a", functionCall("end_call")), done("resp_a"));
  await leaves.run(5_000, () => leaves.isOver);
  assert.equal(leaves.ended[0].reason, "agent_hung_up");
  assert.equal(leaves.written[0].requests.length, 2);
});

// https://github.com/twilio-samples/speech-assistant-openai-realtime-api-node/issues/37
Deno.test("An answer that fails twice is heard from another session, and given up when that one fails, too", async () => {
  const call = await WrittenCall.spokenTo("When are you open?");
  const { now } = call;
  let count = 0;
  now.onCreate = (request) => {
    const id = `resp_f${++count}`;
    now.tell(created(id, request), done(id, { request, ...FAILED }));
  };
  const fromMs = call.clock.now();
  now.tell(...cut(FAILED, 0));
  await call.hears(2);
  assert.equal(count, 1, "asked for once more");
  assert.equal(call.written.length, 2);
  assert.ok(call.heard[1].fromMs - fromMs < 1_000);
  await call.record();

  const greeted = await WrittenCall.begin({}, (session) => {
    const { onCreate } = session;
    session.onCreate = (request) => {
      const id = `resp_g${session.requests.length}`;
      if (session.number > 1) return onCreate(request);
      session.tell(created(id, request), done(id, { request, ...FAILED }));
    };
  });
  await greeted.hears(1);
  assert.ok(
    greeted.written.flatMap(({ requests }) => requests).every(({ instructions }) =>
      instructions.endsWith("Greet.")
    ),
  );
  await greeted.record();

  const always = await WrittenCall.begin({}, (session) => {
    session.onCreate = (request) => {
      const id = `resp_g${session.number}_${session.requests.length}`;
      session.tell(created(id, request), done(id, { request, ...FAILED }));
    };
  });
  await always.run(10_000, () => always.isOver);
  assert.equal(always.ended[0].reason, "agent_lost");
  assert.equal(always.written.flatMap(({ requests }) => requests).length, 3);
  assert.ok(always.endedAtMs < 2_000);
});
