import { BYTES_PER_MS } from "../../audio/mulaw.ts";
import type { PlayoutClock } from "./playout_clock.ts";

/**
 * Items kept at most. Only a peer that never echoes marks gets here, or a model that makes items of next to
 * nothing. The oldest item then counts as heard, and what of it still waits to be sent is dropped.
 */
export const MAX_OPEN_ITEMS = 256;

/** What was heard of an item when playback was cut off. */
export interface HeardItem {
  itemId: string;
  responseId: string;
  /**
   * How far into the item the caller had heard, in whole milliseconds of the model's audio. 0 when nothing
   * was heard.
   */
  heardMs: number;
  /** Audio of the item that was handed to the carrier. */
  sentMs: number;
  /** Audio of the item that came from the model: sent, or waiting to be sent. */
  receivedMs: number;
}

interface Item {
  itemId: string;
  responseId: string;
  /** Position in the stream of sent bytes where the item begins; meaningful once it has sent any. */
  start: number;
  /** Bytes of the item that are not among these: of an earlier part, or heard before the last pause. */
  before: number;
  sent: number;
  /** Received from the model and not sent yet, or to be sent again. */
  queued: number;
  /** What the model knows of its length, in milliseconds; `Infinity` until the item is complete. */
  modelMs: number;
}

/**
 * Who heard what: the items that lie one behind another on the positions of a {@link PlayoutClock}. It alone
 * moves that clock when audio goes out, is confirmed, or is cut off, so that the two never disagree.
 */
export class PlaybackLedger {
  readonly #playout: PlayoutClock;
  #items: Item[] = [];
  /** So many of the items are from before {@link divide}; undefined while they are not told apart. */
  #earlier: number | undefined;

  constructor(playout: PlayoutClock) {
    this.#playout = playout;
  }

  /**
   * Audio of an item came from the model and waits to be sent. Returns how many of the bytes that waited
   * before it must go: the oldest ones, whose item went because there are {@link MAX_OPEN_ITEMS} younger
   * ones.
   *
   * @param earlierBytes came of the item before it was complete, or another one came between
   */
  received(itemId: string, responseId: string, bytes: number, earlierBytes = 0): number {
    const last = this.#items.at(-1);
    if (last?.itemId === itemId && !isComplete(last)) {
      last.queued += bytes;
    } else {
      this.#items.push({
        itemId,
        responseId,
        start: this.#playout.sentBytes,
        before: earlierBytes,
        sent: 0,
        queued: bytes,
        modelMs: Infinity,
      });
      if (this.#items.length > MAX_OPEN_ITEMS) return this.#shift().queued;
    }
    return 0;
  }

  /**
   * No more audio of this item will come; the model made `modelMs` of it, which may be a little less than
   * what is played, since the filter adds its tail. Returns true when all of it is sent already.
   */
  complete(itemId: string, modelMs: number): boolean {
    const item = this.#items.find((candidate) => candidate.itemId === itemId && !isComplete(candidate));
    if (!item) return false;
    item.modelMs = modelMs;
    return item.queued === 0;
  }

  /** When the item began to be played, or will; undefined while none of it was sent. */
  startMs(itemId: string): number | undefined {
    const item = this.#items.find((candidate) => candidate.itemId === itemId);
    return item && item.sent > 0 ? this.#playout.timeAt(item.start) : undefined;
  }

  /** The item whose audio came last, while it is not known to be played to its end. */
  get lastItemId(): string | undefined {
    return this.#items.at(-1)?.itemId;
  }

  /**
   * When all audio of the item that came so far will have been played; undefined once it is known that it
   * was.
   */
  endMs(itemId: string): number | undefined {
    const index = this.#items.findLastIndex((candidate) => candidate.itemId === itemId);
    if (index < 0) return undefined;
    const { start, sent, queued } = this.#items[index];
    if (queued === 0) return this.#playout.timeAt(start + sent);
    const waiting = this.#items.slice(0, index + 1).reduce((sum, item) => sum + item.queued, 0);
    return this.#playout.timeAt(this.#playout.sentBytes + waiting);
  }

  /** True while audio of this response has not reached the caller's ear. */
  isUnheard(responseId: string, nowMs: number): boolean {
    const position = this.#playout.positionAt(nowMs);
    return this.#items.some((item) =>
      item.responseId === responseId && (item.queued > 0 || item.start + item.sent > position)
    );
  }

  /** True when nothing else than this item has not been heard to its end. */
  isAlone(itemId: string, nowMs: number): boolean {
    return this.#unheardAt(this.#playout.cutPosition(nowMs, 0)).every(({ item }) => item.itemId === itemId);
  }

  /**
   * How many of the next `limit` waiting bytes belong to one item, so that a mark can stand at an item's end.
   */
  nextRun(limit: number): number {
    const item = this.#items.find((candidate) => candidate.queued > 0);
    return item ? Math.min(limit, item.queued) : 0;
  }

  /**
   * The next `bytes` of waiting audio (at most `nextRun`) go out at `nowMs`.
   * Returns true when this was the end of a complete item.
   */
  sent(bytes: number, nowMs: number): boolean {
    const item = this.#items.find((candidate) => candidate.queued > 0);
    if (!item) return false;
    if (item.sent === 0) item.start = this.#playout.sentBytes;
    item.sent += bytes;
    item.queued -= bytes;
    this.#playout.sent(bytes, nowMs);
    return isComplete(item) && item.queued === 0;
  }

  /**
   * The carrier says that it has played up to `position` of `generation`, and we learn it at `nowMs`. Items
   * that end before it are heard, if it is believed.
   */
  played(generation: number, position: number, nowMs: number): void {
    if (!this.#playout.played(generation, position, nowMs)) return;
    while (this.#items.length > 0) {
      const item = this.#items[0];
      if (!isComplete(item) || item.queued > 0 || item.start + item.sent > position) break;
      this.#shift();
    }
  }

  /**
   * Playback is being cut off by a `clear` sent at `nowMs`. Returns what was heard of each item that the
   * caller did not hear to its end, in order of playing, and starts a new generation.
   *
   * @param unsentBytes audio that still lies in the socket, in front of the `clear`: nobody will hear it
   * @param leastPosition what is before it was heard, whatever the clock says
   */
  interrupt(nowMs: number, unsentBytes: number = 0, leastPosition: number = 0): HeardItem[] {
    const position = Math.max(leastPosition, this.#playout.cutPosition(nowMs, unsentBytes));
    const heard = this.#heardAt(position);
    this.#items = [];
    this.#earlier = undefined;
    this.#playout.clear(nowMs);
    return heard;
  }

  /**
   * The same, but what was not heard waits to be sent again, item by item.
   *
   * @param fromPosition audio before this is not there any more, and counts as heard
   * @returns what was heard of each item, and the position from which on audio waits
   */
  pause(nowMs: number, unsentBytes: number, fromPosition: number): { heard: HeardItem[]; position: number } {
    const position = Math.max(fromPosition, this.#playout.cutPosition(nowMs, unsentBytes));
    const cut = this.#unheardAt(position);
    const heard = this.#heardAt(position);
    if (this.#earlier !== undefined) this.#earlier -= this.#items.length - cut.length;
    this.#items = cut.map(({ item }) => {
      const heard = heardBytes(item, position);
      item.before += heard;
      item.queued += item.sent - heard;
      item.start = item.sent = 0;
      return item;
    });
    this.#earlier = Math.max(0, this.#earlier ?? this.#items.length);
    this.#playout.clear(nowMs);
    return { heard, position };
  }

  /** Items that come from now on are told apart from those before, until one or the other are dropped. */
  divide(): void {
    this.#earlier ??= this.#items.length;
  }

  /** True while items are told apart, see {@link divide}. */
  get isDivided(): boolean {
    return this.#earlier !== undefined;
  }

  /** True when the item is one of those from before {@link divide}. */
  isEarlier(itemId: string): boolean {
    const index = this.#items.findIndex((item) => item.itemId === itemId);
    return index >= 0 && index < (this.#earlier ?? Infinity);
  }

  /** The items since {@link divide}. */
  get laterIds(): string[] {
    return this.#items.slice(this.#earlier ?? Infinity).map(({ itemId }) => itemId);
  }

  /** Bytes that wait of the items from before {@link divide}. */
  get earlierBytes(): number {
    return this.#items.slice(0, this.#earlier ?? Infinity).reduce((sum, { queued }) => sum + queued, 0);
  }

  /** Bytes that nobody has heard at `nowMs` of the items from before {@link divide}. */
  unheardEarlierBytes(nowMs: number): number {
    const position = this.#playout.positionAt(nowMs);
    return this.#items.slice(0, this.#earlier ?? Infinity)
      .reduce(
        (sum, { start, sent, queued }) => sum + queued + Math.max(0, Math.min(sent, start + sent - position)),
        0,
      );
  }

  /** Items are not told apart any more. */
  unite(): void {
    this.#earlier = undefined;
  }

  /** Forgets the items from before {@link divide}, of which nothing may be at the carrier. */
  dropEarlier(): void {
    this.#items.splice(0, this.#earlier ?? 0);
    this.#earlier = undefined;
  }

  /** Forgets those since, likewise. */
  dropLater(): void {
    this.#items.length = Math.min(this.#items.length, this.#earlier ?? Infinity);
    this.#earlier = undefined;
  }

  #shift(): Item {
    if (this.#earlier) this.#earlier--;
    const [oldest] = this.#items.splice(0, 1);
    return oldest;
  }

  /** What was heard at `position` of the items that were not heard to their end. */
  #heardAt(position: number): HeardItem[] {
    return joinParts(this.#unheardAt(position).map(({ heard }) => heard));
  }

  /** The items that are not heard to their end at `position`, and what was heard of them. */
  #unheardAt(position: number): { item: Item; heard: HeardItem }[] {
    return this.#items
      .filter((item) => !isComplete(item) || item.queued > 0 || item.start + item.sent > position)
      .map((item) => ({
        item,
        heard: {
          itemId: item.itemId,
          responseId: item.responseId,
          heardMs: Math.min(
            item.modelMs,
            Math.floor((item.before + heardBytes(item, position)) / BYTES_PER_MS),
          ),
          sentMs: Math.floor((item.before + item.sent) / BYTES_PER_MS),
          receivedMs: Math.min(
            item.modelMs,
            Math.floor((item.before + item.sent + item.queued) / BYTES_PER_MS),
          ),
        },
      }));
  }
}

/** Of an item in several parts, the first that was not heard to its end tells how far the caller is. */
function joinParts(heard: HeardItem[]): HeardItem[] {
  const items = new Map<string, HeardItem>();
  for (const part of heard) {
    const { heardMs = part.heardMs } = items.get(part.itemId) ?? {};
    items.set(part.itemId, { ...part, heardMs });
  }
  return items.size === heard.length ? heard : [...items.values()];
}

/** What was played of an item's sent bytes when `position` is being played. */
function heardBytes(item: Item, position: number): number {
  return Math.max(0, Math.min(item.sent, position - item.start));
}

function isComplete(item: Item): boolean {
  return item.modelMs < Infinity;
}
