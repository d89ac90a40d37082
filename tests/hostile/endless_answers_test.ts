import assert from "node:assert/strict";
import { callFaults } from "../../src/lab/call/calls_summary.ts";
import type { AgentFactory } from "../../src/lab/openai/agent.ts";
import { replyOutputs } from "../../src/lab/openai/agents/scripted_agent.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { cpuMs } from "../support/http_attacker.ts";
import { ENDLESS_ANSWERS, EndlessEndpoint } from "../support/endless_endpoint.ts";
import { eventually } from "../support/eventually.ts";
import { processFigures } from "../support/process_figures.ts";
import { ServerRig } from "../support/server_rig.ts";
import { StallWatch } from "../support/stall_watch.ts";
import { ANSWER, say } from "../support/talk.ts";

const NAMES = Object.keys(ENDLESS_ANSWERS);
/** Time that the tools may take, and that one alone would use a processor for. */
const TIMEOUT_MS = 5_000;
/** All of them together, beside what the calls take. */
const MAX_CPU_MS = 2_000;
const MAX_MORE_BYTES = 64 * 2 ** 20;
const MAX_GAP_MS = 100;
/** Longer than the caller waits for words that are late: no gap that the machine makes is spoken into. */
const QUIET_MS = 1_500;

/** Calls all tools of a business that has them at its caller's second turn. */
const agent: AgentFactory = () => ({
  reply: ({ turnNumber, config, toolOutputs }) => {
    const hasTools = config.tools?.some(({ name }) => name === NAMES[0]);
    const calls = NAMES.map((name) => ({ name, arguments: {}, callId: `call_${name}` }));
    const isTime = hasTools && turnNumber === 2 && toolOutputs.length === 0;
    return replyOutputs(isTime ? { call: calls } : say(ANSWER, 1_000));
  },
});

Deno.test("a business's endpoints whose answers never end cost the server little, and callers nothing", async () => {
  await using endpoint = new EndlessEndpoint();
  const http = NAMES.map((name) => ({
    name,
    description: "Looks something up.",
    url: `http://${endpoint.host}/${name}`,
    timeoutMs: TIMEOUT_MS,
  }));
  await using rig = await ServerRig.start({
    agent,
    businesses: {
      "acme.json": { name: "Acme", numbers: ["+15550100000"], instructions: "Help.", tools: { http } },
      "other.json": { name: "Other", numbers: ["+15550100009"], instructions: "Help." },
    },
    env: { PRIVATE_HOSTS: endpoint.host },
  });
  const { clock, server, port } = rig;
  const look = () => processFigures(server.pid, port);
  using stalls = new StallWatch(clock);
  let untilMs = Infinity;
  const talk = rig.talk(() => untilMs, { quietMs: QUIET_MS });
  // Who speaks all the time hears how late each frame of the echo is.
  const other = rig.caller({
    to: "+15550100009",
    from: "+15550100008",
    speech: CallerSpeech.tone(440, 1_000),
  });
  const placed = other.place();
  await eventually("both calls are on", () => rig.logged("agent_ready").length === 2);
  const before = await look();
  const startMs = clock.now();
  const beforeCpuMs = await cpuMs(server.pid);
  let mostBytes = 0;
  const finished = () => rig.logged("tool_finished");
  await eventually("all tools have ended", async () => {
    mostBytes = Math.max(mostBytes, (await look()).rssBytes);
    return finished().length === NAMES.length;
  }, 30_000);
  const tookCpuMs = await cpuMs(server.pid) - beforeCpuMs;
  const moreMb = (mostBytes - before.rssBytes) / 2 ** 20;
  const machineMs = (await look()).waitedMs - before.waitedMs + stalls.longestBetween(startMs, clock.now());
  if (Deno.args.includes("--show")) console.log({ tookCpuMs, moreMb, machineMs, finished: finished() });
  untilMs = 0;
  const { report } = await talk;
  other.hangUp();
  const heard = await placed;
  assert.deepEqual(callFaults(report), []);
  for (const { longestUnderrunMs } of [report, heard]) {
    assert.ok(
      longestUnderrunMs <= MAX_GAP_MS + machineMs,
      `a gap of ${longestUnderrunMs} ms, ${machineMs} the machine's`,
    );
  }
  assert.deepEqual(finished().map(({ outcome }) => outcome), NAMES.map(() => "failed"));
  assert.ok(tookCpuMs <= MAX_CPU_MS, `${tookCpuMs} ms of CPU`);
  assert.ok(moreMb * 2 ** 20 <= MAX_MORE_BYTES, `${moreMb} MB more`);
});
