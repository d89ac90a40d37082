import assert from "node:assert/strict";
import type { Script } from "../../src/lab/call/script.ts";
import { readScript, runScript, type ScriptResult } from "../../src/lab/call/script_run.ts";
import { BridgeRig } from "../support/bridge_rig.ts";
import { type ScriptAgent, scriptAgents, SLOW_TOOL_MS } from "./script_agents.ts";
import { eventually } from "../support/eventually.ts";

const FOLDER = "tests/e2e/scripts";
const AGENT = /^# Agent: (\w+)$/m;

/** Serves the tool that takes long. */
function serveTool() {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async () => {
    await new Promise((resolve) => setTimeout(resolve, SLOW_TOOL_MS));
    return Response.json({ found: true });
  });
}

/** Runs a script against the whole program. When its call is over, nothing may be left of it. */
async function run(script: Script, agent: ScriptAgent): Promise<ScriptResult> {
  await using rig = await BridgeRig.start(agent);
  const result = await runScript(script, { line: rig.line, registry: rig.rest.registry });
  const { streams } = result.report;
  await eventually(
    "the call has ended",
    () => rig.ended.length === streams.length && rig.app.calls.active === 0,
  );
  await eventually("no session is left", () => rig.emulator.stats().sessionsOpen === 0);
  return result;
}

function failuresOf(name: string, { steps }: ScriptResult): string[] {
  return steps.filter(({ passed }) => !passed).map(({ line, text, detail }) =>
    `${name}:${line}: ${text} (${detail})`
  );
}

Deno.test("every script that ships passes, line by line", async () => {
  await using tool = serveTool();
  const agents = scriptAgents(`http://127.0.0.1:${tool.addr.port}/`);
  const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).filter((name) => name.endsWith(".txt"));
  const failures = await Promise.all(names.map(async (name) => {
    const path = `${FOLDER}/${name}`;
    const [, agent = "echo"] = AGENT.exec(await Deno.readTextFile(path)) ?? [];
    assert.ok(agents[agent], `${name} asks for the agent ${agent}, which there is not`);
    return failuresOf(name, await run(await readScript(path), agents[agent]));
  }));
  assert.ok(names.length >= 10);
  assert.deepEqual(failures.flat(), []);
});

Deno.test("a script fails with a line that is not met, and only with that one", async () => {
  const { talker } = scriptAgents("");
  const path = await Deno.makeTempFile({ suffix: ".txt" });
  await Deno.writeTextFile(
    path,
    "wait for audio within 5000\nexpect tone 1900 within 500\nexpect heard at least 100\nhang up\n",
  );
  const result = await run(await readScript(path), talker);
  await Deno.remove(path);
  assert.equal(result.passed, false);
  assert.deepEqual(failuresOf("script", result), [
    "script:2: expect tone 1900 within 500 (no such tone was heard)",
  ]);
});
