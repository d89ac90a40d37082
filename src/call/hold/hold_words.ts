import type { AudioEngine } from "../../audio/transcoder.ts";
import type { Business } from "../../businesses/business.ts";
import { type HoldSentence, holdSentences } from "../../businesses/own_words.ts";
import type { OpenSession } from "../../model/model.ts";
import type { Log } from "../../observability/log.ts";
import { type Backoff, backoffMs } from "../../util/backoff.ts";
import type { Clock } from "../../util/clock.ts";
import { AppError, messageOf } from "../../util/errors.ts";
import { toHex } from "../../util/hmac.ts";
import type { CallUsage } from "../journal/usage.ts";
import type { HoldClip } from "./hold_clip.ts";
import { HoldFolder } from "./hold_folder.ts";
import { recite } from "./recital.ts";
import { setLatest } from "../../util/set_latest.ts";

/** Businesses whose sentences are in memory: some 30 kB each, 128 kB at most. */
export const MAX_HELD_BUSINESSES = 64;
/** A call that has lasted so long has its business's sentences made: the model is there, and no burst. */
export const HOLD_WORDS_AFTER_MS = 60_000;
/** How long it is let be when sentences could not be made. */
const RETRY: Backoff = { firstMs: 10 * 60_000, maxMs: 24 * 3_600_000 };

/** How a business's sentences are spoken. */
export interface HoldVoice {
  /** The model, and what of the session shapes the sound: other values make other sentences. */
  readonly made: readonly unknown[];
  /** Opens a session for a recital. */
  readonly open: OpenSession;
  readonly engine: () => Promise<AudioEngine>;
}

/** What {@link HoldWords} works with. */
export interface HoldWordsParts {
  /** Sentences are kept here. */
  folder: string;
  clock: Clock;
  log: Log;
  voiceOf: (business: Business) => HoldVoice;
  /** What a recital used of OpenAI is the business's. */
  onUsed: (business: Business, usage: CallUsage) => void;
  /** Default `Math.random`. */
  random?: () => number;
}

/** What is known of a business's sentences. */
interface Held {
  clips: readonly HoldClip[];
  /** Those that are to be spoken by the model, once it is known that the disk has none. */
  missing: readonly HoldSentence[];
  key: string;
  failures: number;
  notBeforeMs: number;
}

/**
 * The sentences that businesses' callers hear while the model is missing, when nobody can speak. They are
 * made ahead: by the model itself, in the background, while a call goes on that needs none; and kept on disk.
 * Where there are none yet, callers hear the hold sound.
 */
export class HoldWords implements AsyncDisposable {
  readonly #parts: HoldWordsParts;
  readonly #folder: HoldFolder;
  readonly #stopped = new AbortController();
  /** In the order of their last use. */
  readonly #held = new Map<Business, Held>();
  #making: Promise<void> | undefined;

  constructor(parts: HoldWordsParts) {
    this.#parts = parts;
    this.#folder = new HoldFolder(parts.folder);
  }

  /** The sentences of a business, as far as they are at hand. The first time they are looked for on disk. */
  clipsOf(business: Business): readonly HoldClip[] {
    const known = this.#held.get(business);
    if (known) return known.clips;
    const held: Held = { clips: [], missing: [], key: "", failures: 0, notBeforeMs: 0 };
    setLatest(this.#held, business, held, MAX_HELD_BUSINESSES);
    void this.#read(business, held);
    return held.clips;
  }

  /**
   * Has the sentences made that a business lacks: one business at a time, and not soon again after a failure.
   * Returns at once.
   */
  prepare(business: Business): void {
    this.clipsOf(business);
    const held = this.#held.get(business);
    if (!held) return;
    this.#held.delete(business); // it is the last in use
    this.#held.set(business, held);
    const isDue = held.missing.length > 0 && this.#parts.clock.now() >= held.notBeforeMs;
    if (!isDue || this.#making || this.#stopped.signal.aborted) return;
    this.#making = this.#make(business, held).finally(() => this.#making = undefined);
  }

  /** Ends what is being made. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#making;
  }

  async #read(business: Business, held: Held): Promise<void> {
    const sentences = holdSentences(business);
    const ready = await Promise.all(
      sentences.filter(({ file }) => file).map((one) => this.#load(business, one)),
    );
    const spoken = sentences.filter(({ file }) => file === undefined);
    if (spoken.length > 0) {
      held.key = await keyOf([...this.#parts.voiceOf(business).made, spoken]);
      const kept = await this.#folder.read(business.id, held.key);
      if (kept) ready.push(...kept);
      else held.missing = spoken;
    }
    held.clips = inOrder(sentences, ready);
  }

  async #load(business: Business, { text, file = "" }: HoldSentence): Promise<HoldClip | undefined> {
    try {
      const { readHoldFile } = await import("./hold_file.ts");
      return await readHoldFile(file, text);
    } catch (error) {
      this.#parts.log.error("hold_words_unreadable", { business: business.id, message: messageOf(error) });
    }
  }

  async #make(business: Business, held: Held): Promise<void> {
    const { clock, log, voiceOf, onUsed, random = Math.random } = this.#parts;
    const about = { business: business.id };
    try {
      const others = await this.#folder.read(business.id, held.key); // made by another process meanwhile
      if (others) return this.#take(business, held, others);
      const { open, engine } = voiceOf(business);
      const texts = held.missing.map(({ text }) => text);
      const parts = { open, engine: await engine(), clock, signal: this.#stopped.signal };
      parts.signal.throwIfAborted();
      const { clips, usage, failure } = await recite(parts, texts);
      onUsed(business, usage);
      this.#take(business, held, clips);
      if (failure) throw failure;
      await this.#keep(business, held);
      log.info("hold_words_made", { ...about, sentences: clips.length });
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      const retryMs = backoffMs(RETRY, ++held.failures, random());
      held.notBeforeMs = clock.now() + retryMs;
      const code = error instanceof AppError ? error.code : undefined;
      const again = { againAfterMinutes: Math.round(retryMs / 60_000) };
      log.warn("hold_words_failed", { ...about, code, message: messageOf(error), ...again });
    }
  }

  /** These are there now; what is still missing is asked for again. */
  #take(business: Business, held: Held, clips: readonly HoldClip[]): void {
    held.clips = inOrder(holdSentences(business), [...held.clips, ...clips]);
    held.missing = held.missing.filter(({ text }) => !held.clips.some((clip) => clip.text === text));
  }

  async #keep(business: Business, { key, clips }: Held): Promise<void> {
    const files = holdSentences(business).filter(({ file }) => file !== undefined).map(({ text }) => text);
    try {
      await this.#folder.write(business.id, key, clips.filter(({ text }) => !files.includes(text)));
    } catch (error) {
      this.#parts.log.warn("hold_words_not_kept", { business: business.id, message: messageOf(error) });
    }
  }
}

/** The clips that there are, in the order of the sentences. */
function inOrder(
  sentences: readonly HoldSentence[],
  clips: readonly (HoldClip | undefined)[],
): readonly HoldClip[] {
  return sentences.flatMap(({ text }) => clips.find((clip) => clip?.text === text) ?? []);
}

async function keyOf(made: readonly unknown[]): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(made)));
  return toHex(digest);
}
