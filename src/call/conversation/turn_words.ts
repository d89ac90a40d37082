import { RecentIds } from "../../util/recent_ids.ts";

/** So many turns in a row without their transcription, and none is waited for any more. */
const MAX_MISSING = 2;
/** Turns whose words may still come late. */
const MAX_LATE_TURNS = 8;

/**
 * The turns of an interruption by what is known of their words; and those of earlier ones whose words did not
 * come in time.
 */
export class TurnWords {
  readonly #isTranscribed: boolean;
  /** Turns since the interruption began, and whether they are known to be without words. */
  readonly #turns = new Map<string, "unknown" | "wordless">();
  /** Those of which nothing at all was transcribed. */
  readonly #noises = new Set<string>();
  readonly #late = new RecentIds(MAX_LATE_TURNS);
  #missing = 0;

  /** @param isTranscribed whether the business has what callers say transcribed */
  constructor(isTranscribed: boolean) {
    this.#isTranscribed = isTranscribed;
  }

  /** True while words are waited for: they are transcribed, and have not stayed away of late. */
  get areAwaited(): boolean {
    return this.#isTranscribed && this.#missing < MAX_MISSING;
  }

  /** True when no turn of the interruption has words. */
  get areNone(): boolean {
    return this.#turns.values().every((words) => words === "wordless");
  }

  /** An interruption begins. */
  begin(): void {
    this.#turns.clear();
    this.#noises.clear();
  }

  /** A turn of it. */
  add(itemId: string): void {
    this.#turns.set(itemId, "unknown");
  }

  /** True for a turn of it. */
  has(itemId: string): boolean {
    return this.#turns.has(itemId);
  }

  /** True for a turn whose words are late. */
  isLate(itemId: string): boolean {
    return this.#late.has(itemId);
  }

  /** True for a turn whose words were late: they are there now. */
  takeLate(itemId: string): boolean {
    return this.#late.delete(itemId);
  }

  /** A transcription is complete, or has failed. */
  came(hasFailed: boolean): void {
    this.#missing = hasFailed ? this.#missing + 1 : 0;
  }

  /** A turn of the interruption has no words. @param isNoise nor anything else that was said */
  wordless(itemId: string, isNoise: boolean): void {
    this.#turns.set(itemId, "wordless");
    if (isNoise) this.#noises.add(itemId);
  }

  /** They did not come in time. */
  missed(): void {
    this.#missing++;
  }

  /** The interruption was none. Returns the turns that were noise; words of others are late from now on. */
  end(): Iterable<string> {
    for (const [itemId, words] of this.#turns) if (words === "unknown") this.#late.add(itemId);
    return this.#noises;
  }
}
