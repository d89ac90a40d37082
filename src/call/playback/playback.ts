import { BYTES_PER_MS, muLawDecodeSample } from "../../audio/mulaw.ts";
import { type Clock, sleep } from "../../util/clock.ts";
import { ECHO_GRACE_MS, MARK_INTERVAL_MS, readMark } from "./marks.ts";
import { PlaybackBuffer } from "./playback_buffer.ts";
import { type HeardItem, PlaybackLedger } from "./playback_ledger.ts";
import { PLAYBACK_BLOCK_BYTES, type PlaybackOutput, PlaybackSender } from "./playback_sender.ts";
import { PlayoutClock } from "./playout_clock.ts";
import { StallWatch } from "./stall_watch.ts";

/**
 * How often the end of what is waited for is looked for: soon enough that a goodbye and the hang-up follow
 * each other.
 */
const HEARD_CHECK_MS = 50;

/** A gap between words is so long, … */
const GAP_BYTES = 80 * BYTES_PER_MS;
/** … and no sample of it is louder, of 32,768. */
const GAP_LEVEL = 400;

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
 * was sent is kept until it is confirmed, so that an interruption can be taken back.
 */
export class Playback implements Disposable {
  readonly playout = new PlayoutClock();
  readonly ledger = new PlaybackLedger(this.playout);

  readonly #clock: Clock;
  readonly #events: PlaybackEvents;
  readonly #bufferBytes: number;
  readonly #buffer: PlaybackBuffer;
  readonly #sender: PlaybackSender;
  readonly #stall: StallWatch;
  #isPaused = false;
  #isDisposed = false;

  constructor(output: PlaybackOutput, clock: Clock, options: PlaybackOptions, events: PlaybackEvents) {
    this.#clock = clock;
    this.#events = events;
    this.#bufferBytes = options.bufferMs * BYTES_PER_MS;
    const leadBytes = Math.max(options.leadMs, 2 * MARK_INTERVAL_MS) * BYTES_PER_MS;
    const maxSentBytes = leadBytes + KEPT_BEYOND_LEAD_BYTES;
    this.#buffer = new PlaybackBuffer({
      // What Twilio should have may be here, too: of a playback that is paused, or whose stream takes
      // nothing.
      maxBytes: this.#bufferBytes + maxSentBytes,
      maxSentBytes: options.isPausable ? maxSentBytes : 0,
    });
    this.#sender = new PlaybackSender({
      output,
      clock,
      playout: this.playout,
      ledger: this.ledger,
      buffer: this.#buffer,
      leadBytes,
      onTaken: () => this.#stall.alive(),
    });
    this.#stall = new StallWatch(clock, {
      isBusy: () => this.#sender.sendableBytes > 0 || this.playout.awaitsEcho,
      isStuck: () =>
        this.playout.isOverdue(clock.now()) || (this.#sender.sendableBytes > 0 && this.#sender.isClogged),
      onStalled: () => events.onStalled(),
    });
    this.#sender.probe();
  }

  /** Bytes that wait here. */
  get waitingBytes(): number {
    return this.#buffer.waitingBytes;
  }

  /** True while nothing is sent, see {@link pause}. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Capacity of the buffer, in bytes. */
  get capacityBytes(): number {
    return this.#buffer.capacityBytes;
  }

  /** Audio handed to Twilio since the call began, in milliseconds. */
  get sentMs(): number {
    return this.#sender.sentMs;
  }

  /** Audio that the caller has not heard yet, sent or waiting, in milliseconds. */
  get unheardMs(): number {
    return (this.playout.sentBytes - this.playout.positionAt(this.#clock.now()) + this.waitingBytes) /
      BYTES_PER_MS;
  }

  /** The same of the items from before {@link divide}. */
  get unheardEarlierMs(): number {
    return this.ledger.unheardEarlierBytes(this.#clock.now()) / BYTES_PER_MS;
  }

  /**
   * More audio of an item: mu-law, as a view that is valid only during the call. Returns how many bytes of it
   * were not taken, since too much waits already.
   *
   * @param earlierMs so much of the item was written before it ended, or another one came between
   */
  write(itemId: string, responseId: string, muLaw: Uint8Array, earlierMs = 0): number {
    const sender = this.#sender;
    const now = this.#clock.now();
    const excess = this.waitingBytes + muLaw.length - sender.room(now) - this.#bufferBytes;
    const lost = Math.max(0, Math.min(excess, muLaw.length));
    let rest = lost === 0 ? muLaw : muLaw.subarray(0, muLaw.length - lost);
    if (lost > 0) this.#events.onOverflow(lost / BYTES_PER_MS);
    const earlierBytes = earlierMs * BYTES_PER_MS;
    this.#dropOldest(this.ledger.received(itemId, responseId, rest.length, earlierBytes));
    this.#stall.begin();
    const isHeldBack = this.#isPaused || (this.ledger.isDivided && !this.ledger.isEarlier(itemId));
    if (this.waitingBytes === 0 && !isHeldBack) {
      if (this.playout.isDry(now)) sender.probe();
      for (let room = sender.room(now); rest.length > 0 && room > 0 && !sender.isClogged;) {
        const count = Math.min(rest.length, room, PLAYBACK_BLOCK_BYTES);
        sender.send(rest, count, now);
        this.#buffer.writeSent(rest.subarray(0, count));
        rest = rest.subarray(count);
        room -= count;
      }
    }
    if (rest.length > 0) {
      this.#buffer.write(rest);
      if (!this.#isPaused) sender.schedule();
    }
    return lost;
  }

  /** The item is complete: `modelMs` of audio came from the model. Its end gets a mark. */
  endItem(itemId: string, modelMs: number): void {
    if (this.ledger.complete(itemId, modelMs) && !this.#isPaused) this.#sender.mark();
  }

  /** When the caller begins to hear the item; undefined while none of it was sent. */
  startsAtMs(itemId: string): number | undefined {
    const start = this.ledger.startMs(itemId);
    return start === undefined ? undefined : start + this.playout.roundTrip.wayMs / 2;
  }

  /** True while audio of this response waits, or is on its way to the caller's ear. */
  isUnheard(responseId: string): boolean {
    return this.ledger.isUnheard(responseId, this.#clock.now());
  }

  /**
   * Resolves when the caller has heard everything written so far: when the mark at its end has come back, or
   * its time has long passed. Also when it was cut off, or the call is over. What is written later is not
   * waited for: a model that talks on and on could put off the end of its call for ever.
   *
   * @param signal ends the wait, too
   */
  async whenHeard(signal?: AbortSignal): Promise<void> {
    const { lastItemId } = this.ledger;
    if (lastItemId === undefined) return;
    for (;;) {
      const endMs = this.ledger.endMs(lastItemId);
      if (endMs === undefined || this.#isDisposed || signal?.aborted) return;
      if (!this.#isPaused && this.#clock.now() >= endMs + ECHO_GRACE_MS) return;
      await sleep(this.#clock, HEARD_CHECK_MS);
    }
  }

  /** Twilio echoed a mark. */
  onMark(name: string): void {
    this.#stall.alive();
    const mark = readMark(name);
    const now = this.#clock.now();
    if (mark?.kind === "probe") this.playout.roundTrip.add(now - mark.sentAtMs);
    if (mark?.kind !== "position") return;
    this.ledger.played(mark.generation, mark.position, now);
    this.#buffer.confirmed(this.playout.confirmedBytes);
  }

  /**
   * Silences the caller's side at once. Returns what was heard of each item that was cut off, in order.
   * @param isGone the caller is not there any more, since half a round trip ago; and what is sent now would
   * have arrived in as long again
   */
  interrupt(isGone = false): HeardItem[] {
    const unsentBytes = this.#sender.clear();
    const { playout, ledger } = this;
    const now = this.#clock.now();
    const heard = isGone
      ? ledger.interrupt(now - playout.roundTrip.wayMs, unsentBytes, playout.confirmedBytes)
      : ledger.interrupt(now, unsentBytes);
    this.#buffer.clear();
    this.#isPaused = false;
    return heard;
  }

  /** True when the caller has heard all but this item, and nothing is kept for later. */
  isAlone(itemId: string): boolean {
    const { ledger } = this;
    return !this.isPaused && !ledger.isDivided && ledger.isAlone(itemId, this.#clock.now());
  }

  /** Cuts an item off if it {@link isAlone}. Returns what was heard of it if it was. */
  cutAlone(itemId: string): HeardItem | undefined {
    if (!this.isAlone(itemId)) return undefined;
    return this.interrupt().find((item) => item.itemId === itemId);
  }

  /**
   * The same, but keeps what was not heard, until {@link resume} plays on from there or {@link skipEarlier}
   * drops it. Meanwhile what is written waits behind it. Paused already, it does nothing.
   */
  pause(): HeardItem[] {
    if (this.#isPaused) return [];
    const unsentBytes = this.#sender.clear();
    const { fromPosition } = this.#buffer;
    const { heard, position } = this.ledger.pause(this.#clock.now(), unsentBytes, fromPosition);
    this.#buffer.rewind(position);
    this.#isPaused = true;
    return heard;
  }

  /** True when what the caller hears next is silence, as between two sentences. */
  get isBetweenWords(): boolean {
    const next = new Uint8Array(GAP_BYTES);
    const bytes = this.#buffer.peekAt(Math.floor(this.playout.positionAt(this.#clock.now())), next);
    return bytes === next.length && next.every((code) => Math.abs(muLawDecodeSample(code)) < GAP_LEVEL);
  }

  /**
   * Silences the caller's side, and returns what was not heard, in mu-law. Nothing can be played
   * afterwards.
   */
  takeUnheard(): Uint8Array {
    if (this.unheardMs === 0) return new Uint8Array(0);
    this.pause();
    const muLaw = new Uint8Array(this.waitingBytes);
    return muLaw.subarray(0, this.#buffer.peek(muLaw));
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
    this.#buffer.cut(this.ledger.earlierBytes);
    this.ledger.dropLater();
    this.#goOn();
    return dropped;
  }

  /** What came since {@link divide} follows what was there before. */
  unite(): void {
    this.ledger.unite();
    this.#sender.drain();
  }

  /** Drops what was written since {@link pause}, and stays paused. Returns the items. */
  dropLater(): string[] {
    const dropped = this.ledger.laterIds;
    this.#buffer.cut(this.ledger.earlierBytes);
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
    this.#buffer.drop(this.ledger.earlierBytes);
    this.ledger.dropEarlier();
    this.#goOn();
    return heard;
  }

  /** Lets go of the buffer and the timer. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#stall[Symbol.dispose]();
    this.#buffer.clear();
    this.#sender.stop();
  }

  /** Drops the oldest audio that waits, which the ledger has forgotten already. */
  #dropOldest(bytes: number): void {
    if (bytes === 0) return;
    this.#buffer.drop(bytes);
    this.#events.onOverflow(bytes / BYTES_PER_MS);
  }

  #goOn(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.waitingBytes === 0) return;
    this.#sender.probe();
    this.#sender.drain();
  }
}
