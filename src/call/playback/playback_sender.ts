import { encodeBase64 } from "../../audio/base64.ts";
import { BYTES_PER_MS } from "../../audio/mulaw.ts";
import type { CallStream } from "../../carrier/carrier.ts";
import type { Clock, Timer } from "../../util/clock.ts";
import { MARK_INTERVAL_MS, positionMark, probeMark } from "./marks.ts";
import type { PlaybackBuffer } from "./playback_buffer.ts";
import type { PlaybackLedger } from "./playback_ledger.ts";
import type { PlayoutClock } from "./playout_clock.ts";

/** Longest message of audio; a mark stands behind every so many bytes. */
export const PLAYBACK_BLOCK_BYTES = MARK_INTERVAL_MS * BYTES_PER_MS;
/**
 * Times are doubles: at a block's deadline the room for it may come out a hair too small, and must count as
 * enough.
 */
const ROUNDING_BYTES = 0.01;
/**
 * Bytes that may wait in the socket. While there are more, audio waits here, where it takes less and has a
 * bound.
 */
export const PLAYBACK_HOLD_BYTES = 64 * 1024;
/** How soon a stream that does not take audio is tried again. */
const HELD_CHECK_MS = 100;
/** One block on its way from a buffer to its socket; shared by all calls, since sending copies it at once. */
const blockScratch = new Uint8Array(PLAYBACK_BLOCK_BYTES);

/** Where playback sends to: the call's stream. */
export type PlaybackOutput = Pick<CallStream, "sendMedia" | "sendMark" | "sendClear" | "backlogBytes">;

/** What a {@link PlaybackSender} works with. */
export interface PlaybackSenderParts {
  output: PlaybackOutput;
  clock: Clock;
  playout: PlayoutClock;
  ledger: PlaybackLedger;
  buffer: PlaybackBuffer;
  /** How far ahead of the caller's ear audio is handed to the carrier, in bytes. */
  leadBytes: number;
  /** The carrier's socket takes something, which is all there is to know of a peer that never echoes. */
  onTaken: () => void;
}

/**
 * Sends audio to the carrier as far ahead of the caller's ear as it may be, with a mark behind each block
 * and each item: at once while there is room, and what waits in the buffer block by block at absolute times.
 */
export class PlaybackSender {
  readonly #parts: PlaybackSenderParts;
  #sentBytes = 0;
  #sinceMark = 0;
  #timer: Timer | undefined;

  constructor(parts: PlaybackSenderParts) {
    this.#parts = parts;
  }

  /** Audio sent since the call began, in milliseconds. */
  get sentMs(): number {
    return this.#sentBytes / BYTES_PER_MS;
  }

  /** Bytes that wait and may go out: not what the ledger's division holds back. */
  get sendableBytes(): number {
    const { ledger, buffer } = this.#parts;
    return ledger.isDivided ? ledger.earlierBytes : buffer.waitingBytes;
  }

  /** True while the socket holds so much that nothing more may go into it. */
  get isClogged(): boolean {
    return this.#parts.output.backlogBytes > PLAYBACK_HOLD_BYTES;
  }

  /** Bytes that may go out now without exceeding the lead by more than rounding. */
  room(nowMs: number): number {
    const { playout, leadBytes } = this.#parts;
    const unheard = playout.sentBytes - playout.positionAt(nowMs);
    return Math.max(0, Math.floor(leadBytes - unheard + ROUNDING_BYTES));
  }

  /** Sends the first `count` bytes of `audio` in blocks that end at marks and items. */
  send(audio: Uint8Array, count: number, nowMs: number): void {
    const { playout, ledger, output, onTaken } = this.#parts;
    if (!playout.roundTrip.known) onTaken();
    let offset = 0;
    while (offset < count) {
      const block = ledger.nextRun(Math.min(count - offset, PLAYBACK_BLOCK_BYTES - this.#sinceMark));
      if (block === 0) break;
      output.sendMedia(encodeBase64(audio.subarray(offset, offset + block)));
      offset += block;
      this.#sentBytes += block;
      this.#sinceMark += block;
      const itemEnded = ledger.sent(block, nowMs);
      if (itemEnded || this.#sinceMark >= PLAYBACK_BLOCK_BYTES) this.mark();
    }
  }

  /** Puts a mark behind all that was sent. */
  mark(): void {
    const { playout, output } = this.#parts;
    this.#sinceMark = 0;
    playout.mark();
    output.sendMark(positionMark(playout.generation, playout.sentBytes));
  }

  /** Measures the round trip. Only meaningful while nothing is buffered at the carrier. */
  probe(): void {
    this.#parts.output.sendMark(probeMark(this.#parts.clock.now()));
  }

  /** Makes the carrier drop what it has, and stops. Returns bytes of mu-law, at most, on their way to it. */
  clear(): number {
    const { output } = this.#parts;
    const unsentBytes = Math.ceil(output.backlogBytes * 3 / 4); // as if all were base64
    output.sendClear();
    this.stop();
    return unsentBytes;
  }

  /** Stops sending what waits, and begins the next block anew. */
  stop(): void {
    this.#sinceMark = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Sends what waits, as far as there is room, and goes on by the clock until nothing waits any more. */
  drain(): void {
    const { clock, buffer } = this.#parts;
    const now = clock.now();
    for (
      let ready = this.sendableBytes;
      ready > 0 && !this.isClogged && this.room(now) >= Math.min(PLAYBACK_BLOCK_BYTES, ready);
      ready = this.sendableBytes
    ) {
      const count = buffer.peek(blockScratch.subarray(0, Math.min(PLAYBACK_BLOCK_BYTES, ready)));
      this.send(blockScratch, count, now);
      buffer.sent(count);
    }
    this.schedule();
  }

  /**
   * Wakes up when the lead has room for a block of what waits; a little later where that time has passed and
   * the stream takes nothing.
   */
  schedule(): void {
    if (this.sendableBytes === 0) return;
    const { clock, playout, leadBytes } = this.#parts;
    const now = clock.now();
    const dueMs = playout.timeAt(playout.sentBytes - leadBytes + PLAYBACK_BLOCK_BYTES);
    const isHeld = this.isClogged || playout.isOverdue(now);
    this.#timer ??= clock.at(isHeld ? Math.max(dueMs, now + HELD_CHECK_MS) : dueMs, () => {
      this.#timer = undefined;
      this.drain();
    });
  }
}
