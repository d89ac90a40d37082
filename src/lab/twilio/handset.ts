/**
 * The receiver in a caller's hand, where that is a real one: it paces what is said, and it alone knows what
 * has been heard.
 */
export interface Handset {
  /** A stream is open: what is said from now on, and the marks that have been played, go to `line`. */
  connect(line: HandsetLine): void;
  /** Plays mu-law after all that came before. Returns false when there was no room for all of it. */
  hear(audio: Uint8Array): boolean;
  /** Answers with `played` once all audio before the mark has been heard, or was thrown away by `clear`. */
  mark(name: string): void;
  /** Throws away what is still to be played. */
  clear(): void;
  /** The stream is over: nothing more is said, nor are marks answered. */
  disconnect(): void;
}

/** Where a {@link Handset} is connected to. */
export interface HandsetLine {
  /** The next 20 ms of the caller's, as mu-law in base64; undefined when they were lost on the way. */
  speak(payload: string | undefined): void;
  /** All audio before the mark has been heard. */
  played(name: string): void;
}
