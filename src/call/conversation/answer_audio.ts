import { SESSION_BYTES_PER_MS, type Transcoder } from "../../audio/transcoder.ts";
import type { Log } from "../../observability/log.ts";
import { AppError } from "../../util/errors.ts";
import { setLatest } from "../../util/set_latest.ts";
import type { Journal } from "../journal/journal.ts";
import type { Playback } from "../playback/playback.ts";
import { BYTES_PER_MS } from "../../audio/mulaw.ts";
import { clipMs, FADE_OUT_MS, fadedFrom, type HoldClip } from "../hold/hold_clip.ts";
import { heardText } from "../journal/heard_text.ts";
import { type HeardItem, MAX_OPEN_ITEMS } from "../playback/playback_ledger.ts";

/** What the model's audio passes through. */
export interface AnswerAudioParts {
  transcoder: Transcoder;
  playback: Playback;
  journal: Journal;
  log: Log;
  /** More waits than may wait: the answer ends here. What else comes of it is to be kept away. */
  onTooLong: (cut: HeardItem) => void;
  /** The model speaks to a caller who has waited. */
  onWaitOver: () => void;
}

/** What callers hear who wait, among the items that are played. */
const HOLD_ITEM = "hold";
/** A sentence with no more than this left is heard out: hardly anybody waits so long for less. */
const HEARD_OUT_MS = 300;

/**
 * The audio of the model's answers on its way to playback, item by item; and between its pieces what callers
 * hear who wait: the hold sound, or a sentence.
 */
export class AnswerAudio {
  readonly #parts: AnswerAudioParts;
  /**
   * Items whose audio came from the present session, which no other one knows; and how much of each came in
   * parts that are complete. The oldest are forgotten beyond {@link MAX_OPEN_ITEMS}.
   */
  #itemsHere = new Map<string, number>();
  /** The item whose audio is coming in; empty between two. */
  #itemId = "";
  #responseId = "";
  /** The response of which there was something to hear last. */
  #heardIn = "";
  /** Something was to be heard of the model since the caller's last turn. */
  #hasAnswered = false;
  /** Session bytes of that item, or of its present part. */
  #itemBytes = 0;
  /** Milliseconds of that item that came in earlier parts. */
  #earlierMs = 0;
  /** The item that the hold sound came into, while more of it may come; else empty. */
  #partedId = "";
  /** The sentence for a caller who waits that was played last, until the model speaks; and its note. */
  #sentence: { readonly clip: HoldClip; readonly amend: (text: string) => void } | undefined;
  /** True from when something was played to a caller who waits until the model speaks. */
  #isHolding = false;
  /** True once some of it was handed to Twilio. */
  #isItemSent = false;
  /** Bytes of mu-law that playback did not take. */
  #lostBytes = 0;

  constructor(parts: AnswerAudioParts) {
    this.#parts = parts;
  }

  /** The response whose audio came last; empty before the first. */
  get responseId(): string {
    return this.#responseId;
  }

  /** The response of which there was something to hear last; empty before the first. */
  get heardIn(): string {
    return this.#heardIn;
  }

  /** True when something was to be heard of the model since the caller's last turn, or from the start. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** The caller has said or done something. */
  turnBegan(): void {
    this.#hasAnswered = false;
  }

  /** True while more audio may come of the response whose audio came last. */
  get isUnfinished(): boolean {
    return this.#itemId !== "" || this.#partedId !== "";
  }

  /** True while the caller has heard all that there is of the model. */
  get isHoldAlone(): boolean {
    return this.#parts.playback.isAlone(HOLD_ITEM);
  }

  /** True for an item of the present session. Others are known to the model as text only. */
  isOfThisSession(itemId: string): boolean {
    return this.#itemsHere.has(itemId);
  }

  /** Audio comes from another session from now on. */
  sessionBegan(): void {
    this.#itemsHere = new Map();
  }

  /** More audio of an item: base64 in `text` from `start` to `end`, in the session's output format. */
  delta(text: string, start: number, end: number, itemId: string, responseId: string): void {
    if (this.#isHolding) this.#endHold();
    if (itemId !== this.#itemId) this.#begin(itemId, responseId);
    try {
      this.#itemBytes += this.#parts.transcoder.down(text, start, end, this.#play);
      if (this.#itemBytes > 0) {
        this.#heardIn = responseId;
        this.#hasAnswered = true;
      }
      if (!this.#isItemSent) this.#noteSent();
      if (this.#lostBytes > 0) this.#endEarly();
    } catch (error) {
      if (!(error instanceof AppError && error.code === "audio_bad_base64")) throw error;
      this.#parts.log.warn("bad_audio_delta", { item: itemId });
    }
  }

  /** No more audio comes of this item. */
  itemDone(itemId: string): void {
    if (itemId === this.#partedId) this.#partedId = "";
    if (itemId === this.#itemId) this.finish();
  }

  /**
   * The caller waits, and has heard all there is: plays the hold sound, or a sentence, which ends when the
   * model speaks. What comes after it of the same item still counts to it.
   */
  hold(clip: HoldClip): void {
    if (this.#itemId) {
      this.#partedId = this.#itemId;
      this.#close();
    }
    this.#playHold(clip.muLaw);
    this.#isHolding = true;
    this.#sentence = undefined;
    if (clip.text === "") return;
    this.#sentence = { clip, amend: this.#parts.journal.transcript.note(holdNote(clip.text)) };
  }

  /**
   * The item is complete, or will never be: the tail that the filter holds is played, and its end gets a
   * mark.
   */
  finish(): void {
    if (this.#itemId) this.#close();
    this.#partedId = "";
  }

  /** Silences the caller's side at once. Returns what was heard of each item that was cut off. */
  silence(): HeardItem[] {
    const cutOff = this.#interrupt();
    if (cutOff !== undefined) this.#parts.journal.interrupted(cutOff);
    return cutOff ?? [];
  }

  /** The call goes on in another process: what plays is played there to its end. */
  leave(): void {
    this.#parts.transcoder.resetDown();
    this.#leaveItem();
    this.#partedId = "";
  }

  /** The call ends here, and with it what plays: what was heard of it is written down. */
  end(): void {
    this.#parts.journal.endedIn(this.#interrupt(true) ?? []);
  }

  /**
   * Silences the caller's side at once, and keeps what was not heard for {@link resume}. What still comes of
   * the item whose audio came last joins it; other items wait. Returns what was heard of each item that was
   * cut off.
   */
  pause(): HeardItem[] {
    const cutOff = this.#modelItems(this.#parts.playback.pause());
    this.#parts.journal.interrupted(cutOff);
    return cutOff;
  }

  /** True for an item that was cut off by {@link pause} and may still grow, since nothing came after it. */
  mayGrow(itemId: string): boolean {
    return itemId === this.#itemId && this.#parts.playback.ledger.isEarlier(itemId);
  }

  /**
   * Goes on where {@link pause} cut it off. Returns the items that came since, of which nothing is played.
   */
  resume(): string[] {
    const dropped = this.#parts.playback.resume();
    if (this.#sentence) this.#sentence.amend(holdNote(this.#sentence.clip.text));
    this.#forgetItem((itemId) => dropped.includes(itemId));
    return dropped;
  }

  /**
   * Leaves out what waits from before {@link pause} or `divide`, and plays what came since. Returns what was
   * heard of it.
   */
  skipEarlier(): HeardItem[] {
    const { playback } = this.#parts;
    this.#forgetItem((itemId) => playback.ledger.isEarlier(itemId));
    const cutOff = this.#modelItems(playback.skipEarlier());
    if (cutOff.length > 0) this.#parts.journal.interrupted(cutOff);
    if (this.#itemId && !this.#isItemSent) this.#noteSent();
    return cutOff;
  }

  /** Drops what came since {@link pause}, and stays paused. Returns the items. */
  dropLater(): string[] {
    const { playback } = this.#parts;
    const dropped = playback.dropLater();
    this.#forgetItem((itemId) => dropped.includes(itemId));
    return dropped;
  }

  #forgetItem(isGone: (itemId: string) => boolean): void {
    if (this.#itemId === "" || !isGone(this.#itemId)) return;
    this.#parts.transcoder.resetDown();
    this.#leaveItem();
  }

  /** Returns what was heard of the model's items; undefined when only the hold sound was cut off. */
  #interrupt(isGone = false): HeardItem[] | undefined {
    const { transcoder, playback } = this.#parts;
    transcoder.resetDown();
    this.#leaveItem();
    const played = playback.interrupt(isGone);
    const cutOff = this.#modelItems(played);
    this.#partedId = "";
    this.#sentence = undefined;
    return cutOff.length > 0 || played.length === 0 ? cutOff : undefined;
  }

  #playHold(muLaw: Uint8Array): void {
    const { playback } = this.#parts;
    playback.write(HOLD_ITEM, HOLD_ITEM, muLaw);
    playback.endItem(HOLD_ITEM, muLaw.length / BYTES_PER_MS);
  }

  /** The model speaks: a sentence that still plays fades away. */
  #endHold(): void {
    const { playback, onWaitOver } = this.#parts;
    const isLong = this.#sentence && playback.unheardMs > HEARD_OUT_MS;
    const cut = isLong ? playback.cutAlone(HOLD_ITEM) : undefined;
    if (this.#sentence && cut) {
      if (cut.heardMs >= FADE_OUT_MS) this.#playHold(fadedFrom(this.#sentence.clip, cut.heardMs));
      this.#noteCut(cut);
    }
    this.#sentence = undefined;
    this.#isHolding = false;
    onWaitOver();
  }

  /** The record has of a sentence what was heard of it. */
  #noteCut({ heardMs }: HeardItem): void {
    if (!this.#sentence) return;
    const { clip, amend } = this.#sentence;
    if (heardMs < FADE_OUT_MS) amend(""); // nobody can tell what it was
    else amend(holdNote(`${heardText(clip.text, heardMs, clipMs(clip))}…`));
  }

  /** What was heard of the model's items among those that were cut off. */
  #modelItems(played: HeardItem[]): HeardItem[] {
    const hold = played.find(({ itemId }) => itemId === HOLD_ITEM);
    if (hold) this.#noteCut(hold);
    return played.filter(({ itemId }) => itemId !== HOLD_ITEM);
  }

  /** What waits is all that may wait: the item ends here. */
  #endEarly(): void {
    const { playback, log } = this.#parts;
    const itemId = this.#itemId;
    const receivedMs = this.#itemMs;
    const heardMs = Math.max(0, receivedMs - Math.ceil(this.#lostBytes / BYTES_PER_MS));
    this.#parts.transcoder.resetDown();
    playback.endItem(itemId, heardMs);
    this.#leaveItem();
    this.#partedId = "";
    log.warn("answer_too_long", { item: itemId, keptMs: heardMs });
    this.#parts.onTooLong({ itemId, responseId: this.#responseId, heardMs, sentMs: heardMs, receivedMs });
  }

  /** All that came of the item by now. */
  get #itemMs(): number {
    const partMs = this.#itemBytes / SESSION_BYTES_PER_MS[this.#parts.transcoder.format];
    return this.#earlierMs + Math.floor(partMs);
  }

  #close(): void {
    const { transcoder, playback } = this.#parts;
    transcoder.flushDown(this.#play);
    playback.endItem(this.#itemId, this.#itemMs);
    this.#itemsHere.set(this.#itemId, this.#itemMs);
    this.#leaveItem();
  }

  #begin(itemId: string, responseId: string): void {
    if (itemId !== this.#partedId) this.finish();
    this.#itemId = itemId;
    this.#responseId = responseId;
    this.#isItemSent = false;
    this.#earlierMs = this.#itemsHere.get(itemId) ?? 0;
    setLatest(this.#itemsHere, itemId, this.#earlierMs, MAX_OPEN_ITEMS);
    this.#parts.journal.itemBegan(itemId, responseId);
  }

  #leaveItem(): void {
    this.#itemId = "";
    this.#itemBytes = this.#earlierMs = this.#lostBytes = 0;
  }

  #noteSent(): void {
    const playsAtMs = this.#parts.playback.startsAtMs(this.#itemId);
    if (playsAtMs === undefined) return; // it waits behind another answer
    this.#isItemSent = true;
    this.#parts.journal.itemSent(this.#responseId, playsAtMs);
  }

  readonly #play = (muLaw: Uint8Array): void => {
    const { playback } = this.#parts;
    this.#lostBytes += playback.write(this.#itemId, this.#responseId, muLaw, this.#earlierMs);
  };
}

/** What the record has of a sentence: it is nobody's turn. */
function holdNote(text: string): string {
  return `The caller waited, and heard: ${text}`;
}
