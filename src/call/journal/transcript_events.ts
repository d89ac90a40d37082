import type { ServerEvent } from "../../model/events.ts";
import type { ItemKind, Transcript } from "./transcript.ts";

/** Writes down what an event of the Realtime API says about the conversation. Other events change nothing. */
export function recordEvent(transcript: Transcript, event: ServerEvent): void {
  switch (event.type) {
    case "input_audio_buffer.speech_started":
      return transcript.userBegan(event.item_id);
    case "conversation.item.added":
      return transcript.itemAdded(event.item.id ?? "", event.previous_item_id, kindOf(event.item));
    case "conversation.item.input_audio_transcription.completed":
      return transcript.userTranscript(event.item_id, event.transcript);
    case "conversation.item.input_audio_transcription.failed":
      return transcript.userTranscriptFailed(event.item_id);
    case "response.output_audio_transcript.delta":
      return transcript.assistantDelta(event.item_id, event.delta);
    case "response.output_audio_transcript.done":
      // A further part of the same item has been added by its deltas already.
      if (event.content_index === 0) transcript.assistantDone(event.item_id, event.transcript);
  }
}

type Item = Extract<ServerEvent, { type: "conversation.item.added" }>["item"];

/** Text that this program put into the conversation itself was not spoken, and items of a restored history were before. */
function kindOf(item: Item): ItemKind {
  if (item.type !== "message") return "other";
  switch (item.role) {
    case "user":
      return item.content?.some((part) => part.type === "input_audio") ? "user" : "other";
    case "assistant":
      return item.content?.some((part) => part.type === "output_text") ? "other" : "assistant";
    default:
      return "other";
  }
}
