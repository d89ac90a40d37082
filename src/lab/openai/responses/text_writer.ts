import type { ItemStatus, MessageItem } from "../items.ts";
import {
  closeItem,
  newMessage,
  openItem,
  type OutputProgress,
  type OutputWriter,
  partPlace,
  type ResponseContext,
} from "./output_item.ts";

/**
 * An assistant's message in text, for responses with `output_modalities:["text"]`. All of it comes at once.
 */
export class TextWriter implements OutputWriter {
  readonly item: MessageItem;
  readonly #context: ResponseContext;
  readonly #text: string;
  readonly #outputIndex: number;

  constructor(context: ResponseContext, text: string, outputIndex: number) {
    this.#context = context;
    this.#text = text;
    this.#outputIndex = outputIndex;
    this.item = newMessage(context);
  }

  open(): void {
    openItem(this.#context, this.item, this.#outputIndex);
    this.#emit("response.content_part.added", { part: { type: "text", text: "" } });
  }

  advance(): OutputProgress {
    this.item.content = [{ type: "output_text", text: this.#text }];
    this.#emit("response.output_text.delta", { delta: this.#text });
    return "complete";
  }

  close(status: ItemStatus): void {
    const text = this.item.content[0]?.text ?? "";
    this.item.status = status;
    this.#emit("response.output_text.done", { text });
    this.#emit("response.content_part.done", { part: { type: "text", text } });
    closeItem(this.#context, this.item, this.#outputIndex);
  }

  sendLate(): void {}

  #emit(
    type:
      | "response.content_part.added"
      | "response.content_part.done"
      | "response.output_text.delta"
      | "response.output_text.done",
    fields: Record<string, unknown>,
  ): void {
    this.#context.host.emit({
      type,
      ...partPlace(this.#context, this.item, this.#outputIndex),
      ...fields,
    });
  }
}
