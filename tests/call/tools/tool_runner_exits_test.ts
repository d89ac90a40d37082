import assert from "node:assert/strict";
import { AppError } from "../../../src/util/errors.ts";
import type { Tool, ToolContext, ToolResult } from "../../../src/call/tools/tool.ts";
import { settle } from "../../support/microtasks.ts";
import { functionCall, HandTool, RunnerBench } from "./tool_bench.ts";

/** A tool in code, which does not say beforehand that it ends the call. */
function closing(afterwards: (error: unknown) => Promise<ToolResult> | ToolResult): Tool {
  return {
    name: "close",
    description: "",
    parameters: { type: "object" },
    timeoutMs: 5_000,
    async run(_: Record<string, unknown>, { control }: ToolContext) {
      try {
        await control.hangUp();
      } catch (error) {
        return await afterwards(error);
      }
      return await afterwards(undefined);
    },
  };
}

const lookUp = () => new HandTool("look_up", 5_000);

Deno.test("A tool in code leaves the call once its response is done, and nobody is to answer what it says then", async () => {
  const bench = new RunnerBench([closing(() => ({ output: "bye", wantsResponse: true }))]);
  bench.start("close", "c1", "r1", "{}");
  await settle();
  assert.deepEqual(bench.control.actions, [], "the response may still say something");
  assert.equal(bench.runner.leavingIn, undefined);
  bench.runner.responseDone("r1");
  await settle();
  assert.deepEqual(bench.control.actions, ["hang up"]);
  assert.deepEqual(bench.outputs, [["c1", '"bye"']]);
  assert.deepEqual(bench.settled, [["r1", false]]);
});

Deno.test("A tool in code whose response is done already leaves the call at once", async () => {
  const bench = new RunnerBench([closing(() => ({ output: "bye", wantsResponse: true }))]);
  bench.runner.responseDone("r1");
  bench.start("close", "c1", "r1", "{}");
  await settle();
  assert.deepEqual(bench.control.actions, ["hang up"]);
});

Deno.test("Several tools in code that leave the call all wait for their response", async () => {
  const bench = new RunnerBench([closing(() => ({ output: "bye", wantsResponse: false }))]);
  bench.start("close", "c1", "r1", '{"id":1}');
  bench.start("close", "c2", "r1", '{"id":2}');
  await settle();
  bench.runner.responseDone("r1");
  await settle();
  assert.deepEqual(bench.control.actions, ["hang up", "hang up"]);
});

Deno.test("A tool in code that leaves is not waited for by what waits for the others, and is again once it could not leave", async () => {
  const done = Promise.withResolvers<ToolResult>();
  let seen: unknown;
  const bench = new RunnerBench([
    closing((error) => {
      seen = error;
      return done.promise;
    }),
  ]);
  bench.runner.responseDone("r1");
  const order: string[] = [];
  bench.start("close", "c1", "r1", "{}");
  void bench.runner.othersDone().then(() => order.push("others are done"));
  await settle();
  assert.deepEqual(order, ["others are done"], "it leaves itself");
  assert.equal(bench.runner.leavingIn, "r1");
  done.resolve({ output: null, wantsResponse: false });
  await settle();

  bench.control.refusal = new AppError("busy", "Busy.");
  const later = Promise.withResolvers<ToolResult>();
  const other = new RunnerBench([closing(() => later.promise)]);
  other.control.refusal = bench.control.refusal;
  other.runner.responseDone("r1");
  other.start("close", "c1", "r1", "{}");
  await settle();
  assert.equal(other.runner.leavingIn, undefined);
  void other.runner.othersDone().then(() => order.push("the other, too"));
  await settle();
  assert.equal(order.length, 1, "it is at work again");
  later.resolve({ output: "could not", wantsResponse: true });
  await settle();
  assert.deepEqual(order, ["others are done", "the other, too"]);
  assert.deepEqual(other.settled, [["r1", true]], "the model hears of it");
  assert.equal(seen, undefined);
});

Deno.test("A hang-up beside a transfer of the same response is told that it does not take place, and wants no answer", async () => {
  const transfer = new HandTool("transfer", 5_000, "transferred");
  const bench = new RunnerBench([new HandTool("hang_up", 5_000, "agent_hung_up"), transfer]);
  bench.start("hang_up", "c1");
  bench.start("transfer", "c2");
  bench.runner.responseDone("r1");
  await settle();
  assert.deepEqual(bench.finished.map(({ call, outcome }) => [call.name, outcome]), [["hang_up", "refused"]]);
  const { ended, reason } = JSON.parse(bench.outputs[0][1]);
  assert.equal(ended, false);
  assert.equal(typeof reason, "string");
  transfer.finish("c2", "put through", false);
  await settle();
  assert.deepEqual(bench.settled, [["r1", false]]);
});

Deno.test("What two people answer for the same tool is answered for each call by itself", async () => {
  const bench = new RunnerBench([]);
  const [first, second] = [new HandTool("elsewhere", 5_000), new HandTool("elsewhere", 5_000)];
  bench.runner.start(functionCall("elsewhere", "c1"), first);
  bench.runner.start(functionCall("elsewhere", "c2"), second);
  await settle();
  first.finish("undefined", "one");
  second.finish("undefined", "two");
  await settle();
  assert.deepEqual(bench.outputs, [["c1", '"one"'], ["c2", '"two"']]);
});

Deno.test("A way out of the call is never told as slow", () => {
  const bench = new RunnerBench([new HandTool("hang_up", 60_000, "agent_hung_up")]);
  bench.start("hang_up", "c1");
  bench.clock.advance(5_000);
  assert.deepEqual(bench.slow, []);
});

Deno.test("A tool that outlives the call ends by itself: what it did is told, and the model is sent nothing", async () => {
  const tool = lookUp();
  const bench = new RunnerBench([tool, new HandTool("hang_up", 5_000, "agent_hung_up")]);
  bench.start("look_up", "c1");
  bench.start("hang_up", "c2");
  await settle();
  assert.equal(bench.runner.outlive(), true);
  assert.deepEqual(
    bench.finished.map(({ call }) => call.name),
    ["hang_up"],
    "a way out is over with the call",
  );
  bench.start("look_up", "c3");
  bench.runner[Symbol.dispose](); // the call lets go of all that it holds
  let isOver = false;
  bench.runner.afterwards(() => isOver = true);
  await settle();
  assert.equal(isOver, false);
  tool.finish("c1", "booked");
  await settle();
  assert.equal(isOver, true);
  assert.deepEqual(bench.finished.map(({ call, outcome }) => [call.callId, outcome]), [
    ["c2", "call_ended"],
    ["c1", "done"],
  ]);
  assert.deepEqual([bench.outputs, bench.settled, bench.began], [[], [], ["c1", "c2"]]);
});

Deno.test("A call whose tools are all done leaves nothing to wait for", () => {
  const bench = new RunnerBench([lookUp()]);
  assert.equal(bench.runner.outlive(), false);
  let isOver = false;
  bench.runner.afterwards(() => isOver = true);
  assert.equal(isOver, true);
});

Deno.test("Who waits for the other tools waits for ever when the stream ends first", async () => {
  const bench = new RunnerBench([lookUp()]);
  bench.start("look_up", "c1");
  let areDone = false;
  void bench.runner.othersDone().then(() => areDone = true);
  bench.runner[Symbol.dispose]();
  await settle();
  assert.equal(areDone, false);
});
