import type { ConversationItem, WireItem } from "./conversation_item.ts";
import type { SessionContext } from "./session_context.ts";

/** `sent`: that was all. `interrupted`: it ends as if the caller had spoken. */
export type Progress = "going" | "sent" | "interrupted";

/** An item that a response makes, bit by bit. */
export interface OutputItem {
  readonly item: WireItem;
  /** What the session knows of it. */
  readonly entry: ConversationItem;
  /** Sends what announces the item. */
  begin(nowMs: number): void;
  /** Sends what is due. */
  advance(nowMs: number): Progress;
  /** Sends all the `.done` events, with what there is. */
  finish(status: "completed" | "incomplete"): void;
}

/** Where an item belongs. */
export interface OutputPlace {
  readonly context: SessionContext;
  readonly responseId: string;
  readonly outputIndex: number;
  /** False for `conversation:"none"`: then the conversation does not hear of it. */
  readonly isInConversation: boolean;
  /** Told how much audio of the item was sent just now. False: the response may send no more. */
  onAudioSent(ms: number): boolean;
}

/** `response.output_item.added`, then `conversation.item.added`. */
export function announceItem(
  { context, responseId, outputIndex, isInConversation }: OutputPlace,
  item: WireItem,
) {
  context.line.send({
    type: "response.output_item.added",
    response_id: responseId,
    output_index: outputIndex,
    item,
  });
  if (!isInConversation) return;
  const previous_item_id = context.conversation.previousId(item.id);
  context.line.send({ type: "conversation.item.added", previous_item_id, item });
}

/** `conversation.item.done`, then `response.output_item.done`. */
export function concludeItem(
  { context, responseId, outputIndex, isInConversation }: OutputPlace,
  item: WireItem,
) {
  if (isInConversation) {
    const previous_item_id = context.conversation.previousId(item.id);
    context.line.send({ type: "conversation.item.done", previous_item_id, item });
  }
  context.line.send({
    type: "response.output_item.done",
    response_id: responseId,
    output_index: outputIndex,
    item,
  });
}
