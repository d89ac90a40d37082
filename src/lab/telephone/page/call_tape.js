import { LINE_HZ, MU_LAW_VALUES } from "./line_codec.js";

/** Half an hour of either side: 29 MB in all. What comes later is not recorded. */
const MAX_TAPE_FRAMES = 90_000;
/** Bytes before the samples of a WAV file. */
const WAV_HEAD_BYTES = 44;

/** What both sides said, as the caller's end of the line had it. */
export class CallTape {
  /** @type {Uint8Array[]} */
  #said = [];
  /** @type {Uint8Array[]} */
  #heard = [];

  /** @param {Uint8Array} frame */
  said(frame) {
    if (this.#said.length < MAX_TAPE_FRAMES) this.#said.push(frame);
  }

  /** @param {Uint8Array} frame */
  heard(frame) {
    if (this.#heard.length < MAX_TAPE_FRAMES) this.#heard.push(frame);
  }

  /** Whether there is anything on it. */
  get isEmpty() {
    return this.#heard.length === 0;
  }

  /** Whether the call was longer than the tape. */
  get isFull() {
    return this.#heard.length === MAX_TAPE_FRAMES;
  }

  /** As a WAV file of two channels: the caller left, the agent right. */
  toWav() {
    const frames = Math.min(this.#said.length, this.#heard.length);
    const frameBytes = this.#heard[0]?.length ?? 0;
    const bytes = new ArrayBuffer(WAV_HEAD_BYTES + 4 * frames * frameBytes);
    const view = new DataView(bytes);
    writeWavHead(view, 2, 4 * frames * frameBytes);
    let at = WAV_HEAD_BYTES;
    for (let frame = 0; frame < frames; frame++) {
      for (let index = 0; index < frameBytes; index++, at += 4) {
        view.setInt16(at, 32768 * MU_LAW_VALUES[this.#said[frame][index]], true);
        view.setInt16(at + 2, 32768 * MU_LAW_VALUES[this.#heard[frame][index]], true);
      }
    }
    return new Blob([bytes], { type: "audio/wav" });
  }
}

/**
 * Writes the head of a WAV file of 16-bit samples.
 *
 * @param {DataView} view
 * @param {number} channels
 * @param {number} dataBytes
 */
function writeWavHead(view, channels, dataBytes) {
  const tag = (/** @type {number} */ at, /** @type {string} */ text) => {
    for (let index = 0; index < text.length; index++) view.setUint8(at + index, text.charCodeAt(index));
  };
  tag(0, "RIFF");
  view.setUint32(4, WAV_HEAD_BYTES - 8 + dataBytes, true);
  tag(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, LINE_HZ, true);
  view.setUint32(28, 2 * channels * LINE_HZ, true);
  view.setUint16(32, 2 * channels, true);
  view.setUint16(34, 16, true);
  tag(36, "data");
  view.setUint32(40, dataBytes, true);
}
