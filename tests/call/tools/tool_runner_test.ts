import assert from "node:assert/strict";
import { AppError } from "../../../src/util/errors.ts";
import { MAX_OUTPUT_CHARS, type Tool } from "../../../src/call/tools/tool.ts";
import { MAX_PARALLEL_PER_CALL, MAX_PARALLEL_PER_RESPONSE } from "../../../src/call/tools/tool_runner.ts";
import { ToolBudget } from "../../../src/call/tools/tool_budget.ts";
import { settle } from "../../support/microtasks.ts";
import { functionCall, HandTool, RunnerBench } from "./tool_bench.ts";

const lookUp = () => new HandTool("look_up", 5_000);

/** A tool that throws, or whose output is `output`. */
function instant(output: unknown, error?: unknown): Tool {
  const run = () => error ? Promise.reject(error) : Promise.resolve({ output, wantsResponse: true });
  return { name: "instant", description: "", parameters: {}, timeoutMs: 1_000, run };
}

async function outputOf(tool: Tool, argumentText = "{}", name = tool.name): Promise<string> {
  const bench = new RunnerBench([tool]);
  bench.start(name, "c1", "r1", argumentText);
  await settle();
  assert.equal(bench.outputs.length, 1);
  return bench.outputs[0][1];
}

Deno.test("ToolRunner sends each output as it comes and settles after the last, once the response is done", async () => {
  const tool = lookUp();
  const bench = new RunnerBench([tool]);
  bench.start("look_up", "c1");
  bench.start("look_up", "c2");
  bench.runner.responseDone("r1");
  await settle();
  tool.finish("c2", { price: 20 });
  await settle();
  assert.deepEqual(bench.outputs, [["c2", '{"price":20}']]);
  assert.deepEqual(bench.settled, []);
  tool.finish("c1", null);
  await settle();
  assert.deepEqual(bench.outputs[1], ["c1", "null"]);
  assert.deepEqual(bench.settled, [["r1", true]]);
  assert.equal(bench.clock.pending, 0);
});

Deno.test("ToolRunner waits for response.done when the tools are quicker", async () => {
  const tool = lookUp();
  const bench = new RunnerBench([tool]);
  bench.start("look_up", "c1");
  await settle();
  tool.finish("c1", "yes");
  await settle();
  assert.deepEqual(bench.outputs, [["c1", '"yes"']]);
  assert.deepEqual(bench.settled, []);
  bench.runner.responseDone("r1");
  assert.deepEqual(bench.settled, [["r1", true]]);
});

Deno.test("ToolRunner settles nothing for a response without function calls", () => {
  const bench = new RunnerBench([]);
  bench.runner.responseDone("r1");
  assert.deepEqual(bench.settled, []);
});

Deno.test("ToolRunner wants no response when no tool does, and one when any does", async () => {
  const tool = lookUp();
  const bench = new RunnerBench([tool]);
  for (
    const [callId, responseId, wantsResponse] of [
      ["c1", "r1", false],
      ["c2", "r2", false],
      ["c3", "r2", true],
      ["c4", "r3", true],
      ["c5", "r3", false],
    ] as const
  ) {
    bench.start("look_up", callId, responseId);
    await settle();
    tool.finish(callId, {}, wantsResponse);
    await settle();
  }
  for (const responseId of ["r1", "r2", "r3"]) bench.runner.responseDone(responseId);
  assert.deepEqual(bench.settled, [["r1", false], ["r2", true], ["r3", true]]);
});

Deno.test("ToolRunner ignores a call id that was started before, running or finished", async () => {
  const tool = lookUp();
  const bench = new RunnerBench([tool]);
  bench.start("look_up", "c1");
  bench.start("look_up", "c1");
  await settle();
  tool.finish("c1", 1);
  await settle();
  bench.start("look_up", "c1");
  await settle();
  assert.equal(bench.outputs.length, 1);
  assert.equal(bench.runner.running, 0);
});

Deno.test("ToolRunner settles again for a call that is reported after its response had settled", async () => {
  const tool = lookUp();
  const bench = new RunnerBench([tool]);
  bench.runner.responseDone("r1");
  bench.start("look_up", "c1");
  await settle();
  tool.finish("c1", 1);
  await settle();
  assert.deepEqual(bench.settled, [["r1", true]]);
});

Deno.test("ToolRunner answers a time-out with an error, aborts the tool and drops the late result", async () => {
  const tool = lookUp();
  const bench = new RunnerBench([tool]);
  bench.start("look_up", "c1");
  bench.runner.responseDone("r1");
  await settle();
  bench.clock.advance(4_999);
  assert.deepEqual(bench.outputs, []);
  bench.clock.advance(1);
  assert.match(bench.outputs[0][1], /^\{"error":"The tool did not answer in time/);
  assert.deepEqual(bench.settled, [["r1", true]]);
  assert.equal(tool.runs.get("c1")?.signal.aborted, true);
  tool.finish("c1", "late");
  await settle();
  assert.equal(bench.outputs.length, 1);
  assert.equal(bench.finished[0].outcome, "timed_out");
});

Deno.test("ToolRunner answers an unknown tool with the names of those there are", async () => {
  const output = await outputOf(lookUp(), "{}", "lookup");
  assert.deepEqual(JSON.parse(output), { error: "There is no tool of that name. The tools are: look_up." });
});

Deno.test("ToolRunner answers arguments that cannot be used with what is wrong with them", async () => {
  const problem = async (text: string) => JSON.parse(await outputOf(lookUp(), text)).error;
  assert.equal(await problem('{"id":'), "The arguments were not accepted. They are not valid JSON.");
  assert.equal(await problem("[1]"), "The arguments were not accepted. They are not a JSON object.");
  assert.equal(await problem("null"), "The arguments were not accepted. They are not a JSON object.");
  assert.equal(await problem("{}"), 'The arguments were not accepted. "id" is missing.');
  assert.match(await problem(`{"id":"${"x".repeat(64_000)}"}`), /have 64009 characters, but at most 16000/);
});

Deno.test("ToolRunner takes empty arguments for an empty object", async () => {
  assert.equal(await outputOf(instant("ok"), ""), '"ok"');
});

Deno.test("ToolRunner passes on the words of an AppError and hides those of any other error", async () => {
  const own = await outputOf(instant(null, new AppError("closed", "The office is closed.")));
  assert.deepEqual(JSON.parse(own), { error: "The office is closed." });
  const foreign = await outputOf(instant(null, new TypeError("connect 10.0.0.7:5432 password=x")));
  assert.deepEqual(JSON.parse(foreign), { error: "The tool failed unexpectedly. It gave no reason." });
});

Deno.test("ToolRunner answers a tool that throws at once, and a result without JSON form", async () => {
  const tool: Tool = {
    ...instant(null),
    run: () => {
      throw new AppError("broken", "It broke.");
    },
  };
  assert.equal(await outputOf(tool), '{"error":"It broke."}');
  assert.match(await outputOf(instant(1n)), /^\{"error":/);
});

Deno.test("ToolRunner cuts a long output and says so", async () => {
  const output = await outputOf(instant("😀".repeat(MAX_OUTPUT_CHARS)));
  assert.ok(output.length <= MAX_OUTPUT_CHARS);
  assert.match(output, / … \[cut here: this is the beginning of 32002 characters\]$/);
  assert.ok(output.isWellFormed());
});

Deno.test("ToolRunner runs only so many tools of one response at a time", async () => {
  const bench = new RunnerBench([lookUp()]);
  for (let n = 0; n <= MAX_PARALLEL_PER_RESPONSE; n++) bench.start("look_up", `c${n}`);
  await settle();
  assert.deepEqual(bench.outputs.map(([callId]) => callId), [`c${MAX_PARALLEL_PER_RESPONSE}`]);
  assert.match(bench.outputs[0][1], /Too many tools/);
  assert.equal(bench.finished[0].outcome, "refused");
});

Deno.test("ToolRunner runs only so many tools of one call at a time", async () => {
  const bench = new RunnerBench([lookUp()]);
  for (let n = 0; n <= MAX_PARALLEL_PER_CALL; n++) bench.start("look_up", `c${n}`, `r${n}`);
  await settle();
  assert.deepEqual(bench.outputs.map(([callId]) => callId), [`c${MAX_PARALLEL_PER_CALL}`]);
  assert.equal(bench.runner.running, MAX_PARALLEL_PER_CALL);
});

Deno.test("ToolRunner reports a slow tool once for each response, and a silent one never", async () => {
  const slow = lookUp();
  const silent = new HandTool("end_call", 60_000, "agent_hung_up");
  const bench = new RunnerBench([slow, silent], 1_500);
  bench.start("look_up", "c1", "r1");
  bench.start("look_up", "c2", "r1");
  bench.start("end_call", "c3", "r2");
  bench.start("look_up", "c4", "r3");
  await settle();
  slow.finish("c4", "quick");
  await settle();
  bench.clock.advance(1_499);
  assert.deepEqual(bench.slow, []);
  bench.clock.advance(1);
  assert.deepEqual(bench.slow, ["r1"]);
  bench.clock.advance(2_000);
  assert.deepEqual(bench.slow, ["r1"]);
});

Deno.test("ToolRunner settles what runs on when the session is lost", async () => {
  const tool = lookUp();
  const bench = new RunnerBench([tool]);
  bench.start("look_up", "c1");
  bench.start("look_up", "c2", "r2");
  await settle();
  tool.finish("c2", 2);
  await settle();
  bench.runner.forgetResponses();
  assert.deepEqual(bench.settled, [["r2", true]]);
  tool.finish("c1", 1);
  await settle();
  assert.deepEqual(bench.outputs, [["c2", "2"], ["c1", "1"]]);
  assert.deepEqual(bench.settled, [["r2", true], ["r1", true]]);
});

Deno.test("ToolRunner leaves the call only once the very response that asked for it is done, whole", async () => {
  const hangUp = new HandTool("hang_up", 60_000, "agent_hung_up");
  const transfer = new HandTool("transfer", 60_000, "transferred");
  const bench = new RunnerBench([hangUp, transfer]);
  bench.start("hang_up", "c1", "r1");
  bench.start("transfer", "c2", "r2");
  await settle();
  assert.deepEqual([...hangUp.runs.keys(), ...transfer.runs.keys()], []);
  bench.runner.responseDone("r2");
  await settle();
  assert.deepEqual([...hangUp.runs.keys(), ...transfer.runs.keys()], ["c2"]);
  bench.runner.responseDone("r1", false);
  await settle();
  assert.deepEqual([...hangUp.runs.keys()], []);
  assert.deepEqual(bench.finished.map(({ call, outcome }) => [call.callId, outcome]), [["c1", "refused"]]);
  assert.deepEqual(bench.outputs, [["c1", '{"error":"Your answer was cut off. The call goes on."}']]);
});

Deno.test("ToolRunner does not leave the call when the session was lost before its response was done", async () => {
  const hangUp = new HandTool("hang_up", 60_000, "agent_hung_up");
  const bench = new RunnerBench([hangUp]);
  bench.start("hang_up", "c1");
  bench.runner.forgetResponses();
  await settle();
  assert.deepEqual([...hangUp.runs.keys()], []);
  assert.deepEqual(bench.finished.map(({ outcome }) => outcome), ["refused"]);
});

Deno.test("ToolRunner leaves the call once, though the end of a response is reported twice", async () => {
  let runs = 0;
  const run = () => (runs++, new Promise<never>(() => {}));
  const bench = new RunnerBench([{ ...instant(1), name: "hang_up", exit: "agent_hung_up", run }]);
  bench.start("hang_up", "c1");
  bench.runner.responseDone("r1");
  bench.runner.responseDone("r1");
  await settle();
  assert.equal(runs, 1);
});

Deno.test("ToolRunner refuses tools beyond the budget, but neither to hang up nor to follow what somebody else answers", async () => {
  const budget = new ToolBudget({ callsPerTurn: 1, callsPerCall: 10 });
  const [tool, follower] = [lookUp(), lookUp()];
  const hangUp = new HandTool("hang_up", 60_000, "agent_hung_up");
  const transfer = new HandTool("transfer", 60_000, "transferred");
  const bench = new RunnerBench([tool, hangUp, transfer], 1_000, { budget });
  for (
    const [name, callId] of [["look_up", "c1"], ["look_up", "c2"], ["transfer", "c3"], ["hang_up", "c4"]]
  ) {
    bench.start(name, callId);
  }
  bench.runner.start(functionCall("book", "c5"), follower);
  bench.runner.responseDone("r1");
  await settle();
  assert.deepEqual(bench.finished.map(({ call, outcome }) => [call.callId, outcome]), [
    ["c2", "refused"],
    ["c3", "refused"],
  ]);
  assert.match(bench.outputs[0][1], /You have called 1 tools since the caller spoke/);
  assert.deepEqual([...tool.runs.keys(), ...hangUp.runs.keys(), ...transfer.runs.keys()], ["c1", "c4"]);
  assert.equal(follower.runs.size, 1);
});

Deno.test("ToolRunner calls a tool slow only when its caller has waited in silence for so long", () => {
  let endsAtMs = 1_500;
  const bench: RunnerBench = new RunnerBench([lookUp()], 1_000, {
    unheardMs: () => Math.max(0, endsAtMs - bench.clock.now()),
  });
  bench.start("look_up", "c1");
  bench.clock.advance(2_499);
  assert.deepEqual(bench.slow, []);
  bench.clock.advance(1);
  assert.deepEqual(bench.slow, ["r1"]);
  endsAtMs = 3_501; // a single millisecond is still heard as the time is over
  bench.start("look_up", "c2", "r2");
  bench.clock.advance(2_000);
  assert.deepEqual(bench.slow, ["r1"]);
  bench.clock.advance(1);
  assert.deepEqual(bench.slow, ["r1", "r2"]);
});

Deno.test("ToolRunner aborts what runs when disposed of, reports it, and sends nothing more", async () => {
  const tool = lookUp();
  const bench = new RunnerBench([tool]);
  bench.start("look_up", "c1");
  await settle();
  bench.clock.advance(300);
  bench.start("look_up", "c2"); // not begun yet
  bench.runner[Symbol.dispose]();
  bench.runner[Symbol.dispose]();
  bench.runner.responseDone("r1");
  bench.start("look_up", "c3");
  tool.finish("c1", "late");
  await settle();
  assert.equal(tool.runs.get("c1")?.signal.aborted, true);
  assert.equal(tool.runs.has("c2"), false);
  assert.deepEqual(bench.began, ["c1", "c2"], "once each, and nothing after the end");
  assert.deepEqual(bench.outputs, []);
  assert.deepEqual(bench.settled, []);
  assert.deepEqual(
    bench.finished.map(({ call, outcome, durationMs }) => [call.callId, outcome, durationMs]),
    [["c1", "call_ended", 300], ["c2", "call_ended", 0]],
  );
  assert.equal(bench.clock.pending, 0);
});

Deno.test("ToolRunner takes a tool for done when the stream ended by the way out that it takes", async () => {
  const bench = new RunnerBench([
    new HandTool("hang_up", 60_000, "agent_hung_up"),
    new HandTool("transfer", 60_000, "transferred"),
    lookUp(),
  ]);
  bench.start("hang_up", "c1");
  bench.start("transfer", "c2");
  bench.start("look_up", "c3");
  await settle();
  bench.control.exit = "transferred"; // asked for, and not yet confirmed
  bench.runner[Symbol.dispose]();
  assert.deepEqual(
    bench.finished.map(({ call, outcome, output }) => [call.name, outcome, output]),
    [["hang_up", "call_ended", ""], ["transfer", "done", `{"done":true}`], ["look_up", "call_ended", ""]],
  );
});

Deno.test("ToolRunner reports each run with its times, output and error", async () => {
  const tool = lookUp();
  const bench = new RunnerBench([tool]);
  bench.clock.advance(100);
  bench.start("look_up", "c1");
  await settle();
  bench.clock.advance(250);
  const error = new AppError("closed", "Closed.");
  tool.runs.get("c1")?.reject(error);
  await settle();
  const call = {
    name: "look_up",
    callId: "c1",
    itemId: "item_c1",
    responseId: "r1",
    arguments: '{"id":"c1"}',
  };
  const expected = {
    call,
    outcome: "failed",
    output: '{"error":"Closed."}',
    startedAtMs: 100,
    durationMs: 250,
    error,
  };
  assert.deepEqual(bench.finished, [expected]);
});

Deno.test("ToolRunner waits by its follower for a call that somebody else answers", async () => {
  const bench = new RunnerBench([]);
  const follower = new HandTool("elsewhere", 5_000);
  bench.runner.start(functionCall("elsewhere", "c1"), follower);
  await settle();
  follower.finish("undefined", "answered"); // it has no arguments of its own
  await settle();
  assert.deepEqual(bench.outputs, [["c1", '"answered"']]);
});

Deno.test("ToolRunner takes the oldest of too many responses for done, so that they do not pile up", async () => {
  const tool = lookUp();
  const bench = new RunnerBench([tool]);
  const responses = 65;
  for (let number = 1; number <= responses; number++) {
    bench.start("look_up", `c${number}`, `r${number}`);
    await settle();
    tool.finish(`c${number}`, number);
    await settle();
    assert.equal(bench.settled.length, Math.max(0, number - 64), `after ${number}`);
  }
  assert.deepEqual(bench.settled, [["r1", true]]);
});

Deno.test("ToolRunner sends an output of just the longest length whole, and null where there is none", async () => {
  const longest = "x".repeat(MAX_OUTPUT_CHARS - 2); // and its quotes
  assert.equal(await outputOf(instant(longest)), `"${longest}"`);
  assert.equal(await outputOf(instant(undefined)), "null");
});

Deno.test("ToolRunner does the same work once while it is at it: each call gets its result, and one answer follows", async () => {
  const tool = new HandTool("book", 1_000);
  const bench = new RunnerBench([tool]);
  bench.start("book", "c1", "r1", '{"id":"x"}');
  bench.start("book", "c2", "r1", '{ "id": "x" }');
  bench.runner.responseDone("r1");
  bench.start("book", "c3", "r2", '{"id":"x"}');
  bench.runner.responseDone("r2");
  await settle();
  assert.deepEqual([tool.runs.size, bench.runner.running], [1, 3]);
  tool.finish("x", "booked");
  await settle();
  assert.deepEqual(bench.outputs, [["c1", '"booked"'], ["c2", '"booked"'], ["c3", '"booked"']]);
  assert.deepEqual(bench.settled, [["r1", true], ["r2", false]]);
  assert.equal(bench.runner.running, 0);
});

Deno.test("ToolRunner ends what waits for the same work with it, whatever comes of that, and at the end of the call", async () => {
  const tool = new HandTool("book", 1_000);
  const bench = new RunnerBench([tool]);
  bench.start("book", "c1", "r1", '{"id":"x"}');
  bench.clock.advance(900);
  bench.start("book", "c2", "r1", '{"id":"x"}');
  bench.clock.advance(100);
  assert.deepEqual(bench.finished.map(({ outcome }) => outcome), ["timed_out", "timed_out"]);
  bench.start("book", "c3", "r1", '{"id":"x"}');
  bench.start("book", "c4", "r1", '{"id":"x"}');
  bench.runner[Symbol.dispose]();
  assert.deepEqual(bench.finished.slice(2).map(({ outcome }) => outcome), ["call_ended", "call_ended"]);
  await settle();
  assert.equal(bench.clock.pending, 0);
});
