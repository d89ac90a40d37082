import type { ConversationItem, WireItem } from "./conversation_item.ts";
import { ProtocolError } from "./protocol_error.ts";

/** The default conversation of a session: items in their order, and the API's rules for changing them. */
export class Conversation {
  readonly #entries: ConversationItem[] = [];

  constructor(readonly id: string) {}

  /** All items in their order, deleted ones included. */
  get all(): readonly ConversationItem[] {
    return this.#entries;
  }

  /** The items that the model sees. */
  get live(): readonly ConversationItem[] {
    return this.#entries.filter((entry) => !entry.isDeleted);
  }

  get lastId(): string | null {
    return this.#entries.findLast((entry) => !entry.isDeleted)?.id ?? null;
  }

  find(id: string): ConversationItem | undefined {
    return this.#entries.find((entry) => entry.id === id && !entry.isDeleted);
  }

  /** @throws {ProtocolError} `code` when there is no such item */
  get(id: string, code: string): ConversationItem {
    const entry = this.find(id);
    if (!entry) throw new ProtocolError(code, `The item with id '${id}' does not exist.`, "item_id");
    return entry;
  }

  /** The id of the item before `id`; null for the first. */
  previousId(id: string): string | null {
    const live = this.live;
    const index = live.findIndex((entry) => entry.id === id);
    return live[index - 1]?.id ?? null;
  }

  /**
   * Adds an item: behind `previousId`, first for `root`, last for null.
   *
   * @throws {ProtocolError} for an id that is taken, an unknown previous item, the output of an unknown call
   */
  add(
    item: WireItem,
    { previousId = null, responseId, audioMs = 0 }: {
      previousId?: string | null;
      responseId?: string;
      audioMs?: number;
    } = {},
  ): ConversationItem {
    if (this.#entries.some((entry) => entry.id === item.id)) {
      throw new ProtocolError("invalid_value", `An item with id '${item.id}' exists already.`, "item.id");
    }
    if (item.type === "function_call_output" && !this.#hasCall(item.call_id)) {
      throw new ProtocolError(
        "invalid_value",
        `No tool call with call_id '${item.call_id}' in the conversation.`,
        "item.call_id",
      );
    }
    const at = this.#positionBehind(previousId);
    const entry: ConversationItem = { id: item.id, item, responseId, audioMs, sentMs: 0, isDeleted: false };
    this.#entries.splice(at, 0, entry);
    return entry;
  }

  /**
   * Cuts the audio of an assistant message, and deletes its transcript.
   *
   * @throws {ProtocolError} when it is not one, or has no audio up to `audioEndMs`
   */
  truncate(id: string, audioEndMs: number): void {
    const entry = this.get(id, "item_truncate_invalid_item_id");
    const { item } = entry;
    if (item.type !== "message" || item.role !== "assistant") {
      throw new ProtocolError(
        "invalid_value",
        "Only model output audio messages can be truncated.",
        "item_id",
      );
    }
    const part = item.content?.[0];
    // audio that the model has not made yet does not exist; the last delta may end within a millisecond
    const existingMs = Math.ceil(Math.min(entry.sentMs, entry.truncatedAtMs ?? Infinity));
    if (part?.type !== "output_audio" || audioEndMs > existingMs) {
      const message = `Audio content of ${existingMs}ms is already shorter than ${audioEndMs}ms`;
      throw new ProtocolError("invalid_value", message, "audio_end_ms");
    }
    entry.truncatedAtMs = audioEndMs;
    part.transcript = null;
  }

  /** @throws {ProtocolError} for an unknown item */
  delete(id: string): void {
    this.get(id, "item_delete_invalid_item_id").isDeleted = true;
  }

  #hasCall(callId: unknown): boolean {
    return this.#entries.some(({ item }) => item.type === "function_call" && item.call_id === callId);
  }

  #positionBehind(previousId: string | null): number {
    if (previousId === null) return this.#entries.length;
    if (previousId === "root") return 0;
    const index = this.#entries.findIndex((entry) => entry.id === previousId && !entry.isDeleted);
    if (index >= 0) return index + 1;
    throw new ProtocolError(
      "item_create_invalid_previous_item_id",
      `Previous item with id '${previousId}' not found.`,
      "previous_item_id",
    );
  }
}
