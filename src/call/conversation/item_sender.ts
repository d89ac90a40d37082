import { type ItemCreate, textItem } from "../../model/events.ts";
import type { ModelSession } from "../../model/model.ts";
import type { ResponseSequencer } from "./response_sequencer.ts";

/** Texts that wait for a session at most. The oldest are dropped. */
const MAX_WAITING_TEXTS = 16;

/**
 * Puts items into the conversation that the model is to answer, each under an id of our own, by which OpenAI
 * confirms that it has the item.
 */
export class ItemSender {
  readonly #sequencer: Pick<ResponseSequencer, "itemSent">;
  readonly #waiting: string[] = [];
  #session: ModelSession | undefined;
  #count = 0;

  constructor(sequencer: Pick<ResponseSequencer, "itemSent">) {
    this.#sequencer = sequencer;
  }

  /** True while there is a session. */
  get isConnected(): boolean {
    return this.#session !== undefined;
  }

  /** From now on `session` gets the items, texts that waited first. */
  attach(session: ModelSession): void {
    this.#session = session;
    for (const text of this.#waiting.splice(0)) this.sendText(text);
  }

  /** There is no session any more. */
  detach(): void {
    this.#session = undefined;
  }

  /** Sends an item. Lost when there is no session. */
  send(event: ItemCreate): void {
    const id = `told_${++this.#count}`;
    this.#sequencer.itemSent(id);
    this.#session?.send({ ...event, item: { ...event.item, id } });
  }

  /** Sends a text as if the caller had said it, or as a system's. Lost when there is no session. */
  sendText(text: string, role: "user" | "system" = "user"): void {
    this.send(textItem(role, text));
  }

  /** The same, but waits for a session when there is none. */
  sendTextSoon(text: string): void {
    if (this.#session) return this.sendText(text);
    this.#waiting.push(text);
    if (this.#waiting.length > MAX_WAITING_TEXTS) this.#waiting.shift();
  }
}
