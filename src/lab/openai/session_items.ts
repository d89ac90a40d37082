import { wireCodec } from "./audio/wire_codec.ts";
import type { EmulatedClientEvent } from "./client_event_schema.ts";
import type { ContentPart, Item } from "./items.ts";
import type { SessionHost } from "./session_host.ts";
import { addBounded } from "./session_record.ts";

/** `conversation.item.create`. @returns the item that was added */
export function createItem(host: SessionHost, event: EmulatedClientEvent): Item {
  const given = event.item as Partial<Item>; // the schema of the event has seen to it
  const item = {
    id: host.newId("item"),
    object: "realtime.item",
    status: "completed",
    ...given.type === "function_call" && { call_id: host.newId("call") },
    ...given,
  } as Item;
  const entry = host.conversation.add(item, event.previous_item_id as string | null | undefined);
  entry.audioMs = takeAudio(host, item);
  const previous_item_id = host.conversation.previousId(item.id);
  host.emit({ type: "conversation.item.added", previous_item_id, item });
  host.emit({ type: "conversation.item.done", previous_item_id, item });
  return item;
}

/** `conversation.item.retrieve`. */
export function retrieveItem(host: SessionHost, event: EmulatedClientEvent): void {
  const { item } = host.conversation.get(event.item_id as string, "item_retrieve_invalid_item_id");
  host.emit({ type: "conversation.item.retrieved", item });
}

/** `conversation.item.truncate`. */
export function truncateItem(host: SessionHost, event: EmulatedClientEvent): void {
  const { conversation, record, clock } = host;
  const itemId = event.item_id as string;
  const audioEndMs = event.audio_end_ms as number;
  conversation.truncate(itemId, audioEndMs);
  addBounded(record.truncations, { itemId, audioEndMs, atMs: clock.now() });
  host.emit({
    type: "conversation.item.truncated",
    item_id: itemId,
    content_index: event.content_index,
    audio_end_ms: audioEndMs,
  });
}

/** `conversation.item.delete`. */
export function deleteItem(host: SessionHost, event: EmulatedClientEvent): void {
  const itemId = event.item_id as string;
  host.conversation.delete(itemId);
  host.emit({ type: "conversation.item.deleted", item_id: itemId });
}

/**
 * Audio that a client puts into an item is measured and let go: it is never shown again.
 * @returns its length in ms
 */
function takeAudio(host: SessionHost, item: Item): number {
  if (item.type !== "message") return 0;
  const { bytesPerMs } = wireCodec(host.config.audio.input.format.type);
  let ms = 0;
  for (const part of item.content as (ContentPart & { audio?: unknown })[]) {
    if (typeof part.audio !== "string") continue;
    ms += part.audio.length * 3 / 4 / bytesPerMs;
    delete part.audio;
    part.transcript ??= null;
  }
  return ms;
}
