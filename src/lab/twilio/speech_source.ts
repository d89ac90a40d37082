import { type CallerSpeech, SILENT_FRAME } from "./caller_speech.ts";

/**
 * What the caller says next, frame by frame: what it was told to say, in order, then its background — a clip
 * that is said over and over — or silence.
 */
export class SpeechSource {
  readonly #queue: { speech: CallerSpeech; onSaid?: () => void }[] = [];
  #background: CallerSpeech | undefined;
  #at = 0;
  #backgroundAt = 0;

  /** Says `speech` after what is queued; `onSaid` runs when its last frame has been taken. */
  say(speech: CallerSpeech, onSaid?: () => void): void {
    if (speech.frames.length === 0) return onSaid?.();
    this.#queue.push({ speech, onSaid });
  }

  /** Says `speech` over and over while nothing is queued; undefined for silence. */
  loop(speech: CallerSpeech | undefined): void {
    this.#background = speech;
    this.#backgroundAt = 0;
  }

  /** Stops in the middle of a word and forgets the rest. The `onSaid` of what is forgotten does not run. */
  hush(): void {
    this.#queue.length = 0;
    this.#at = 0;
    this.loop(undefined);
  }

  /** True while it has something to say. */
  get isSpeaking(): boolean {
    return this.#queue.length > 0 || (this.#background?.frames.length ?? 0) > 0;
  }

  /** The next 20 ms, in base64. */
  takeFrame(): string {
    const head = this.#queue[0];
    if (!head) return this.#takeBackground();
    const frame = head.speech.frames[this.#at++];
    if (this.#at === head.speech.frames.length) {
      this.#queue.shift();
      this.#at = 0;
      head.onSaid?.();
    }
    return frame;
  }

  #takeBackground(): string {
    const frames = this.#background?.frames;
    if (!frames || frames.length === 0) return SILENT_FRAME;
    return frames[this.#backgroundAt++ % frames.length];
  }
}
