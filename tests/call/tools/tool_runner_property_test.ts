import assert from "node:assert/strict";
import fc from "fast-check";
import { settle } from "../../support/microtasks.ts";
import { HandTool, RunnerBench } from "./tool_bench.ts";

const RUNS = 300;
const SEED = 20_260_101;
const TIMEOUT_MS = 1_000;
const CALL_IDS = 24;

type Step =
  | { do: "start"; callId: string; tool: string; text: string | undefined }
  /** Ends one of the calls that were started, late ones included. */
  | { do: "finish" | "throw"; pick: number }
  | { do: "done"; responseId: string }
  | { do: "wait"; ms: number }
  | { do: "lose" };

const callId = fc.integer({ min: 0, max: CALL_IDS - 1 }).map((n) => `c${n}`);
const responseId = fc.integer({ min: 0, max: 3 }).map((n) => `r${n}`);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("start" as const),
      callId,
      tool: fc.constantFrom("work", "work", "work", "silent", "unknown"),
      text: fc.constantFrom(undefined, undefined, undefined, "{", "[]", "{}"),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom("finish" as const, "throw" as const), pick: fc.nat(99) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("done" as const), responseId }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 900 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "lose" as const }) },
);
const schedule = fc.record({
  steps: fc.array(step, { maxLength: 80, size: "max" }),
  disposeAt: fc.option(fc.nat(80), { nil: undefined }),
});

/** The response that a call belongs to. */
const responseOf = (id: string) => `r${Number(id.slice(1)) % 4}`;

Deno.test("ToolRunner, whatever the schedule: one output a call, one settlement a response, nothing once disposed of", async () => {
  await fc.assert(fc.asyncProperty(schedule, checkSchedule), { numRuns: RUNS, seed: SEED });
});

async function checkSchedule({ steps, disposeAt }: { steps: Step[]; disposeAt: number | undefined }) {
  const tools = [new HandTool("work", TIMEOUT_MS), new HandTool("silent", TIMEOUT_MS, "agent_hung_up")];
  const bench = new RunnerBench(tools, 300);
  const started = new Set<string>();
  const done = new Set<string>();
  let told: string | undefined; // what had been reported when the runner was disposed of
  for (const [index, step] of steps.entries()) {
    if (index === disposeAt) {
      told = reports(bench);
      bench.runner[Symbol.dispose]();
    }
    // As in the protocol, no function call of a response is reported after its response.done.
    if (step.do === "start" && done.has(responseOf(step.callId))) continue;
    if (step.do === "start") started.add(step.callId);
    perform(step, bench, tools, { started: [...started], done });
    if (index % 3 === 0) await settle();
    checkSoFar(bench, started, done);
  }
  await settle();
  bench.clock.advance(TIMEOUT_MS);
  for (let n = 0; n < 4; n++) bench.runner.responseDone(`r${n}`);
  await settle();
  assert.equal(bench.runner.running, 0);
  assert.equal(bench.clock.pending, 0);
  if (told !== undefined) {
    assert.equal(reports(bench), told);
  } else {
    assert.deepEqual(bench.outputs.map(([id]) => id).sort(), [...started].sort());
    const responses = new Set([...started].map(responseOf));
    assert.deepEqual(bench.settled.map(([id]) => id).sort(), [...responses].sort());
    assert.deepEqual(bench.finished.map((run) => run.call.callId).sort(), [...started].sort());
  }
}

function reports({ outputs, settled, slow }: RunnerBench): string {
  return JSON.stringify({ outputs, settled, slow });
}

function perform(
  step: Step,
  bench: RunnerBench,
  tools: HandTool[],
  { started, done }: { started: string[]; done: Set<string> },
): void {
  switch (step.do) {
    case "start":
      return bench.start(step.tool, step.callId, responseOf(step.callId), step.text);
    case "finish":
      return tools.forEach((tool) => tool.finish(started[step.pick % started.length], { ok: true }));
    case "throw":
      return tools.forEach((tool) =>
        tool.runs.get(started[step.pick % started.length])?.reject(new Error("no"))
      );
    case "done":
      done.add(step.responseId);
      return bench.runner.responseDone(step.responseId);
    case "wait":
      return bench.clock.advance(step.ms);
    case "lose":
      for (let n = 0; n < 4; n++) done.add(`r${n}`);
      return bench.runner.forgetResponses();
  }
}

/** What must hold at every moment: nothing twice, and nothing settled before its time. */
function checkSoFar(bench: RunnerBench, started: ReadonlySet<string>, done: ReadonlySet<string>): void {
  const ids = bench.outputs.map(([id]) => id);
  assert.equal(new Set(ids).size, ids.length, "an output was sent twice");
  const settled = bench.settled.map(([id]) => id);
  assert.equal(new Set(settled).size, settled.length, "a response settled twice");
  assert.equal(new Set(bench.slow).size, bench.slow.length, "a response was slow twice");
  for (const id of settled) assert.ok(done.has(id), "a response settled before it was done");
  for (const id of started) {
    assert.ok(
      !settled.includes(responseOf(id)) || ids.includes(id),
      "a response settled before its last output",
    );
  }
}
