import { encodeBase64 } from "../../audio/base64.ts";
import { BYTES_PER_MS } from "../../audio/mulaw.ts";
import { RingBuffer } from "../../audio/ring_buffer.ts";
import type { CallStream } from "../../carrier/carrier.ts";
import { type Clock, sleep, type Timer } from "../../util/clock.ts";
import { ECHO_GRACE_MS, MARK_INTERVAL_MS, positionMark, probeMark, readMark } from "./marks.ts";
import { type HeardItem, PlaybackLedger } from "./playback_ledger.ts";
import { StallWatch } from "./stall_watch.ts";

const BLOCK_BYTES = MARK_INTERVAL_MS * BYTES_PER_MS;
/** Times are doubles: at a block's deadline the room for it may come out a hair too small, and must count as enough. */
const ROUNDING_BYTES = 0.01;
/** First size of the ring: most answers never need it, because they fit in the lead. */
const RING_START_BYTES = 4096;

/** Bytes that may wait in the socket. While there are more, audio waits here, where it takes less and has a bound. */
export const PLAYBACK_HOLD_BYTES = 64 * 1024;
/** How soon a stream that does not take audio is tried again. */
const HELD_CHECK_MS = 100;
/** How often the end of what is waited for is looked for: soon enough that a goodbye and the hang-up follow each other. */
const HEARD_CHECK_MS = 50;
/** One block on its way from a ring to its socket; shared by all calls, since sending copies it at once. */
const blockScratch = new Uint8Array(BLOCK_BYTES);

/** Where playback sends to: the call's stream. */
export type PlaybackOutput = Pick<CallStream, "sendMedia" | "sendMark" | "sendClear" | "backlogBytes">;

/** How much audio playback holds, at Twilio and here. */
export interface PlaybackOptions {
  /** How far ahead of the caller's ear audio is handed to Twilio, in milliseconds. */
  leadMs: number;
  /** How much more may wait here, in milliseconds. When it is full the oldest is dropped and counted. */
  bufferMs: number;
}

/** What goes wrong on the way to the caller. */
export interface PlaybackEvents {
  /** The buffer was full: `droppedMs` of waiting audio will never be heard. Must not happen in normal operation. */
  onOverflow(droppedMs: number): void;
  /** The caller's side takes no audio, or confirms none, for longer than a network stalls. Once. */
  onStalled(): void;
}

/**
 * Carries the model's audio to the caller. Up to `leadMs` goes straight to Twilio, which plays it in real time; the rest
 * waits as mu-law in a ring and follows block by block at absolute times. Marks tell what was heard; when they stay away,
 * or the socket fills, nothing more is sent until they come and it empties.
 */
export class Playback implements Disposable {
  readonly ledger = new PlaybackLedger();

  readonly #output: PlaybackOutput;
  readonly #clock: Clock;
  readonly #events: PlaybackEvents;
  readonly #leadBytes: number;
  readonly #ring: RingBuffer;
  readonly #stall: StallWatch;
  #sentBytes = 0;
  #sinceMark = 0;
  #pump: Timer | undefined;
  #isDisposed = false;

  constructor(output: PlaybackOutput, clock: Clock, options: PlaybackOptions, events: PlaybackEvents) {
    this.#output = output;
    this.#clock = clock;
    this.#events = events;
    this.#leadBytes = Math.max(options.leadMs, 2 * MARK_INTERVAL_MS) * BYTES_PER_MS;
    this.#ring = new RingBuffer({
      initialBytes: RING_START_BYTES,
      maxBytes: options.bufferMs * BYTES_PER_MS,
    });
    this.#stall = new StallWatch(clock, {
      isBusy: () => this.#ring.length > 0 || this.ledger.awaitsEcho,
      isStuck: () => this.ledger.isOverdue(clock.now()) || (this.#ring.length > 0 && this.#isClogged()),
      onStalled: () => events.onStalled(),
    });
    this.#probe();
  }

  /** Bytes that wait here. */
  get waitingBytes(): number {
    return this.#ring.length;
  }

  /** Capacity of the buffer, in bytes. */
  get capacityBytes(): number {
    return this.#ring.capacity;
  }

  /** Releases memory that the buffer does not need now. Returns how many bytes. */
  trim(): number {
    return this.#ring.trim();
  }

  /** Audio handed to Twilio since the call began, in milliseconds. */
  get sentMs(): number {
    return this.#sentBytes / BYTES_PER_MS;
  }

  /** Audio that the caller has not heard yet, sent or waiting, in milliseconds. */
  get unheardMs(): number {
    return (this.ledger.sentBytes - this.ledger.positionAt(this.#clock.now()) + this.#ring.length) /
      BYTES_PER_MS;
  }

  /** More audio of an item: mu-law, as a view that is valid only during the call. */
  write(itemId: string, responseId: string, muLaw: Uint8Array): void {
    this.#drop(this.ledger.received(itemId, responseId, muLaw.length));
    let rest = muLaw;
    this.#stall.begin();
    if (this.#ring.length === 0) {
      const now = this.#clock.now();
      if (this.ledger.isDry(now)) this.#probe();
      for (let room = this.#room(now); rest.length > 0 && room > 0 && !this.#isClogged();) {
        const count = Math.min(rest.length, room, BLOCK_BYTES);
        this.#send(rest, count, now);
        rest = rest.subarray(count);
        room -= count;
      }
    }
    if (rest.length === 0) return;
    const dropped = this.#ring.write(rest);
    if (dropped > 0) {
      this.ledger.dropped(dropped);
      this.#events.onOverflow(dropped / BYTES_PER_MS);
    }
    this.#schedule();
  }

  /** The item is complete: `modelMs` of audio came from the model. Its end gets a mark. */
  endItem(itemId: string, modelMs: number): void {
    if (this.ledger.complete(itemId, modelMs)) this.#mark();
  }

  /** When the caller begins to hear the item; undefined while none of it was sent. */
  startsAtMs(itemId: string): number | undefined {
    const start = this.ledger.startMs(itemId);
    return start === undefined ? undefined : start + this.ledger.roundTrip.ms / 2;
  }

  /** True while audio of this response waits, or is on its way to the caller's ear. */
  isUnheard(responseId: string): boolean {
    return this.ledger.isUnheard(responseId, this.#clock.now());
  }

  /**
   * Resolves when the caller has heard everything written so far: when the mark at its end has come back, or its time has
   * long passed. Also when the rest will never be heard, since it was cut off or the call is over. What is written later is
   * not waited for: a model that talks on and on could put off the end of its call for ever.
   *
   * @param signal ends the wait, too
   */
  async whenHeard(signal?: AbortSignal): Promise<void> {
    const { lastItemId } = this.ledger;
    if (lastItemId === undefined) return;
    for (;;) {
      const endMs = this.ledger.endMs(lastItemId);
      const isOver = endMs === undefined || this.#clock.now() >= endMs + ECHO_GRACE_MS;
      if (isOver || this.#isDisposed || signal?.aborted) return;
      await sleep(this.#clock, HEARD_CHECK_MS);
    }
  }

  /** Twilio echoed a mark. */
  onMark(name: string): void {
    this.#stall.alive();
    const mark = readMark(name);
    const now = this.#clock.now();
    if (mark?.kind === "probe") this.ledger.roundTrip.add(now - mark.sentAtMs);
    if (mark?.kind !== "position") return;
    this.ledger.played(mark.generation, mark.position, now);
  }

  /** Silences the caller's side at once. Returns what was heard of each item that was cut off, in order. */
  interrupt(): HeardItem[] {
    const unsentBytes = Math.ceil(this.#output.backlogBytes * 3 / 4); // of mu-law at most: as if all were base64
    this.#output.sendClear();
    const heard = this.ledger.interrupt(this.#clock.now(), unsentBytes);
    this.#ring.clear();
    this.#sinceMark = 0;
    this.#unschedule();
    return heard;
  }

  /** Lets go of the buffer and the timer. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#stall[Symbol.dispose]();
    this.#unschedule();
    this.#ring.clear();
  }

  /** Measures the round trip. Only meaningful while nothing is buffered at Twilio. */
  #probe(): void {
    this.#output.sendMark(probeMark(this.#clock.now()));
  }

  /** Drops the oldest audio that waits, which the ledger has forgotten already. */
  #drop(bytes: number): void {
    if (bytes === 0) return;
    this.#ring.discard(bytes);
    this.#events.onOverflow(bytes / BYTES_PER_MS);
  }

  /** Bytes that may go out now without exceeding the lead by more than rounding. */
  #room(nowMs: number): number {
    const unheard = this.ledger.sentBytes - this.ledger.positionAt(nowMs);
    return Math.max(0, Math.floor(this.#leadBytes - unheard + ROUNDING_BYTES));
  }

  #isClogged(): boolean {
    return this.#output.backlogBytes > PLAYBACK_HOLD_BYTES;
  }

  /** Sends the first `count` bytes of `audio` in blocks that end at marks and items. */
  #send(audio: Uint8Array, count: number, nowMs: number): void {
    // Of a peer that never echoes, all there is to know is that its socket takes something.
    if (!this.ledger.roundTrip.known) this.#stall.alive();
    let offset = 0;
    while (offset < count) {
      const block = this.ledger.nextRun(Math.min(count - offset, BLOCK_BYTES - this.#sinceMark));
      if (block === 0) break;
      this.#output.sendMedia(encodeBase64(audio.subarray(offset, offset + block)));
      offset += block;
      this.#sentBytes += block;
      this.#sinceMark += block;
      const itemEnded = this.ledger.sent(block, nowMs);
      if (itemEnded || this.#sinceMark >= BLOCK_BYTES) this.#mark();
    }
  }

  #mark(): void {
    this.#sinceMark = 0;
    this.ledger.mark();
    this.#output.sendMark(positionMark(this.ledger.generation, this.ledger.sentBytes));
  }

  /** Wakes up when the lead has room for a block; a little later where that time has passed and the stream takes nothing. */
  #schedule(): void {
    const now = this.#clock.now();
    const dueMs = this.ledger.timeAt(this.ledger.sentBytes - this.#leadBytes + BLOCK_BYTES);
    const isHeld = this.#isClogged() || this.ledger.isOverdue(now);
    this.#pump ??= this.#clock.at(isHeld ? Math.max(dueMs, now + HELD_CHECK_MS) : dueMs, () => {
      this.#pump = undefined;
      this.#drain();
    });
  }

  #unschedule(): void {
    this.#pump?.cancel();
    this.#pump = undefined;
  }

  #drain(): void {
    const now = this.#clock.now();
    while (
      this.#ring.length > 0 && !this.#isClogged() &&
      this.#room(now) >= Math.min(BLOCK_BYTES, this.#ring.length)
    ) {
      const count = this.#ring.read(blockScratch.subarray(0, Math.min(BLOCK_BYTES, this.#ring.length)));
      this.#send(blockScratch.subarray(0, count), count, now);
    }
    if (this.#ring.length > 0) this.#schedule();
  }
}
