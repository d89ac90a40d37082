import { base64Length, decodeBase64, encodeBase64 } from "../audio/base64.ts";
import { BYTES_PER_MS, MULAW_SILENCE, muLawDecodeSample } from "../audio/mulaw.ts";
import { RingBuffer } from "../audio/ring_buffer.ts";
import type { Transcoder } from "../audio/transcoder.ts";
import type { CallerAudioSink } from "../carrier/carrier.ts";
import { AppError } from "../util/errors.ts";
import { MAX_APPEND_MS } from "./append_size.ts";

/** Caller audio kept while no session can take it. When it is full the oldest is dropped and counted. */
export const MAX_HELD_MS = 5_000;
/** Caller audio that goes along when a call changes instances in the middle of the caller's turn. */
export const MAX_TURN_BYTES = 2_000 * BYTES_PER_MS;
/**
 * A session that takes no audio for this long is stalled. Less than {@link MAX_HELD_MS}, so that a new
 * session still gets every word.
 */
export const SESSION_STALLED_AFTER_MS = 4_000;
/**
 * First size of the ring: more than the longest append, so that it need not grow while a session takes its
 * audio.
 */
const RING_START_BYTES = 1024;

/** Mean magnitudes of a frame, of 32,768: from here on it is loud, as speech is, … */
const LOUD_LEVEL = 1_000;
/** … and below this it is quiet, as a line is on which nobody speaks. */
const QUIET_LEVEL = 300;
/** The frame whose level is measured; shared by all calls. */
const levelScratch = new Uint8Array(20 * BYTES_PER_MS);

/** Whether nobody speaks in this mu-law. */
export function isQuiet(muLaw: Uint8Array): boolean {
  for (let at = 0; at < muLaw.length; at += levelScratch.length) {
    if (meanLevel(muLaw.subarray(at, at + levelScratch.length)) >= LOUD_LEVEL) return false;
  }
  return true;
}

function meanLevel(muLaw: Uint8Array): number {
  let sum = 0;
  for (const code of muLaw) sum += Math.abs(muLawDecodeSample(code));
  return sum / Math.max(1, muLaw.length);
}

/** Where caller audio goes: a Realtime session that is ready. */
export interface UplinkSession {
  /** @param base64 audio in the session's input format */
  appendAudio(base64: string): void;
  /** True while the socket holds so much that nothing more may go into it. */
  readonly isClogged: boolean;
}

/** What an uplink goes by, and what it tells the call. */
export interface UplinkOptions {
  /** How much audio one append carries now. */
  appendSize: { readonly ms: number };
  /**
   * The session has taken no audio for {@link SESSION_STALLED_AFTER_MS}: it needs another. Once a session.
   */
  onStalled: () => void;
}

/**
 * Carries the caller's audio to the model. Frames are gathered into appends of `appendSize.ms`. While no
 * session is attached, or its socket is clogged, they are kept, so that nothing said while OpenAI connects
 * (or connects again) is lost.
 */
export class Uplink implements CallerAudioSink, Disposable {
  /** Mu-law bytes dropped because no session took them for longer than {@link MAX_HELD_MS}. */
  droppedBytes = 0;
  /** Mu-law bytes handed to sessions. */
  appendedBytes = 0;

  readonly #transcoder: Transcoder;
  readonly #options: UplinkOptions;
  readonly #ring = new RingBuffer({ initialBytes: RING_START_BYTES, maxBytes: MAX_HELD_MS * BYTES_PER_MS });
  #session: UplinkSession | undefined;
  /** What the caller says at present, while the call is about to leave. */
  #turnAudio: RingBuffer | undefined;
  /** The latest frame, as it came, for whoever asks how loud the caller is. */
  #lastFrame = "";
  #lastStart = 0;
  #lastEnd = 0;
  /** Caller audio since the session became clogged: the caller speaks in real time, so it is a clock. */
  #cloggedBytes = 0;

  constructor(transcoder: Transcoder, options: UplinkOptions) {
    this.#transcoder = transcoder;
    this.#options = options;
  }

  /** Capacity of the ring, in bytes. */
  get capacityBytes(): number {
    return this.#ring.capacity + (this.#turnAudio?.capacity ?? 0);
  }

  /** Keeps what the caller says from now on, for {@link takeTurn}: at most {@link MAX_TURN_BYTES}. */
  keepTurn(): void {
    this.#turnAudio ??= new RingBuffer({ initialBytes: RING_START_BYTES, maxBytes: MAX_TURN_BYTES });
  }

  /** The caller's turn is over: what comes next is another one. */
  turnEnded(): void {
    this.#turnAudio?.clear();
  }

  /** The latest mu-law since {@link keepTurn}, of the turn that may just be beginning. */
  takeTurn(): Uint8Array {
    const audio = new Uint8Array(this.#turnAudio?.length ?? 0);
    this.#turnAudio?.read(audio);
    return audio;
  }

  /** Audio from before the stream, in mu-law. The first session gets it first. */
  begin(muLaw: Uint8Array): void {
    this.droppedBytes += this.#ring.write(muLaw.subarray(-MAX_TURN_BYTES));
  }

  /** Gives back what the ring does not need now. Returns how many bytes that was. */
  trim(): number {
    return this.#ring.trim();
  }

  /** From now on `session` gets the audio, what was kept first. */
  attach(session: UplinkSession): void {
    this.#session = session;
    this.#cloggedBytes = 0;
    this.#drain(session, 0);
  }

  /** No session any more: audio is kept until the next one. */
  detach(): void {
    this.#session = undefined;
  }

  /** Sends what is still waiting for a full append: no more audio will come. */
  finish(): void {
    if (this.#session) this.#drain(this.#session, 0);
  }

  /**
   * Caller audio: base64 of mu-law in `text` from `start` to `end`. Returns false when it is not valid
   * base64.
   */
  write(text: string, start: number, end: number): boolean {
    const scratch = this.#transcoder.input();
    this.#lastFrame = text;
    this.#lastStart = start;
    this.#lastEnd = end;
    try {
      while (start < end) {
        const written = decodeBase64(text, start, end, scratch);
        start += base64Length(written);
        this.#take(scratch.subarray(0, written));
      }
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code === "audio_bad_base64") return false;
      throw error;
    }
  }

  /** Silence in place of audio that never came, so that the model's sense of time stays right. */
  writeSilence(durationMs: number): void {
    const scratch = this.#transcoder.input();
    this.#lastFrame = "";
    for (let left = Math.round(durationMs * BYTES_PER_MS); left > 0;) {
      const count = Math.min(left, MAX_APPEND_MS * BYTES_PER_MS);
      this.#take(scratch.subarray(0, count).fill(MULAW_SILENCE), false);
      left -= count;
    }
  }

  /** How loud the caller's latest frame is; undefined in between. Decodes a frame: call it rarely. */
  level(): "loud" | "quiet" | undefined {
    if (this.#lastFrame === "") return "quiet";
    try {
      const end = Math.min(this.#lastEnd, this.#lastStart + base64Length(levelScratch.length));
      const bytes = decodeBase64(this.#lastFrame, this.#lastStart, end, levelScratch);
      const mean = meanLevel(levelScratch.subarray(0, bytes));
      return mean >= LOUD_LEVEL ? "loud" : mean < QUIET_LEVEL ? "quiet" : undefined;
    } catch {
      return undefined; // counted as malformed when it came
    }
  }

  /** Lets go of the session and of what was kept. */
  [Symbol.dispose](): void {
    this.#lastFrame = "";
    this.#turnAudio = undefined;
    this.#session = undefined;
    this.#ring.clear();
  }

  /**
   * @param muLaw lies in the transcoder's input; it is used up on return
   * @param isRealTime it came as fast as it was spoken, as frames do. Silence comes all at once.
   */
  #take(muLaw: Uint8Array, isRealTime = true): void {
    this.#turnAudio?.write(muLaw);
    const session = this.#session;
    const wanted = this.#options.appendSize.ms * BYTES_PER_MS;
    // Most frames only join an append; the socket is asked when it is to take one.
    if (this.#ring.length + muLaw.length < wanted) return void (this.droppedBytes += this.#ring.write(muLaw));
    if (session?.isClogged) return this.#hold(muLaw, isRealTime);
    this.#cloggedBytes = 0;
    if (
      session && this.#ring.length === 0 && muLaw.length >= wanted &&
      muLaw.length <= MAX_APPEND_MS * BYTES_PER_MS
    ) {
      if (this.#ring.capacity > 0) this.#ring.clear(); // not needed while each frame is an append
      return this.#append(session, muLaw);
    }
    this.droppedBytes += this.#ring.write(muLaw);
    if (session) this.#drain(session, wanted);
  }

  /** Keeps audio that does not fit into the session's socket. The next frame tries again. */
  #hold(muLaw: Uint8Array, isRealTime: boolean): void {
    this.droppedBytes += this.#ring.write(muLaw);
    // No socket has room for all of it at once, which does not make a session stalled.
    if (!isRealTime) return;
    const before = this.#cloggedBytes;
    this.#cloggedBytes += muLaw.length;
    const limit = SESSION_STALLED_AFTER_MS * BYTES_PER_MS;
    if (before < limit && this.#cloggedBytes >= limit) this.#options.onStalled();
  }

  /**
   * Sends what is kept, in appends of at most {@link MAX_APPEND_MS}, until less than `wanted` bytes are left
   * or the socket is clogged.
   */
  #drain(session: UplinkSession, wanted: number): void {
    while (this.#ring.length > 0 && this.#ring.length >= wanted && !session.isClogged) {
      const piece = this.#transcoder.input().subarray(0, MAX_APPEND_MS * BYTES_PER_MS);
      this.#append(session, piece.subarray(0, this.#ring.read(piece)));
    }
  }

  #append(session: UplinkSession, muLaw: Uint8Array): void {
    this.appendedBytes += muLaw.length;
    session.appendAudio(encodeBase64(this.#transcoder.up(muLaw)));
  }
}
