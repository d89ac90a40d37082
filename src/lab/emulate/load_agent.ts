import { dirname, isAbsolute, join } from "node:path";
import DENTIST from "../../../examples/agents/dentist.json" with { type: "text" };
import OFFICE from "../../../examples/agents/office.json" with { type: "text" };
import RESTAURANT from "../../../examples/agents/restaurant.json" with { type: "text" };
import { readLineWav } from "../../audio/wav.ts";
import { muLawEncode } from "../../audio/mulaw_buffers.ts";
import { messageOf } from "../../util/errors.ts";
import type { AgentFactory } from "../openai/agent.ts";
import { type AgentScript, AgentScriptError, parseAgentScript } from "../openai/agents/agent_script.ts";
import { echoAgent } from "../openai/agents/echo_agent.ts";
import { type LoadedClip, scriptAgent } from "../openai/agents/script_agent.ts";
import { toneAgent } from "../openai/agents/tone_agent.ts";
import { AgentClip } from "../openai/audio/agent_clip.ts";
import type { FailureScript } from "../openai/failures/failure_script.ts";

/** The scripts for the example businesses. */
const EXAMPLES: Readonly<Record<string, string>> = {
  dentist: DENTIST,
  office: OFFICE,
  restaurant: RESTAURANT,
};

/** What can be named beside a file. */
const AGENT_NAMES: readonly string[] = ["echo", "tone", ...Object.keys(EXAMPLES)];

/** Who answers in the model's place, and what goes wrong. */
export interface LoadedAgent {
  agent: AgentFactory;
  script: FailureScript;
}

/**
 * Finds an agent by its name, or reads the script of one from a file, whose clips are found beside it.
 *
 * @param toneSeconds length of the tone of `tone`
 * @throws {AgentScriptError} which names the flag
 */
export async function loadAgent(name: string, toneSeconds: number): Promise<LoadedAgent> {
  try {
    return await load(name, toneSeconds);
  } catch (error) {
    if (!(error instanceof AgentScriptError)) throw error;
    throw new AgentScriptError(`--agent ${name}: ${error.message}`, { cause: error });
  }
}

async function load(name: string, toneSeconds: number): Promise<LoadedAgent> {
  if (name === "echo") return { agent: echoAgent(), script: [] };
  if (name === "tone") return { agent: toneAgent(toneSeconds), script: [] };
  const example = Object.hasOwn(EXAMPLES, name) ? EXAMPLES[name] : undefined;
  const script = parseAgentScript(example ?? await readScriptText(name));
  const clips = new Map<string, LoadedClip>();
  for (const clip of clipsOf(script)) {
    clips.set(clip, await loadClip(isAbsolute(clip) ? clip : join(dirname(name), clip)));
  }
  return { agent: scriptAgent(script, clips), script: script.failures };
}

async function readScriptText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const names = AGENT_NAMES.join(", ");
    throw new AgentScriptError(`it is none of ${names}, and no file that can be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function clipsOf({ greeting, otherwise, replies, hears }: AgentScript): Set<string> {
  const lines = [greeting, otherwise, ...replies.map(({ say }) => say)].flat();
  return new Set([
    ...lines.flatMap((line) => typeof line === "object" && "clip" in line ? [line.clip] : []),
    ...hears.map(({ clip }) => clip),
  ]);
}

/** @throws {AgentScriptError} */
async function loadClip(path: string): Promise<LoadedClip> {
  try {
    const samples = await readLineWav(path);
    return { samples, clip: AgentClip.fromMuLaw(muLawEncode(samples)) };
  } catch (error) {
    throw new AgentScriptError(messageOf(error), { cause: error });
  }
}
