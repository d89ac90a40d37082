import assert from "node:assert/strict";
import { created, done, functionCall, itemDone, WrittenCall } from "../support/written_call.ts";

/*
 * Function calls as other servers of OpenAI's protocol name and write them. Their events are written by hand; a byte names
 * an answer, and what the client asks for after the greeting is heard from 2 on.
 */

function outputs(call: WrittenCall): unknown[] {
  return call.now.of("conversation.item.create")
    .map(({ item }) => item as { call_id?: string; output?: string })
    .filter(({ output }) => output !== undefined)
    .map(({ call_id, output }) => [call_id, output]);
}

// https://github.com/vllm-project/agentic-api/pull/233, https://github.com/livekit/agents/issues/3329
Deno.test("A server that counts its function calls anew in each response has each of them run and answered", async () => {
  const call = await WrittenCall.spokenTo("Where is order one?");
  const calls = (id: string, order: number) => {
    const item = { ...functionCall("fast", { id: order }, "functions.fast:0"), id: `fc_${id}` };
    return [created(id), itemDone(id, item), itemDone(id, item), done(id, { output: [item] })];
  };
  call.now.tell(...calls("resp_a", 1));
  await call.hears(2);
  await call.utters("item_u2", "And order two?");
  call.now.tell(...calls("resp_b", 2));
  await call.hears(3);
  assert.deepEqual(call.answers, [2, 3]);
  assert.deepEqual(outputs(call), [["functions.fast:0", '"done 1"'], ["functions.fast:0", '"done 2"']]);
  const tools = (await call.record()).filter(({ kind }) => kind === "tool");
  assert.equal(tools.length, 2);
});

Deno.test("One whose call is still at work when its id comes again has both run, and both in the record", async () => {
  const call = await WrittenCall.spokenTo("Please book it.");
  const calls = (id: string, seats: number) => {
    const item = { ...functionCall("slow", { seats }, "functions.slow:0"), id: `fc_${id}` };
    return [created(id), itemDone(id, item), done(id, { output: [item] })];
  };
  call.now.tell(...calls("resp_a", 2));
  await call.run(300);
  await call.utters("item_u2", "And one for four.");
  call.now.tell(...calls("resp_b", 4));
  await call.run(12_000);
  const tools = (await call.record()).flatMap((entry) => entry.kind === "tool" ? [entry] : []);
  assert.deepEqual(tools.map(({ arguments: args, outcome }) => [args, outcome]), [
    ['{"seats":2}', "done"],
    ['{"seats":4}', "done"],
  ]);
});

// https://github.com/NousResearch/hermes-agent/pull/64634, https://github.com/spring-projects/spring-ai/pull/3236
Deno.test("A call of a tool that takes nothing is run, though its arguments are null or left out", async () => {
  for (const written of [{ arguments: null }, { arguments: undefined }]) {
    for (const status of ["completed", undefined]) {
      const item = { ...functionCall("fast", {}), ...written, status };
      for (const isOnlyInDone of [false, true]) {
        const call = await WrittenCall.spokenTo("Look it up.");
        call.now.tell(
          created("resp_a"),
          ...isOnlyInDone ? [] : [itemDone("resp_a", item)],
          done("resp_a", { output: [item] }),
        );
        await call.hears(2);
        assert.equal(outputs(call).length, 1, JSON.stringify({ written, status, isOnlyInDone }));
        await call.record();
      }
    }
  }
});
