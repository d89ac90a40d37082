import assert from "node:assert/strict";
import {
  created,
  done,
  functionCall,
  itemDone,
  spoken,
  WrittenCall,
  type WrittenEvent,
} from "../support/written_call.ts";

/*
 * A model that calls the same tool again with the same arguments. The model's events are written by hand; a byte names
 * an answer, and what the client asks for is heard from 2 on.
 */

async function spokenTo(words: string): Promise<WrittenCall> {
  const call = await WrittenCall.spokenTo(words);
  call.now.onCreate = (request) =>
    void call.now.answer({ request, byte: request.toolChoice === "none" ? 90 : 2 + results++ });
  let results = 0;
  return call;
}

function calls(id: string, ...items: Record<string, unknown>[]): WrittenEvent[] {
  return [created(id), ...items.map((item, index) => itemDone(id, item, index)), done(id, { output: items })];
}

/** What the model was told that its calls have given, by their ids. */
function outputs(call: WrittenCall): string[] {
  const items = call.now.of("conversation.item.create").map(({ item }) => item as Record<string, string>);
  return items.flatMap(({ call_id, output }) => output === undefined ? [] : [`${call_id} ${output}`]);
}

/** How often a tool's work was done: what it gives names the call by the caller's own argument. */
function heardOf(call: WrittenCall): number[] {
  return call.answers.filter((byte) => byte !== 90);
}

// https://github.com/tonehq/tone/pull/351
Deno.test("A tool that one response calls twice with the same arguments does its work once, and is answered once", async () => {
  const call = await spokenTo("Book a table.");
  call.now.tell(...calls(
    "resp_a",
    functionCall("counted", { id: 7 }, "c1"),
    functionCall("counted", '{ "id": 7 }', "c2"),
    functionCall("counted", { id: 8 }, "c3"),
  ));
  await call.run(6_000);
  assert.deepEqual(outputs(call).sort(), ['c1 "run 1 of 7"', 'c2 "run 1 of 7"', 'c3 "run 1 of 8"']);
  assert.deepEqual(heardOf(call), [2]);
  const tools = (await call.record()).filter(({ kind }) => kind === "tool");
  assert.equal(tools.length, 3, "the record has what the model called");
});

// https://github.com/bolna-ai/bolna/pull/888
Deno.test("A tool that is asked for again while it is at work, since the caller asks what keeps it, is not begun again", async () => {
  const call = await spokenTo("Book a table.");
  call.now.tell(...calls("resp_a", functionCall("counted", { id: 7 }, "c1")));
  await call.run(400);
  await call.utters("item_u2", "Are you still there?", 600);
  call.now.tell(
    created("resp_b"),
    ...spoken("resp_b", "item_b", 50, 300, "Yes."),
    itemDone("resp_b", functionCall("counted", { id: 7 }, "c2"), 1),
    done("resp_b"),
  );
  await call.run(6_000);
  assert.deepEqual(outputs(call), ['c1 "run 1 of 7"', 'c2 "run 1 of 7"']);
  assert.deepEqual(heardOf(call), [50, 2], "one answer");
  assert.ok(call.longestSilence(1_000) < 5_100);
  await call.record();
});

Deno.test("What is asked for again when it is done, or has failed, is done again: the caller may want it to be", async () => {
  const call = await spokenTo("Is there a table?");
  call.now.tell(...calls("resp_a", functionCall("counted", { id: 7 }, "c1")));
  await call.run(6_000);
  await call.utters("item_u2", "And now?", 600);
  call.now.tell(...calls("resp_b", functionCall("counted", { id: 7 }, "c2")));
  await call.run(6_000);
  assert.deepEqual(outputs(call), ['c1 "run 1 of 7"', 'c2 "run 2 of 7"']);
  await call.record();
});
