import type { Timer } from "../../util/clock.ts";
import { defaultTranscript } from "./agent.ts";
import type { HeardAudio } from "./input_buffer.ts";
import { transcriptionUsage } from "./responses/response_usage.ts";
import type { SessionHost } from "./session_host.ts";

/** Unscripted, a transcript comes so long after the commit: in the middle of the answer's events. */
const TRANSCRIPTION_MS = 50;

/** Transcripts that wait for a response to be done; the oldest goes beyond it, as if it was never made. */
const MAX_WAITING = 100;

/** Sends the input transcription events of a session, in the order that its script wants. */
export class Transcriber {
  readonly #host: SessionHost;
  readonly #timers = new Set<Timer>();
  #afterResponse: (() => void)[] = [];
  #afterNextTurn: (() => void)[] = [];

  constructor(host: SessionHost) {
    this.#host = host;
  }

  /** A turn was committed. Does nothing when the session has transcription off. */
  committed(turnNumber: number, itemId: string, heard: HeardAudio): void {
    const { transcription } = this.#host.config.audio.input;
    if (!transcription) return;
    const order = this.#host.failures.ofTurn("transcription", turnNumber)?.order;
    if (order === "never") return;
    if (order === "failed") return this.#fail(itemId);
    const { transcribe } = this.#host.agent;
    const transcript = transcribe?.(heard, turnNumber) ?? defaultTranscript(heard.durationMs);
    const held = this.#afterNextTurn;
    this.#afterNextTurn = [];
    const send = () => {
      this.#complete(
        itemId,
        transcript,
        transcriptionUsage(transcription.model, heard.durationMs, transcript),
      );
      for (const sendHeld of held) sendHeld();
    };
    if (order === "after_next_turn") this.#afterNextTurn.push(send);
    else if (order === "after_response") this.#hold(send);
    else if (order === "before_response") send();
    else this.#later(send);
  }

  /** A response is done: what waited for it is sent. */
  responseDone(): void {
    const waiting = this.#afterResponse;
    this.#afterResponse = [];
    for (const send of waiting) send();
  }

  release(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#afterResponse = [];
    this.#afterNextTurn = [];
  }

  #hold(send: () => void): void {
    this.#afterResponse.push(send);
    if (this.#afterResponse.length > MAX_WAITING) this.#afterResponse.shift();
  }

  #later(send: () => void): void {
    const { clock } = this.#host;
    const timer = clock.at(clock.now() + TRANSCRIPTION_MS, () => {
      this.#timers.delete(timer);
      send();
    });
    this.#timers.add(timer);
  }

  #complete(itemId: string, transcript: string, usage: ReturnType<typeof transcriptionUsage>): void {
    const place = { item_id: itemId, content_index: 0 };
    const item = this.#host.conversation.find(itemId)?.item;
    if (item?.type === "message") item.content[0].transcript = transcript;
    this.#host.emit({
      type: "conversation.item.input_audio_transcription.delta",
      ...place,
      delta: transcript,
    });
    this.#host.emit({
      type: "conversation.item.input_audio_transcription.completed",
      ...place,
      transcript,
      usage,
    });
  }

  #fail(itemId: string): void {
    this.#host.emit({
      type: "conversation.item.input_audio_transcription.failed",
      item_id: itemId,
      content_index: 0,
      error: {
        type: "transcription_error",
        code: "audio_unintelligible",
        message: "The audio could not be transcribed.",
        param: null,
      },
    });
  }
}
