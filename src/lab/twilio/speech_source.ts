import { decodedBase64 } from "../../audio/base64.ts";
import { BYTES_PER_MS, MULAW_SILENCE } from "../../audio/mulaw.ts";
import { type CallerSpeech, SILENT_FRAME } from "./caller_speech.ts";

/** Frames that a tape keeps: ten minutes of sound. */
const MAX_TAPE_FRAMES = 30_000;

/**
 * What the caller says next, frame by frame: what it was told to say, in order, then its background — a clip
 * that is said over and over — or silence.
 */
export class SpeechSource {
  readonly #queue: { speech: CallerSpeech; onSaid?: () => void }[] = [];
  #background: CallerSpeech | undefined;
  #at = 0;
  #backgroundAt = 0;
  #tape: { atMs: number; frame: string }[] | undefined;

  /** From now on keeps what is said, up to ten minutes of sound. */
  keepTape(): void {
    this.#tape ??= [];
  }

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

  /**
   * The next 20 ms, in base64.
   *
   * @param dueMs when it is said, for the tape
   */
  takeFrame(dueMs?: number): string {
    const frame = this.#queue.length > 0 ? this.#takeQueued() : this.#takeBackground();
    if (this.#tape && dueMs !== undefined && frame !== SILENT_FRAME && this.#tape.length < MAX_TAPE_FRAMES) {
      this.#tape.push({ atMs: dueMs, frame });
    }
    return frame;
  }

  /**
   * What a recorder at the caller's mouth would have from `startMs` on, as mu-law; silence without
   * {@link keepTape}.
   */
  recording(startMs: number, nowMs: number): Uint8Array<ArrayBuffer> {
    const length = Math.max(0, Math.round((nowMs - startMs) * BYTES_PER_MS));
    const tape = new Uint8Array(length).fill(MULAW_SILENCE);
    for (const { atMs, frame } of this.#tape ?? []) {
      const at = Math.round((atMs - startMs) * BYTES_PER_MS);
      if (at >= 0 && at < length) tape.set(decodedBase64(frame).subarray(0, length - at), at);
    }
    return tape;
  }

  #takeQueued(): string {
    const head = this.#queue[0];
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
