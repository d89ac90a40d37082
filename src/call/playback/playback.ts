import { encodeBase64 } from "../../audio/base64.ts";
import { BYTES_PER_MS } from "../../audio/mulaw.ts";
import { RingBuffer } from "../../audio/ring_buffer.ts";
import type { CallStream } from "../../carrier/carrier.ts";
import { type Clock, sleep, type Timer } from "../../util/clock.ts";
import { ECHO_GRACE_MS, MARK_INTERVAL_MS, positionMark, probeMark, readMark } from "./marks.ts";
import { type HeardItem, PlaybackLedger } from "./playback_ledger.ts";
import { StallWatch } from "./stall_watch.ts";

const BLOCK_BYTES = MARK_INTERVAL_MS * BYTES_PER_MS;
/**
 * Times are doubles: at a block's deadline the room for it may come out a hair too small, and must count as
 * enough.
 */
const ROUNDING_BYTES = 0.01;
/** First size of the ring: most answers never need it, because they fit in the lead. */
const RING_START_BYTES = 4096;

/**
 * Bytes that may wait in the socket. While there are more, audio waits here, where it takes less and has a
 * bound.
 */
export const PLAYBACK_HOLD_BYTES = 64 * 1024;
/** How soon a stream that does not take audio is tried again. */
const HELD_CHECK_MS = 100;
/**
 * How often the end of what is waited for is looked for: soon enough that a goodbye and the hang-up follow
 * each other.
 */
const HEARD_CHECK_MS = 50;
/** One block on its way from a ring to its socket; shared by all calls, since sending copies it at once. */
const blockScratch = new Uint8Array(BLOCK_BYTES);

/** Where playback sends to: the call's stream. */
export type PlaybackOutput = Pick<CallStream, "sendMedia" | "sendMark" | "sendClear" | "backlogBytes">;

/** How much audio playback holds, at Twilio and here. */
export interface PlaybackOptions {
  /** How far ahead of the caller's ear audio is handed to Twilio, in milliseconds. */
  leadMs: number;
  /** How much more may wait here, in milliseconds. What comes when it is full is not taken, and counted. */
  bufferMs: number;
  /**
   * Whether what Twilio has and has not played is kept here too, so that {@link Playback.pause} can be.
   * Default false.
   */
  isPausable?: boolean;
}

/** What Twilio may have more than the lead, when it plays later than the clock has it. */
const KEPT_BEYOND_LEAD_BYTES = 2_000 * BYTES_PER_MS;

/** What goes wrong on the way to the caller. */
export interface PlaybackEvents {
  /**
   * The buffer was full: `droppedMs` of what came will never be heard. Must not happen in normal operation.
   */
  onOverflow(droppedMs: number): void;
  /** The caller's side takes no audio, or confirms none, for longer than a network stalls. Once. */
  onStalled(): void;
}

/**
 * Carries the model's audio to the caller. Up to `leadMs` goes straight to Twilio, which plays it in real
 * time; the rest waits as mu-law in a ring and follows block by block at absolute times. Marks tell what was
 * heard; when they stay away, or the socket fills, nothing more is sent until they come and it empties. What
 * was sent stays in the ring, in front of what waits, until it is confirmed, so that an interruption can be
 * taken back.
 */
export class Playback implements Disposable {
  readonly ledger = new PlaybackLedger();

  readonly #output: PlaybackOutput;
  readonly #clock: Clock;
  readonly #events: PlaybackEvents;
  readonly #leadBytes: number;
  readonly #bufferBytes: number;
  readonly #isPausable: boolean;
  readonly #ring: RingBuffer;
  readonly #stall: StallWatch;
  /** The first bytes of the ring, which were sent already; and the position of the very first. */
  #kept = 0;
  #keptFrom = 0;
  #isPaused = false;
  #sentBytes = 0;
  #sinceMark = 0;
  #pump: Timer | undefined;
  #isDisposed = false;

  constructor(output: PlaybackOutput, clock: Clock, options: PlaybackOptions, events: PlaybackEvents) {
    this.#output = output;
    this.#clock = clock;
    this.#events = events;
    this.#leadBytes = Math.max(options.leadMs, 2 * MARK_INTERVAL_MS) * BYTES_PER_MS;
    this.#bufferBytes = options.bufferMs * BYTES_PER_MS;
    this.#isPausable = options.isPausable ?? false;
    this.#ring = new RingBuffer({
      initialBytes: RING_START_BYTES,
      // What Twilio should have may be here, too: of a playback that is paused, or whose stream takes
      // nothing.
      maxBytes: this.#bufferBytes + this.#leadBytes + KEPT_BEYOND_LEAD_BYTES,
    });
    this.#stall = new StallWatch(clock, {
      isBusy: () => this.#sendable > 0 || this.ledger.awaitsEcho,
      isStuck: () => this.ledger.isOverdue(clock.now()) || (this.#sendable > 0 && this.#isClogged()),
      onStalled: () => events.onStalled(),
    });
    this.#probe();
  }

  /** Bytes that wait here. */
  get waitingBytes(): number {
    return this.#ring.length - this.#kept;
  }

  /** True while nothing is sent, see {@link pause}. */
  get isPaused(): boolean {
    return this.#isPaused;
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
    return (this.ledger.sentBytes - this.ledger.positionAt(this.#clock.now()) + this.waitingBytes) /
      BYTES_PER_MS;
  }

  /** The same of the items from before {@link divide}. */
  get unheardEarlierMs(): number {
    return this.ledger.unheardEarlierBytes(this.#clock.now()) / BYTES_PER_MS;
  }

  /**
   * More audio of an item: mu-law, as a view that is valid only during the call. Returns how many bytes of it
   * were not taken, since too much waits already.
   */
  write(itemId: string, responseId: string, muLaw: Uint8Array): number {
    const lost = Math.max(
      0,
      this.waitingBytes + muLaw.length - this.#room(this.#clock.now()) - this.#bufferBytes,
    );
    let rest = lost === 0 ? muLaw : muLaw.subarray(0, Math.max(0, muLaw.length - lost));
    if (lost > 0) this.#events.onOverflow(Math.min(lost, muLaw.length) / BYTES_PER_MS);
    this.#drop(this.ledger.received(itemId, responseId, rest.length));
    this.#stall.begin();
    const isHeldBack = this.ledger.isDivided && !this.ledger.isEarlier(itemId);
    if (this.waitingBytes === 0 && !this.#isPaused && !isHeldBack) {
      const now = this.#clock.now();
      if (this.ledger.isDry(now)) this.#probe();
      for (let room = this.#room(now); rest.length > 0 && room > 0 && !this.#isClogged();) {
        const count = Math.min(rest.length, room, BLOCK_BYTES);
        this.#send(rest, count, now);
        this.#keep(rest.subarray(0, count));
        rest = rest.subarray(count);
        room -= count;
      }
    }
    if (rest.length > 0) {
      this.#forget(this.#ring.write(rest));
      if (!this.#isPaused && this.#sendable > 0) this.#schedule();
    }
    return Math.min(lost, muLaw.length);
  }

  /** The item is complete: `modelMs` of audio came from the model. Its end gets a mark. */
  endItem(itemId: string, modelMs: number): void {
    if (this.ledger.complete(itemId, modelMs) && !this.#isPaused) this.#mark();
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
   * Resolves when the caller has heard everything written so far: when the mark at its end has come back, or
   * its time has long passed. Also when the rest will never be heard, since it was cut off or the call is
   * over. What is written later is not waited for: a model that talks on and on could put off the end of its
   * call for ever.
   *
   * @param signal ends the wait, too
   */
  async whenHeard(signal?: AbortSignal): Promise<void> {
    const { lastItemId } = this.ledger;
    if (lastItemId === undefined) return;
    for (;;) {
      const endMs = this.ledger.endMs(lastItemId);
      const isOver = endMs === undefined ||
        (!this.#isPaused && this.#clock.now() >= endMs + ECHO_GRACE_MS);
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
    this.#forgetUntil(this.ledger.confirmedBytes);
  }

  /**
   * Silences the caller's side at once. Returns what was heard of each item that was cut off, in order.
   * @param isGone the caller is not there any more, since half a round trip ago; and what is sent now would
   * have arrived in as long again
   */
  interrupt(isGone = false): HeardItem[] {
    const unsentBytes = this.#unsentBytes();
    this.#output.sendClear();
    const { ledger } = this;
    const heard = isGone
      ? ledger.interrupt(this.#clock.now() - ledger.roundTrip.ms, unsentBytes, ledger.confirmedBytes)
      : ledger.interrupt(this.#clock.now(), unsentBytes);
    this.#ring.clear();
    this.#isPaused = false;
    this.#begin();
    return heard;
  }

  /**
   * The same, but keeps what was not heard, until {@link resume} plays on from there or {@link skipEarlier}
   * drops it. Meanwhile what is written waits behind it. Paused already, it does nothing.
   */
  pause(): HeardItem[] {
    if (this.#isPaused) return [];
    const unsentBytes = this.#unsentBytes();
    this.#output.sendClear();
    const { heard, position } = this.ledger.pause(this.#clock.now(), unsentBytes, this.#keptFrom);
    this.#ring.discard(position - this.#keptFrom);
    this.#isPaused = true;
    this.#begin();
    return heard;
  }

  /**
   * Items that come from now on wait for {@link resume} or {@link skipEarlier}, while those before them play
   * on.
   */
  divide(): void {
    this.ledger.divide();
  }

  /**
   * Drops what was written since {@link pause} or {@link divide}, and plays on. Returns the items that were
   * dropped.
   */
  resume(): string[] {
    const dropped = this.ledger.laterIds;
    this.#ring.cut(this.#kept + this.ledger.earlierBytes);
    this.ledger.dropLater();
    this.#goOn();
    return dropped;
  }

  /** What came since {@link divide} follows what was there before. */
  unite(): void {
    this.ledger.unite();
    this.#drain();
  }

  /** Drops what was written since {@link pause}, and stays paused. Returns the items. */
  dropLater(): string[] {
    const dropped = this.ledger.laterIds;
    this.#ring.cut(this.ledger.earlierBytes);
    this.ledger.dropLater();
    this.ledger.divide();
    return dropped;
  }

  /**
   * Drops what was there before {@link pause} or {@link divide}, and plays what was written since. Returns
   * what was heard of it, unless {@link pause} has told so.
   */
  skipEarlier(): HeardItem[] {
    const later = new Set(this.ledger.laterIds);
    const heard = this.pause().filter(({ itemId }) => !later.has(itemId));
    this.#ring.discard(this.ledger.earlierBytes);
    this.ledger.dropEarlier();
    this.#goOn();
    return heard;
  }

  /** Lets go of the buffer and the timer. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#stall[Symbol.dispose]();
    this.#ring.clear();
    this.#begin();
  }

  /** Measures the round trip. Only meaningful while nothing is buffered at Twilio. */
  #probe(): void {
    this.#output.sendMark(probeMark(this.#clock.now()));
  }

  /** Drops the oldest audio that waits, which the ledger has forgotten already. */
  #drop(bytes: number): void {
    if (bytes === 0) return;
    this.#ring.discard(this.#kept + bytes);
    this.#forget(this.#kept);
    this.#events.onOverflow(bytes / BYTES_PER_MS);
  }

  #unsentBytes(): number {
    return Math.ceil(this.#output.backlogBytes * 3 / 4); // of mu-law at most: as if all were base64
  }

  /** Nothing of what is in the ring has been sent. */
  #begin(): void {
    this.#kept = this.#keptFrom = this.#sinceMark = 0;
    this.#unschedule();
  }

  #goOn(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.waitingBytes === 0) return;
    this.#probe();
    this.#drain();
  }

  /** Audio that was sent without having waited. */
  #keep(muLaw: Uint8Array): void {
    if (!this.#isPausable) return void (this.#keptFrom += muLaw.length);
    this.#forget(this.#ring.write(muLaw));
    this.#kept += muLaw.length;
    this.#forgetUntil(this.ledger.sentBytes - this.#leadBytes - KEPT_BEYOND_LEAD_BYTES);
  }

  /** What was sent before `position` is not needed any more. */
  #forgetUntil(position: number): void {
    const count = Math.min(this.#kept, position - this.#keptFrom);
    if (count <= 0) return;
    this.#ring.discard(count);
    this.#forget(count);
  }

  /** The oldest `count` bytes of what was sent are not in the ring any more. */
  #forget(count: number): void {
    const forgotten = Math.min(this.#kept, count);
    this.#kept -= forgotten;
    this.#keptFrom += forgotten;
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

  /**
   * Wakes up when the lead has room for a block; a little later where that time has passed and the stream
   * takes nothing.
   */
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

  /** Bytes that wait and may go out: not what is held back by {@link divide}. */
  get #sendable(): number {
    return this.ledger.isDivided ? this.ledger.earlierBytes : this.waitingBytes;
  }

  #drain(): void {
    const now = this.#clock.now();
    for (
      let ready = this.#sendable;
      ready > 0 && !this.#isClogged() && this.#room(now) >= Math.min(BLOCK_BYTES, ready);
      ready = this.#sendable
    ) {
      const count = this.#ring.peek(blockScratch.subarray(0, Math.min(BLOCK_BYTES, ready)), this.#kept);
      this.#send(blockScratch.subarray(0, count), count, now);
      this.#kept += count;
      if (!this.#isPausable) this.#forgetUntil(this.#keptFrom + this.#kept);
    }
    this.#forgetUntil(this.ledger.sentBytes - this.#leadBytes - KEPT_BEYOND_LEAD_BYTES);
    if (this.#sendable > 0) this.#schedule();
  }
}
