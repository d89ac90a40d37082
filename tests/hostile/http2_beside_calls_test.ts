import assert from "node:assert/strict";
import { callFaults } from "../../src/lab/call/calls_summary.ts";
import { TalkingCaller } from "../../src/lab/load/talking_caller.ts";
import { toneAgent } from "../../src/lab/openai/agents/tone_agent.ts";
import { attack, http2Floods } from "../support/http_attacker.ts";
import { ServerRig } from "../support/server_rig.ts";

/** Of each kind, over one connection: one or two megabytes. */
const FRAMES = 100_000;
/** Longest gap that a caller may hear. */
const MAX_GAP_MS = 100;

Deno.test("a call beside floods of HTTP/2, which no setting of the runtime refuses, hears no gap", async () => {
  await using rig = await ServerRig.start({ agent: toneAgent(2) });
  let untilMs = Infinity;
  const connected = Promise.withResolvers<void>();
  const talk = new TalkingCaller(rig.line, connected.resolve).talk(() => untilMs);
  await connected.promise;
  for (const frames of Object.values(http2Floods(FRAMES))) await attack(rig.port, frames);
  untilMs = 0;
  const { report } = await talk;
  assert.deepEqual(callFaults(report), []);
  assert.ok(report.longestUnderrunMs <= MAX_GAP_MS, `a gap of ${report.longestUnderrunMs} ms`);
});
