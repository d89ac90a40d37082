import { SESSION_BYTES_PER_MS, type Transcoder } from "../../audio/transcoder.ts";
import type { Log } from "../../observability/log.ts";
import { AppError } from "../../util/errors.ts";
import { RecentIds } from "../../util/recent_ids.ts";
import type { Journal } from "../journal/journal.ts";
import type { Playback } from "../playback/playback.ts";
import { type HeardItem, MAX_OPEN_ITEMS } from "../playback/playback_ledger.ts";

/** What the model's audio passes through. */
export interface AnswerAudioParts {
  transcoder: Transcoder;
  playback: Playback;
  journal: Journal;
  log: Log;
}

/** The audio of the model's answers on its way to playback, item by item. */
export class AnswerAudio {
  readonly #parts: AnswerAudioParts;
  /** Items whose audio came from the present session; no other session knows them. */
  #itemsHere = new RecentIds(MAX_OPEN_ITEMS);
  /** The item whose audio is coming in; empty between two. */
  #itemId = "";
  #responseId = "";
  /** Session bytes of that item. */
  #itemBytes = 0;
  /** True once some of it was handed to Twilio. */
  #isItemSent = false;

  constructor(parts: AnswerAudioParts) {
    this.#parts = parts;
  }

  /** The response whose audio came last; empty before the first. */
  get responseId(): string {
    return this.#responseId;
  }

  /** True for an item of the present session. Others are known to the model as text only. */
  isOfThisSession(itemId: string): boolean {
    return this.#itemsHere.has(itemId);
  }

  /** Audio comes from another session from now on. */
  sessionBegan(): void {
    this.#itemsHere = new RecentIds(MAX_OPEN_ITEMS);
  }

  /** More audio of an item: base64 in `text` from `start` to `end`, in the session's output format. */
  delta(text: string, start: number, end: number, itemId: string, responseId: string): void {
    if (itemId !== this.#itemId) this.#begin(itemId, responseId);
    try {
      this.#itemBytes += this.#parts.transcoder.down(text, start, end, this.#play);
      if (!this.#isItemSent) this.#noteSent();
    } catch (error) {
      if (!(error instanceof AppError && error.code === "audio_bad_base64")) throw error;
      this.#parts.log.warn("bad_audio_delta", { item: itemId });
    }
  }

  /** No more audio comes of this item. */
  itemDone(itemId: string): void {
    if (itemId === this.#itemId) this.finish();
  }

  /** The item is complete, or will never be: the tail that the filter holds is played, and its end gets a mark. */
  finish(): void {
    if (!this.#itemId) return;
    const { transcoder, playback } = this.#parts;
    transcoder.flushDown(this.#play);
    const modelMs = Math.floor(this.#itemBytes / SESSION_BYTES_PER_MS[transcoder.format]);
    playback.endItem(this.#itemId, modelMs);
    this.#leaveItem();
  }

  /** Silences the caller's side at once. Returns what was heard of each item that was cut off. */
  silence(): HeardItem[] {
    const { transcoder, playback, journal } = this.#parts;
    transcoder.resetDown();
    this.#leaveItem();
    const cutOff = playback.interrupt();
    journal.interrupted(cutOff);
    return cutOff;
  }

  #begin(itemId: string, responseId: string): void {
    this.finish();
    this.#itemId = itemId;
    this.#responseId = responseId;
    this.#isItemSent = false;
    this.#itemsHere.add(itemId);
    this.#parts.journal.itemBegan(itemId, responseId);
  }

  #leaveItem(): void {
    this.#itemId = "";
    this.#itemBytes = 0;
  }

  #noteSent(): void {
    const playsAtMs = this.#parts.playback.startsAtMs(this.#itemId);
    if (playsAtMs === undefined) return; // it waits behind another answer
    this.#isItemSent = true;
    this.#parts.journal.itemSent(this.#responseId, playsAtMs);
  }

  readonly #play = (muLaw: Uint8Array): void =>
    this.#parts.playback.write(this.#itemId, this.#responseId, muLaw);
}
