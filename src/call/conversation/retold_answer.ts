import type { ClientEvent } from "../../model/events.ts";
import type { Journal } from "../journal/journal.ts";
import { itemDelete } from "./client_events.ts";

/** What a retold answer is made of. */
export interface RetoldParts {
  /** Its items, in order, and how many characters of each the model knows to have been heard before. */
  items: readonly { itemId: string; baseChars: number }[];
  /** The item of the conversation that the rest follows; undefined: it comes last. */
  behindId: string | undefined;
  /** Tells it apart from others of the session. */
  number: number;
  journal: Pick<Journal, "transcript">;
  send: (event: ClientEvent) => void;
}

/**
 * An answer that was cut off and went on. Its audio beyond the cut is gone from the session, which cannot be
 * undone, so the model is told the rest as text; and told anew if that is cut off as well.
 */
export class RetoldAnswer {
  readonly #parts: RetoldParts;
  #id: string | undefined;
  #count = 0;

  constructor(parts: RetoldParts) {
    this.#parts = parts;
  }

  /** The item that tells the rest of the answer that these items belong to, if they do. */
  lastId(itemIds: readonly string[]): string | undefined {
    return this.#parts.items.some(({ itemId }) => itemIds.includes(itemId)) ? this.#id : undefined;
  }

  /**
   * Tells the model what was heard of the answer since it was cut off, in place of what it was told before.
   */
  tell(text: string): void {
    const { behindId, number, send } = this.#parts;
    if (this.#id !== undefined) send(itemDelete(this.#id));
    this.#id = undefined;
    if (text === "") return;
    this.#id = `heard_${number}_${++this.#count}`;
    send({
      type: "conversation.item.create",
      ...behindId !== undefined && { previous_item_id: behindId },
      item: { id: this.#id, type: "message", role: "assistant", content: [{ type: "output_text", text }] },
    });
  }

  /** One of the items was cut off again. Returns false for an item of another answer. */
  cut(itemId: string): boolean {
    const { items, journal } = this.#parts;
    if (!items.some((item) => item.itemId === itemId)) return false;
    const heard = items.map((item) => journal.transcript.textOf(item.itemId).slice(item.baseChars));
    this.tell(heard.join(" ").trim());
    return true;
  }
}
