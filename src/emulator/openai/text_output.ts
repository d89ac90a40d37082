import type { ConversationItem, WireItem } from "./conversation_item.ts";
import {
  announceItem,
  concludeItem,
  type OutputItem,
  type OutputPlace,
  type Progress,
} from "./output_item.ts";

/** An assistant message of text, for responses with `output_modalities:["text"]`. All of it goes out at once. */
export class TextOutput implements OutputItem {
  readonly #place: OutputPlace;
  readonly #text: string;

  constructor(place: OutputPlace, text: string, readonly entry: ConversationItem) {
    this.#place = place;
    this.#text = text;
  }

  get item(): WireItem {
    return this.entry.item;
  }

  begin(): void {
    announceItem(this.#place, this.item);
    this.#send("response.content_part.added", { part: { type: "text", text: "" } });
  }

  advance(): Progress {
    for (const delta of this.#text.match(/\S*\s*/g) ?? []) {
      if (delta) this.#send("response.output_text.delta", { delta });
    }
    return "sent";
  }

  finish(status: "completed" | "incomplete"): void {
    const text = this.#text;
    this.#send("response.output_text.done", { text });
    this.#send("response.content_part.done", { part: { type: "text", text } });
    this.item.status = status;
    this.item.content = [{ type: "output_text", text }];
    concludeItem(this.#place, this.item);
  }

  #send(type: string, fields: Record<string, unknown>): void {
    const { context, responseId, outputIndex } = this.#place;
    context.line.send({
      type,
      response_id: responseId,
      item_id: this.item.id,
      output_index: outputIndex,
      content_index: 0,
      ...fields,
    });
  }
}
