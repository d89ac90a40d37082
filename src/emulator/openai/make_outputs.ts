import type { AgentOutput, Speech } from "./agent.ts";
import { Clip } from "./audio/clip.ts";
import type { ConversationItem, WireItem } from "./conversation_item.ts";
import { FunctionCallOutput } from "./function_call_output.ts";
import { newId } from "./ids.ts";
import type { OutputItem, OutputPlace } from "./output_item.ts";
import type { ResponseRequest } from "./response_request.ts";
import { SpeechOutput } from "./speech_output.ts";
import { TextOutput } from "./text_output.ts";

/** The response that an output belongs to. */
export interface OutputOwner extends OutputPlace {
  readonly request: ResponseRequest;
  /** From 1, within the session. */
  readonly responseNumber: number;
}

/** Makes an agent's output ready to be sent, and puts its item into the conversation. */
export function makeOutput(owner: OutputOwner, output: AgentOutput): OutputItem {
  if (output.kind === "function_call") return makeCall(owner, output);
  const { request, context } = owner;
  const item: WireItem = {
    id: newId("item"),
    object: "realtime.item",
    type: "message",
    status: "in_progress",
    role: "assistant",
    content: [],
  };
  if (request.modality === "text") return new TextOutput(owner, output.transcript, entryOf(owner, item, 0));
  const clip = clipOf(output);
  const deltas = clip.deltas(request.format, context.deltaMs);
  const speech = { deltas, format: request.format, transcript: output.transcript };
  const entry = entryOf(owner, item, clip.durationMs);
  return new SpeechOutput(owner, speech, entry);
}

function makeCall(owner: OutputOwner, call: AgentOutput & { kind: "function_call" }): OutputItem {
  const { faults } = owner.context;
  const scope = { response: owner.responseNumber };
  const invalid = faults.take("invalid_tool_arguments", scope);
  const args = invalid ? invalid.arguments ?? `{"broken": tru` : call.arguments;
  const cut = faults.take("cut_function_call", scope);
  const item: WireItem = {
    id: newId("item"),
    object: "realtime.item",
    type: "function_call",
    status: "in_progress",
    name: call.name,
    call_id: call.callId ?? newId("call"),
    arguments: "",
  };
  return new FunctionCallOutput(owner, args, entryOf(owner, item, 0), {
    cutAfterChars: cut && (cut.chars ?? args.length >> 1),
    holdMs: cut?.holdMs ?? Infinity,
    isDoneTwice: faults.take("duplicate_arguments_done", scope) !== undefined,
  });
}

function entryOf(owner: OutputOwner, item: WireItem, audioMs: number): ConversationItem {
  const { context, responseId } = owner;
  if (owner.isInConversation) return context.conversation.add(item, { responseId, audioMs });
  return { id: item.id, item, responseId, audioMs, sentMs: 0, isDeleted: false };
}

function clipOf(speech: Speech): Clip {
  if ("clip" in speech) return speech.clip;
  return "muLaw8k" in speech ? Clip.fromMuLaw(speech.muLaw8k) : Clip.fromPcm24k(speech.pcm24k);
}
