import type { Delta } from "./audio/clip.ts";
import { audioFormat, type FormatType } from "./audio/format.ts";
import type { ConversationItem, WireItem } from "./conversation_item.ts";
import { newId } from "./ids.ts";
import {
  announceItem,
  concludeItem,
  type OutputItem,
  type OutputPlace,
  type Progress,
} from "./output_item.ts";

/** What is said, ready for the wire. */
export interface PreparedSpeech {
  deltas: readonly Delta[];
  format: FormatType;
  transcript: string;
}

/**
 * An assistant message of audio. Each delta goes out when real time, so many times faster, has come to its start; a part
 * of the transcript goes before it.
 */
export class SpeechOutput implements OutputItem {
  readonly #place: OutputPlace;
  readonly #speech: PreparedSpeech;
  readonly #ids: { response_id: string; item_id: string; output_index: number; content_index: 0 };
  /** What all audio deltas have in common, up to the event's id. */
  readonly #deltaTail: string;
  readonly #bytesPerMs: number;
  #startMs = 0;
  #sentDeltas = 0;
  #sentChars = 0;

  constructor(place: OutputPlace, speech: PreparedSpeech, readonly entry: ConversationItem) {
    this.#place = place;
    this.#speech = speech;
    this.#bytesPerMs = audioFormat(speech.format).bytesPerMs;
    this.#ids = {
      response_id: place.responseId,
      item_id: entry.id,
      output_index: place.outputIndex,
      content_index: 0,
    };
    this.#deltaTail = JSON.stringify(this.#ids).slice(1, -1);
  }

  get item(): WireItem {
    return this.entry.item;
  }

  begin(nowMs: number): void {
    this.#startMs = nowMs;
    announceItem(this.#place, this.item); // announced empty; from now on it can be truncated
    this.item.content = [{ type: "output_audio", transcript: null }];
    this.#send("response.content_part.added", { part: { type: "audio", transcript: "" } });
  }

  advance(nowMs: number): Progress {
    const { deltas } = this.#speech;
    const dueMs = (nowMs - this.#startMs) * this.#place.context.speed;
    while (this.#sentDeltas < deltas.length && this.entry.sentMs <= dueMs) {
      this.#sendTranscript((this.#sentDeltas + 1) / deltas.length);
      if (!this.#sendAudio(deltas[this.#sentDeltas++])) return "going";
    }
    return this.#sentDeltas === deltas.length ? "sent" : "going";
  }

  /** Sends up to `count` more deltas, whatever time it is: those that a cancelled response had under way. */
  sendLate(count: number): void {
    for (let i = 0; i < count && this.#sentDeltas < this.#speech.deltas.length; i++) {
      this.#sendAudio(this.#speech.deltas[this.#sentDeltas++]);
    }
  }

  finish(status: "completed" | "incomplete"): void {
    const transcript = this.#speech.transcript.slice(0, this.#sentChars);
    this.#send("response.output_audio.done", {});
    this.#send("response.output_audio_transcript.done", { transcript });
    this.#send("response.content_part.done", { part: { type: "audio", transcript } });
    this.item.status = status;
    const isCut = this.entry.truncatedAtMs !== undefined;
    this.item.content = [{ type: "output_audio", transcript: isCut ? null : transcript }];
    concludeItem(this.#place, this.item);
  }

  #sendTranscript(share: number): void {
    const { transcript } = this.#speech;
    const end = Math.ceil(share * transcript.length);
    if (end <= this.#sentChars) return;
    const delta = transcript.slice(this.#sentChars, end);
    this.#sentChars = end;
    this.#send("response.output_audio_transcript.delta", { delta });
  }

  #sendAudio({ base64, byteCount }: Delta): boolean {
    const { line } = this.#place.context;
    line.sendText(
      `{"type":"response.output_audio.delta","event_id":"${
        newId("event")
      }",${this.#deltaTail},"delta":"${base64}"}`,
    );
    const ms = byteCount / this.#bytesPerMs;
    this.entry.sentMs += ms;
    return this.#place.onAudioSent(ms);
  }

  #send(type: string, fields: Record<string, unknown>): void {
    this.#place.context.line.send({ type, ...this.#ids, ...fields });
  }
}
