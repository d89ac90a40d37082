import { SILENT_CODE } from "./line_codec.js";

/** As much as Twilio buffers: ten minutes. More is lost. */
export const MAX_PLAYOUT_BYTES = 4_800_000;
/** Before sound begins, so much waits, in samples: 20 ms at first, more each time that it ran dry. */
const FIRST_WAIT = 160;
const MOST_WAIT = 800;
/** Sound that comes this long after the last one ended, in samples, is a new answer and no gap in one. */
const NEW_ANSWER_AFTER = 4_000;

/**
 * What the caller hears, byte by byte: sound in the order in which it came, and the marks in between, told when
 * they are reached. Waits a little before it begins, so that what comes a little late leaves no gap.
 */
export class Playout {
  /** @type {(Uint8Array | string)[]} */
  #queue = [];
  #at = 0;
  #queued = 0;
  #isPlaying = false;
  #wait = FIRST_WAIT;
  #waited = 0;
  #silentFor = Infinity;
  #arrivedAtMs = 0;
  /** @type {(mark: string) => void} */
  #onMark;
  /** @type {(arrivedAtMs: number) => void} */
  #onBegun;

  /**
   * @param {(mark: string) => void} onMark told when all sound before a mark has been taken
   * @param {(arrivedAtMs: number) => void} onBegun told when sound begins after silence, with when it came
   */
  constructor(onMark, onBegun = () => {}) {
    this.#onMark = onMark;
    this.#onBegun = onBegun;
  }

  /** Bytes still to be played. */
  get queuedBytes() {
    return this.#queued;
  }

  /**
   * Adds mu-law. What there is no room for is lost.
   *
   * @param {Uint8Array} bytes
   * @param {number} atMs when it came
   */
  push(bytes, atMs) {
    const room = MAX_PLAYOUT_BYTES - this.#queued;
    const taken = bytes.length > room ? bytes.subarray(0, room) : bytes;
    if (taken.length === 0) return;
    if (this.#queued === 0 && !this.#isPlaying) {
      this.#arrivedAtMs = atMs;
      this.#waited = 0;
      // A gap inside of an answer: from now on more is to be in hand.
      if (this.#silentFor < NEW_ANSWER_AFTER) this.#wait = Math.min(MOST_WAIT, this.#wait + FIRST_WAIT);
    }
    this.#queue.push(taken);
    this.#queued += taken.length;
  }

  /** @param {string} name */
  mark(name) {
    if (this.#queued === 0) this.#onMark(name);
    else this.#queue.push(name);
  }

  /** Throws away what is still to be played, and tells its marks. */
  clear() {
    const marks = this.#queue.filter((item) => typeof item === "string");
    this.#queue = [];
    this.#at = this.#queued = 0;
    this.#isPlaying = false;
    this.#silentFor = Infinity; // what comes next is a new answer
    for (const mark of marks) this.#onMark(mark);
  }

  /** The next byte; silence when there is none. */
  next() {
    if (!this.#isPlaying && !this.#begins()) {
      this.#silentFor++;
      return SILENT_CODE;
    }
    const head = /** @type {Uint8Array} */ (this.#queue[0]);
    const code = head[this.#at++];
    this.#queued--;
    if (this.#at === head.length) this.#advance();
    return code;
  }

  #begins() {
    if (this.#queued === 0 || (this.#queued < this.#wait && this.#waited++ < this.#wait)) return false;
    this.#isPlaying = true;
    this.#onBegun(this.#arrivedAtMs);
    return true;
  }

  #advance() {
    this.#queue.shift();
    this.#at = 0;
    while (typeof this.#queue[0] === "string") this.#onMark(/** @type {string} */ (this.#queue.shift()));
    if (this.#queue.length > 0) return;
    this.#isPlaying = false;
    this.#silentFor = 0;
  }
}
