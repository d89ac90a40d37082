import type { WireCodec } from "../audio/wire_codec.ts";
import type { Entry } from "../emulated_conversation.ts";
import type { Item, ItemStatus, MessageItem } from "../items.ts";
import type { SessionHost } from "../session_host.ts";

/** What the output items of a response share. */
export interface ResponseContext {
  readonly host: SessionHost;
  readonly responseId: string;
  readonly responseNumber: number;
  readonly isInConversation: boolean;
  readonly format: WireCodec;
  /** Audio that the response sent so far, in milliseconds. */
  sentMs: number;
  /** It may send no more once `sentMs` has come to this. */
  readonly maxMs: number;
}

/** What is left to do for an item: come back at a time after its opening, or nothing. */
export type OutputProgress = { dueMs: number } | "complete" | "out_of_budget" | "interrupted";

/** Writes the events of one output item, without time of its own. */
export interface OutputWriter {
  readonly item: Item;
  open(): void;
  /** Sends what is due `elapsedMs` after the opening. */
  advance(elapsedMs: number): OutputProgress;
  /** Sends the `.done` events, which come however the item ends. */
  close(status: ItemStatus): void;
  /** Sends `count` further audio deltas, whether the item is closed or not. */
  sendLate(count: number): void;
}

/** An assistant's message that has nothing to say yet. */
export function newMessage({ host }: ResponseContext): MessageItem {
  return {
    id: host.newId("item"),
    object: "realtime.item",
    type: "message",
    status: "in_progress",
    role: "assistant",
    content: [],
  };
}

/** Where a message's only content part stands: the fields that all of its events have. */
export function partPlace({ responseId }: ResponseContext, item: Item, outputIndex: number) {
  return { response_id: responseId, item_id: item.id, output_index: outputIndex, content_index: 0 };
}

/** Opens an item; the copy on the wire has no content yet. */
export function openItem(context: ResponseContext, item: Item, outputIndex: number): Entry {
  const { host, responseId } = context;
  host.emit({
    type: "response.output_item.added",
    response_id: responseId,
    output_index: outputIndex,
    item,
  });
  if (!context.isInConversation) return { item, audioMs: 0 };
  const entry = host.conversation.add(item);
  host.emit({
    type: "conversation.item.added",
    previous_item_id: host.conversation.previousId(item.id),
    item,
  });
  return entry;
}

/** Closes an item as it now stands. */
export function closeItem(context: ResponseContext, item: Item, outputIndex: number): void {
  const { host, responseId } = context;
  if (context.isInConversation) {
    const previous_item_id = host.conversation.previousId(item.id);
    host.emit({ type: "conversation.item.done", previous_item_id, item });
  }
  host.emit({ type: "response.output_item.done", response_id: responseId, output_index: outputIndex, item });
}
