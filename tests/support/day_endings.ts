import type { Agent } from "../../src/lab/openai/agent.ts";
import { replyOutputs, type ScriptedReply } from "../../src/lab/openai/agents/scripted_agent.ts";
import type { CallRecord } from "../../src/records/call_record.ts";

/** One kind of end: who is called, what the caller does, and what the record says where nothing came between. */
export interface DayEnding {
  readonly name: string;
  /** Fields of the business file, beside name, numbers and instructions. */
  readonly business?: Record<string, unknown>;
  /** What the model does when the caller has said something; null: it is silent from the beginning on. Default: it talks. */
  readonly reply?: ScriptedReply | null;
  /** Somebody takes the transfer. */
  readonly isTransferAnswered?: boolean;
  /** Default: hangs up once the model is heard. Who speaks and leaves waits until it is heard again after a transfer. */
  readonly caller?: "hears_out" | "speaks_and_hears_out" | "speaks_and_leaves" | "stays" | "rings_off";
  readonly reason: CallRecord["reason"];
  readonly treatment?: string;
  readonly hasMessage?: boolean;
}

const HELLO: ScriptedReply = { say: { toneMs: 100, transcript: "Hello." } };
const TRANSFER: ScriptedReply = { call: { name: "transfer_call", arguments: { target: "Sales" } } };
const SALES = { transfers: [{ name: "Sales", number: "+15550100900", announcement: "One moment." }] };
const VOICEMAIL = { fallback: { words: "Sorry.", voicemail: true } };
const CLOSED = {
  hours: { timeZone: "UTC", week: {}, afterHours: { action: "say", words: "Closed.", voicemail: true } },
};

/** The kinds that a day goes through, again and again. */
export const DAY_ENDINGS: readonly DayEnding[] = [
  { name: "the caller hangs up", reason: "caller_hung_up" },
  { name: "a long talk", caller: "stays", reason: "caller_hung_up" },
  {
    name: "the agent hangs up",
    reply: { call: { name: "end_call", arguments: {} } },
    caller: "speaks_and_hears_out",
    reason: "agent_hung_up",
  },
  {
    name: "transferred",
    business: SALES,
    reply: TRANSFER,
    isTransferAnswered: true,
    caller: "speaks_and_hears_out",
    reason: "transferred",
  },
  {
    name: "transferred in vain, and back",
    business: SALES,
    reply: TRANSFER,
    caller: "speaks_and_leaves",
    reason: "caller_hung_up",
  },
  {
    name: "no answer of the model, and the fallback's voicemail",
    business: VOICEMAIL,
    reply: null,
    caller: "hears_out",
    reason: "agent_lost",
    treatment: "voicemail",
    hasMessage: true,
  },
  {
    name: "a message after hours",
    business: CLOSED,
    caller: "hears_out",
    reason: "message_left",
    treatment: "voicemail",
    hasMessage: true,
  },
  {
    name: "out of service",
    business: { inService: false },
    caller: "hears_out",
    reason: "refused",
    treatment: "words",
  },
  { name: "abandoned while it rings", caller: "rings_off", reason: "abandoned" },
];

/** The business file of a kind, which its index tells from others. */
export function dayBusiness(index: number): Record<string, unknown> {
  const { name, business } = DAY_ENDINGS[index];
  return { name, numbers: [dayNumber(index)], instructions: instructionsOf(index), ...business };
}

/** The number that is called for a kind. */
export function dayNumber(index: number): string {
  return `+155501002${String(index).padStart(2, "0")}`;
}

function instructionsOf(index: number): string {
  return `Kind ${index}.`;
}

/** Answers as the kind of the call's business says, by its instructions. */
export const DAY_AGENT: Agent = {
  keepsAudio: false,
  reply: ({ config, trigger }) => {
    const kind = Number(/Kind (\d+)\./.exec(config.instructions ?? "")?.[1]);
    const { reply = HELLO } = DAY_ENDINGS[kind] ?? {};
    if (reply === null) return [];
    return replyOutputs(trigger === "turn" ? reply : HELLO);
  },
};
