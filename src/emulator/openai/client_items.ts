import type { WireItem } from "./conversation_item.ts";
import { newId } from "./ids.ts";
import { ProtocolError } from "./protocol_error.ts";
import type { Responses } from "./responses.ts";
import type { SessionContext } from "./session_context.ts";

/** What the client does to items of the conversation. All methods throw {@link ProtocolError} for what is refused. */
export class ClientItems {
  readonly #context: SessionContext;
  readonly #responses: Responses;

  constructor(context: SessionContext, responses: Responses) {
    this.#context = context;
    this.#responses = responses;
  }

  create(given: Record<string, unknown>, previousId: string | null): void {
    const { conversation, line } = this.#context;
    const item: WireItem = {
      ...withoutAudio(given),
      id: (given.id as string | undefined) ?? newId("item"),
      object: "realtime.item",
      type: given.type as string,
      status: "completed",
    };
    conversation.add(item, { previousId });
    const previous_item_id = conversation.previousId(item.id);
    line.send({ type: "conversation.item.added", previous_item_id, item });
    line.send({ type: "conversation.item.done", previous_item_id, item });
    if (item.type === "function_call_output") this.#responses.expect({ trigger: "tool_result" });
  }

  retrieve(id: string): void {
    const { item } = this.#context.conversation.get(id, "item_retrieve_invalid_item_id");
    this.#context.line.send({ type: "conversation.item.retrieved", item });
  }

  truncate(id: string, contentIndex: number, audioEndMs: number): void {
    this.#context.conversation.truncate(id, audioEndMs);
    this.#context.line.send({
      type: "conversation.item.truncated",
      item_id: id,
      content_index: contentIndex,
      audio_end_ms: audioEndMs,
    });
  }

  delete(id: string): void {
    this.#context.conversation.delete(id);
    this.#context.line.send({ type: "conversation.item.deleted", item_id: id });
  }
}

/** Events never show the audio of an item. */
function withoutAudio(item: Record<string, unknown>): Record<string, unknown> {
  if (!Array.isArray(item.content)) return item;
  return { ...item, content: item.content.map(({ audio: _audio, ...part }) => part) };
}

/** @throws {ProtocolError} when `model` would change, or the voice after it was heard */
export function checkImmutable(context: SessionContext, patch: Record<string, unknown>): void {
  const { config, hasSpoken } = context;
  if (patch.model !== undefined && patch.model !== config.model) {
    throw new ProtocolError(
      "invalid_value",
      `The model of a session cannot be changed from '${config.model}'.`,
      "session.model",
    );
  }
  const { voice } = (patch.audio as { output?: { voice?: unknown } } | undefined)?.output ?? {};
  if (
    voice !== undefined && hasSpoken && JSON.stringify(voice) !== JSON.stringify(config.audio.output.voice)
  ) {
    throw new ProtocolError(
      "cannot_update_voice",
      "Cannot update a conversation's voice if assistant audio is present.",
      "session.audio.output.voice",
    );
  }
}
