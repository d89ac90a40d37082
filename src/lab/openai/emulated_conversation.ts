import type { HeardAudio } from "./input_buffer.ts";
import type { FunctionCallItem, Item } from "./items.ts";
import { ProtocolError } from "./protocol_error.ts";

/** Beyond it the oldest item goes, as with `truncation:"auto"`. */
const MAX_ITEMS = 1000;

/** An item with what the server knows about it and does not show. */
export interface Entry {
  readonly item: Item;
  /** What the user said in it; undefined for text. Released once it is no longer the newest such item. */
  heard?: HeardAudio;
  /** Audio of it: heard from the user, or generated so far; less after a truncation. */
  audioMs: number;
  /** Where the client cut it, if it did. */
  truncatedAtMs?: number;
}

/** The default conversation of a session: its items in order, and the rules of changing them. */
export class EmulatedConversation {
  readonly id: string;
  readonly #entries: Entry[] = [];
  #newestHeard: Entry | undefined;

  constructor(id: string) {
    this.id = id;
  }

  get items(): readonly Item[] {
    return this.#entries.map((entry) => entry.item);
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get lastId(): string | null {
    return this.#entries.at(-1)?.item.id ?? null;
  }

  /** The newest thing that the user said in audio. */
  get newestHeard(): HeardAudio | undefined {
    return this.#newestHeard?.heard;
  }

  find(id: string): Entry | undefined {
    return this.#entries.find((entry) => entry.item.id === id);
  }

  /** The item before `id`, or null for the first. */
  previousId(id: string): string | null {
    const index = this.#entries.findIndex((entry) => entry.item.id === id);
    return this.#entries[index - 1]?.item.id ?? null;
  }

  /**
   * Adds an item behind `previousId`: at the end when that is undefined, first when it is `root`.
   *
   * @throws {ProtocolError} for an id that is taken, an unknown previous item, or the output of an unknown
   * call
   */
  add(item: Item, previousId?: string | null, heard?: HeardAudio): Entry {
    if (this.find(item.id)) {
      throw invalid(`An item with the id '${item.id}' exists already.`, "item.id");
    }
    if (item.type === "function_call_output" && !this.#call(item.call_id)) {
      throw invalid(`No tool call found with call_id '${item.call_id}'.`, "item.call_id");
    }
    const index = this.#indexBehind(previousId);
    const entry: Entry = { item, heard, audioMs: heard?.durationMs ?? 0 };
    this.#entries.splice(index, 0, entry);
    if (heard) {
      if (this.#newestHeard) this.#newestHeard.heard = undefined;
      this.#newestHeard = entry;
    }
    if (this.#entries.length > MAX_ITEMS) this.#entries.shift();
    return entry;
  }

  /** @throws {ProtocolError} when there is no such item */
  get(id: string, code: string = "invalid_value"): Entry {
    const entry = this.find(id);
    if (!entry) {
      throw new ProtocolError(code, `Item with item_id '${id}' does not exist.`, "item_id");
    }
    return entry;
  }

  /**
   * Cuts an assistant's audio at `audioEndMs`, and deletes its transcript, which the server cannot cut.
   *
   * @throws {ProtocolError} when the item is not an assistant's message, or has less audio than that
   */
  truncate(id: string, audioEndMs: number): void {
    const entry = this.get(id);
    const { item } = entry;
    if (item.type !== "message" || item.role !== "assistant") {
      throw invalid("Only model output audio messages can be truncated.", "item_id");
    }
    if (!item.content.some(({ type }) => type === "output_audio")) {
      throw new ProtocolError("unsupported_content_type", "The item has no audio to truncate.", "item_id");
    }
    if (audioEndMs > entry.audioMs) {
      throw invalid(
        `Audio content of ${Math.floor(entry.audioMs)}ms is already shorter than ${audioEndMs}ms`,
        "audio_end_ms",
      );
    }
    entry.audioMs = audioEndMs;
    entry.truncatedAtMs = audioEndMs;
    for (const part of item.content) if (part.type === "output_audio") part.transcript = "";
  }

  /** @throws {ProtocolError} when there is no such item */
  delete(id: string): void {
    const entry = this.get(id, "item_delete_invalid_item_id");
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    if (entry === this.#newestHeard) this.#newestHeard = undefined;
  }

  /** Releases the user's audio at the end of the session. The items stay, for tests to look at. */
  releaseAudio(): void {
    if (this.#newestHeard) this.#newestHeard.heard = undefined;
    this.#newestHeard = undefined;
  }

  #call(callId: string): FunctionCallItem | undefined {
    const entry = this.#entries.find(({ item }) => item.type === "function_call" && item.call_id === callId);
    return entry?.item as FunctionCallItem | undefined;
  }

  #indexBehind(previousId: string | null | undefined): number {
    if (previousId === undefined || previousId === null) return this.#entries.length;
    if (previousId === "root") return 0;
    const index = this.#entries.findIndex((entry) => entry.item.id === previousId);
    if (index < 0) throw invalid(`Previous item with id '${previousId}' not found.`, "previous_item_id");
    return index + 1;
  }
}

function invalid(message: string, param: string): ProtocolError {
  return new ProtocolError("invalid_value", message, param);
}
