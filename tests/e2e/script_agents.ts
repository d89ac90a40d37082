import { type Business, DEFAULT_BUSINESS, type TransferTarget } from "../../src/businesses/business.ts";
import OFFICE from "../../examples/agents/office.json" with { type: "text" };
import { parseAgentScript } from "../../src/lab/openai/agents/agent_script.ts";
import { scriptAgent } from "../../src/lab/openai/agents/script_agent.ts";
import { echoAgent } from "../../src/lab/openai/agents/echo_agent.ts";
import { scriptedAgent, type ScriptedReply } from "../../src/lab/openai/agents/scripted_agent.ts";
import type { BridgeRigOptions } from "../support/bridge_rig.ts";

/** What a script's agent is made from; see `scripts/README.md`. */
export type ScriptAgent = Pick<BridgeRigOptions, "emulator" | "business">;

const SPEED = 8;
/** How long the tool of `slow_tool` takes. Its filler comes after a fifth of that. */
export const SLOW_TOOL_MS = 2_500;

const desk: TransferTarget = {
  name: "desk",
  description: "the front desk",
  number: "+15550100888",
  announcement: "One moment please.",
  whisper: "",
  ringSeconds: 10,
};
const reachable: Partial<Business> = {
  transfers: [desk],
  keys: { "#": { action: "transfer", target: "desk" }, "*": { action: "hang_up" } },
};

const say = (frequencyHz: number, toneMs: number): ScriptedReply => ({ say: { frequencyHz, toneMs } });
const greeting = say(500, 800);

/** All agents by name. @param toolUrl where `slow_tool` finds its tool */
export function scriptAgents(toolUrl: string): Record<string, ScriptAgent> {
  return {
    echo: { emulator: { agent: echoAgent(), speed: SPEED } },
    talker: speaking([greeting, say(700, 8_000), say(900, 1_000)], reachable),
    queue: speaking([
      greeting,
      { say: [700, 900, 1100].map((frequencyHz) => ({ frequencyHz, toneMs: 1_200 })) },
      { say: [700, 900, 1100].map((frequencyHz) => ({ frequencyHz, toneMs: 1_500 })) },
      say(1300, 1_000),
    ]),
    digits: speaking([greeting, say(700, 800), say(900, 800)], reachable),
    goodbye: speaking([greeting, {
      say: { frequencyHz: 700, toneMs: 1_600 },
      call: { name: "end_call", arguments: {} },
    }]),
    transfer: speaking([greeting, {
      say: { frequencyHz: 700, toneMs: 800 },
      call: { name: "transfer_call", arguments: { target: "desk" } },
    }], reachable),
    impatient: speaking([greeting, say(700, 800), say(900, 800)], {
      time: { ...DEFAULT_BUSINESS.time, silencePromptAfterMs: 2_000, silenceGoodbyeAfterMs: 2_000 },
    }),
    slow_tool: speaking(
      [greeting, { call: { name: "look_up", arguments: {} } }, say(700, 500), say(900, 800)],
      {
        tools: {
          ...DEFAULT_BUSINESS.tools,
          fillerAfterMs: SLOW_TOOL_MS / 5,
          http: [{
            name: "look_up",
            description: "Looks something up.",
            parameters: { type: "object", properties: {} },
            url: toolUrl,
            headers: {},
            signingSecret: undefined,
            timeoutMs: 2 * SLOW_TOOL_MS,
          }],
        },
      },
    ),
    dropped: {
      emulator: {
        agent: ({ number }) =>
          scriptedAgent(number === 1 ? [greeting, say(700, 8_000)] : [say(1100, 1_500)])({ number }),
        speed: SPEED,
        script: [{ sessions: 1, at: { on: "audio", afterMs: 3_000, responses: 2 }, failure: "drop" }],
      },
    },
    office: {
      emulator: { agent: scriptAgent(parseAgentScript(OFFICE), new Map()), speed: SPEED },
      business: { transfers: [{ ...desk, name: "Front desk", number: "+15550100301" }] },
    },
    refused: { emulator: { script: [{ failure: "refuse_upgrade", status: 401 }] } },
  };
}

function speaking(replies: readonly ScriptedReply[], business?: Partial<Business>): ScriptAgent {
  return { emulator: { agent: scriptedAgent(replies), speed: SPEED }, business };
}
