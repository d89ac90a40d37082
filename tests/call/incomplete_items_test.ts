import assert from "node:assert/strict";
import {
  created,
  delta,
  done,
  functionCall,
  itemDone,
  message,
  WrittenCall,
} from "../support/written_call.ts";

/*
 * Responses that end as completed, though an item of theirs is incomplete: the part of an answer that the
 * caller has got, or of a function call. Events are written by hand; a byte names an answer, the greeting is 1,
 * and what is asked for is 2.
 */

const ANSWER = 20;

async function spokenTo(words: string): Promise<WrittenCall> {
  const call = await WrittenCall.begin();
  await call.hears(1);
  await call.utters("item_u1", words);
  return call;
}

/** An answer that stops in the middle of a sentence. */
function broken(words: string, ms = 1_500): Parameters<WrittenCall["now"]["tell"]> {
  const item = message("item_a", words, "incomplete");
  return [
    created("resp_a"),
    delta("resp_a", "item_a", ANSWER, ms),
    { type: "conversation.item.done", previous_item_id: null, item },
    itemDone("resp_a", item),
    done("resp_a", { output: [item] }),
  ];
}

Deno.test("An answer whose item is incomplete, in a response that is not, is brought to its end", async () => {
  const call = await spokenTo("When are you open?");
  call.now.tell(...broken("We are open from nine to"));
  await call.hears(3);
  assert.deepEqual(call.heard.map(({ byte }) => byte), [1, ANSWER, 2]);
  assert.ok(call.heard[2].fromMs - call.heard[1].toMs < 500);
  const told = call.now.of("conversation.item.create").map(({ item }) => JSON.stringify(item));
  assert.ok(told.some((text) => text.includes("Go on exactly where it ends")));
  await call.run(5_000);
  assert.equal(call.now.requests.length, 2, "once");
  await call.record();
});

Deno.test("The rest of such an answer is not asked for when the caller has spoken, or a tool was called", async () => {
  const speaks = await spokenTo("When are you open?");
  speaks.now.tell(...broken("We are open from nine to", 4_000));
  await speaks.run(100);
  await speaks.utters("item_u2", "I mean on Sundays.");
  speaks.now.answer({ byte: 30 });
  await speaks.run(4_000);
  assert.deepEqual(speaks.heard.map(({ byte }) => byte), [1, ANSWER, 30]);
  assert.equal(speaks.now.requests.length, 1);
  await speaks.record();

  const calls = await spokenTo("Book it.");
  const cut = message("item_a", "I book", "incomplete");
  calls.now.tell(
    created("resp_a"),
    delta("resp_a", "item_a", ANSWER, 500),
    itemDone("resp_a", cut),
    itemDone("resp_a", functionCall("fast", { id: 7 }), 1),
    done("resp_a", { output: [cut, functionCall("fast", { id: 7 })] }),
  );
  await calls.run(4_000);
  assert.deepEqual(calls.heard.map(({ byte }) => byte), [1, ANSWER, 2]);
  assert.equal(calls.now.requests.length, 2);
  await calls.record();
});

Deno.test("A function call that is incomplete, in a response that is not, is made again, and not for ever", async () => {
  const cut = { ...functionCall("fast", '{"id":'), status: "incomplete" };
  const call = await spokenTo("Book it.");
  call.now.onCreate = (request) =>
    call.now.tell(
      created("resp_b", request),
      itemDone("resp_b", functionCall("fast", { id: 7 }, "call_b")),
      done("resp_b", { request }),
    );
  call.now.tell(
    created("resp_a"),
    delta("resp_a", "item_a", ANSWER, 500),
    itemDone("resp_a", cut, 1),
    done("resp_a", { output: [message("item_a", "I book it."), cut] }),
  );
  await call.run(1_500);
  const record = await call.record();
  assert.deepEqual(record.flatMap((entry) => entry.kind === "tool" ? [entry.outcome] : []), ["done"]);

  const always = await spokenTo("Book it.");
  let count = 0;
  always.now.onCreate = (request) => {
    const id = `resp_cut_${++count}`;
    const output = [message(`item_${id}`, "I book it."), cut];
    always.now.tell(
      created(id, request),
      delta(id, `item_${id}`, 30 + count, 300),
      done(id, { request, output }),
    );
  };
  always.now.tell(
    created("resp_a"),
    delta("resp_a", "item_a", ANSWER, 300),
    done("resp_a", { output: [message("item_a", "I book it."), cut] }),
  );
  await always.run(6_000);
  assert.equal(count, 2);
  await always.record();
});
