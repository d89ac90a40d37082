import assert from "node:assert/strict";
import { MCP_TIMEOUT_MS, type McpCallItem, McpCalls } from "../../../src/call/conversation/mcp_calls.ts";
import { settle } from "../../support/microtasks.ts";
import { RunnerBench } from "../tools/tool_bench.ts";

const BEGUN: McpCallItem = {
  id: "item_1",
  type: "mcp_call",
  server_label: "bookings",
  name: "find_table",
  arguments: "",
  output: null,
  error: null,
};
const CALLED: McpCallItem = { ...BEGUN, arguments: '{"guests":4}' };
const DONE: McpCallItem = { ...CALLED, output: "at eight" };

/** A call that has begun, in response `r1`. */
class McpBench extends RunnerBench {
  readonly mcp = new McpCalls((call, tool) => this.runner.start(call, tool));

  constructor() {
    super([]);
    this.mcp.began(BEGUN, "r1");
  }

  /** How the call ended, once it has. */
  async end() {
    await settle();
    const [run] = this.finished;
    return run && { outcome: run.outcome, arguments: run.call.arguments, output: JSON.parse(run.output) };
  }
}

const OUTCOME = { outcome: "done", arguments: CALLED.arguments, output: "at eight" };

Deno.test("McpCalls ends a call with what its item holds, whether the response is done before or after", async () => {
  for (const isDoneFirst of [true, false]) {
    const bench = new McpBench();
    if (isDoneFirst) bench.runner.responseDone("r1");
    bench.mcp.over("item_1");
    assert.equal(await bench.end(), undefined, "what came of it is not known yet");
    bench.mcp.itemDone(DONE);
    assert.deepEqual(await bench.end(), OUTCOME);
    assert.deepEqual(bench.settled, isDoneFirst ? [["r1", true]] : []);
    if (!isDoneFirst) bench.runner.responseDone("r1");
    assert.deepEqual(bench.settled, [["r1", true]]);
    bench.mcp.itemDone(DONE); // comes as an item of the response and as one of the conversation
    assert.equal(bench.finished.length, 1);
  }
});

Deno.test("McpCalls goes on waiting where an item is done before its call is", async () => {
  const bench = new McpBench();
  bench.mcp.itemDone(CALLED);
  assert.equal(await bench.end(), undefined);
  bench.mcp.over("item_1");
  assert.deepEqual(await bench.end(), { ...OUTCOME, output: null });
});

Deno.test("McpCalls tells of a call that failed, and wants an answer all the same", async () => {
  const bench = new McpBench();
  bench.runner.responseDone("r1");
  bench.mcp.itemDone({ ...CALLED, error: { type: "tool_execution_error", message: "No table is free." } });
  assert.deepEqual(await bench.end(), {
    outcome: "failed",
    arguments: CALLED.arguments,
    output: { error: "No table is free." },
  });
  assert.deepEqual(bench.settled, [["r1", true]]);
});

Deno.test("McpCalls ends a call whose response was cut off, whose session is lost, or that never ends", async () => {
  const ends: [string, (bench: McpBench) => void][] = [
    ["failed", ({ mcp }) => mcp.cutOff("r1")],
    ["failed", ({ mcp }) => mcp.sessionLost()],
    ["timed_out", ({ clock }) => clock.advance(MCP_TIMEOUT_MS)],
  ];
  for (const [outcome, happens] of ends) {
    const bench = new McpBench();
    await settle();
    bench.mcp.cutOff("r2");
    assert.equal(await bench.end(), undefined);
    happens(bench);
    assert.equal((await bench.end())?.outcome, outcome);
    assert.equal(bench.clock.pending, 0);
  }
});
