import type { AgentSpeech } from "../agent.ts";
import type { Delta } from "../audio/agent_clip.ts";
import type { Entry } from "../emulated_conversation.ts";
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

/** An assistant's message in audio, with its transcript between the deltas. */
export class SpeechWriter implements OutputWriter {
  readonly item: MessageItem;
  readonly #context: ResponseContext;
  readonly #outputIndex: number;
  readonly #deltas: readonly Delta[];
  readonly #words: string[];
  #entry: Entry | undefined;
  #placeJson = "";
  #sent = 0;
  #sentWords = 0;
  #transcript = "";

  constructor(context: ResponseContext, speech: AgentSpeech, outputIndex: number) {
    this.#context = context;
    this.#outputIndex = outputIndex;
    this.#deltas = speech.clip.deltas(context.format.type, context.host.deltaMs);
    this.#words = speech.transcript.match(/\s*\S+/g) ?? [];
    this.item = newMessage(context);
  }

  open(): void {
    const { host } = this.#context;
    this.#entry = openItem(this.#context, this.item, this.#outputIndex);
    host.emit({
      type: "response.content_part.added",
      ...this.#place(),
      part: { type: "audio", transcript: "" },
    });
    this.#placeJson = JSON.stringify(this.#place()).slice(1, -1);
  }

  advance(elapsedMs: number): OutputProgress {
    const { host, maxMs } = this.#context;
    const generatedMs = elapsedMs === 0 ? 0 : elapsedMs * host.speed; // the speed may be infinite
    while (this.#sent < this.#deltas.length && !host.isOver) {
      if (this.#context.sentMs >= maxMs) return "out_of_budget";
      const startMs = this.#sent * host.deltaMs;
      if (startMs > generatedMs && host.speed !== Infinity) return { dueMs: startMs / host.speed };
      this.#sendWords();
      this.#sendDelta();
      host.reached({ on: "audio", number: this.#context.responseNumber, ms: this.#context.sentMs });
    }
    if (this.#deltas.length === 0) this.#sendWords();
    return "complete";
  }

  close(status: ItemStatus): void {
    const { host } = this.#context;
    const transcript = this.#transcript;
    this.item.status = status;
    this.item.content = [{ type: "output_audio", transcript }];
    host.emit({ type: "response.output_audio.done", ...this.#place() });
    host.emit({ type: "response.output_audio_transcript.done", ...this.#place(), transcript });
    host.emit({
      type: "response.content_part.done",
      ...this.#place(),
      part: { type: "audio", transcript },
    });
    closeItem(this.#context, this.item, this.#outputIndex);
  }

  sendLate(count: number): void {
    for (let i = 0; i < count && this.#sent < this.#deltas.length; i++) this.#sendDelta();
  }

  #sendDelta(): void {
    const { host, responseId, format } = this.#context;
    const delta = this.#deltas[this.#sent++];
    const ms = delta.byteCount / format.bytesPerMs;
    this.#context.sentMs += ms;
    // once the client has cut the item, what still comes of it is not part of it
    if (this.#entry && this.#entry.truncatedAtMs === undefined) this.#entry.audioMs += ms;
    host.emitAudio(this.#placeJson, delta, { responseId, itemId: this.item.id, ms });
  }

  /** Keeps the words in step with the audio. */
  #sendWords(): void {
    const share = (this.#sent + 1) / Math.max(1, this.#deltas.length);
    const end = Math.ceil(this.#words.length * Math.min(1, share));
    if (end === this.#sentWords) return;
    const delta = this.#words.slice(this.#sentWords, end).join("");
    this.#sentWords = end;
    this.#transcript += delta;
    this.#context.host.emit({ type: "response.output_audio_transcript.delta", ...this.#place(), delta });
  }

  #place() {
    return partPlace(this.#context, this.item, this.#outputIndex);
  }
}
