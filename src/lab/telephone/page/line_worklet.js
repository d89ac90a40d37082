import { LINE_HZ, MU_LAW_VALUES, muLawCode, RateChanger, SILENT_CODE } from "./line_codec.js";
import { Playout } from "./playout.js";

/** 20 ms. */
const WORKLET_FRAME_BYTES = 160;

/**
 * What a worklet's scope has beside the language.
 *
 * @typedef {object} WorkletScope
 * @property {number} sampleRate
 * @property {(name: string, processor: unknown) => void} registerProcessor
 * @property {new () => { readonly port: MessagePort }} AudioWorkletProcessor
 */
const worklet = /** @type {WorkletScope} */ (/** @type {unknown} */ (globalThis));

/**
 * The line: takes what the caller says at the rate of the device, in frames of 20 ms of mu-law, and plays what
 * comes. Told by messages `{ hear, atMs }`, `{ mark }`, `{ clear }`, `{ latencyMs, lossShare }`; tells `{ said, atMs }`,
 * `{ heard }`, `{ played }`, `{ begunAfterMs }`.
 */
class LineProcessor extends worklet.AudioWorkletProcessor {
  #down = new RateChanger(worklet.sampleRate, LINE_HZ);
  #up = new RateChanger(LINE_HZ, worklet.sampleRate);
  #said = new Uint8Array(WORKLET_FRAME_BYTES);
  #saidBytes = 0;
  #heard = new Uint8Array(WORKLET_FRAME_BYTES);
  #heardBytes = 0;
  /** Bytes that the line has been open for. */
  #clock = 0;
  /** How long sound takes from here to the ear, in bytes. */
  #latency = 0;
  #lossShare = 0;
  #isLost = false;
  /** @type {{ mark: string, at: number }[]} */
  #due = [];
  #playout = new Playout(
    (mark) => this.#due.push({ mark, at: this.#clock + this.#latency }),
    (arrivedAtMs) => this.port.postMessage({ begunAfterMs: Date.now() - arrivedAtMs }),
  );

  constructor() {
    super();
    this.port.onmessage = ({ data }) => this.#take(data);
  }

  /**
   * @param {Float32Array[][]} inputs
   * @param {Float32Array[][]} outputs
   */
  process([input], [output]) {
    const [ear, ...others] = output;
    const { length } = ear;
    for (let at = 0; at < length; at++) {
      let sample = 0;
      for (const channel of input) sample += channel[at] / input.length;
      this.#down.push(sample);
    }
    while (this.#down.isReady) this.#say(muLawCode(this.#down.read()));
    for (let at = 0; at < length; at++) {
      while (!this.#up.isReady) this.#up.push(MU_LAW_VALUES[this.#hear()]);
      ear[at] = this.#up.read();
    }
    for (const other of others) other.set(ear);
    while (this.#due.length > 0 && this.#due[0].at <= this.#clock) {
      this.port.postMessage({ played: this.#due.shift()?.mark });
    }
    return true;
  }

  /** @param {number} code */
  #say(code) {
    this.#said[this.#saidBytes++] = code;
    if (this.#saidBytes < WORKLET_FRAME_BYTES) return;
    this.port.postMessage({ said: this.#said.slice(), atMs: Date.now() });
    this.#saidBytes = 0;
  }

  #hear() {
    if (this.#clock++ % WORKLET_FRAME_BYTES === 0) this.#isLost = Math.random() < this.#lossShare;
    const next = this.#playout.next();
    const code = this.#isLost ? SILENT_CODE : next;
    this.#heard[this.#heardBytes++] = code;
    if (this.#heardBytes === WORKLET_FRAME_BYTES) {
      this.port.postMessage({ heard: this.#heard.slice() });
      this.#heardBytes = 0;
    }
    return code;
  }

  /** @param {{ hear?: Uint8Array, atMs?: number, mark?: string, clear?: true, latencyMs?: number, lossShare?: number }} message */
  #take({ hear, atMs = 0, mark, clear, latencyMs, lossShare }) {
    if (hear) this.#playout.push(hear, atMs);
    if (mark !== undefined) this.#playout.mark(mark);
    if (clear) this.#clear();
    if (latencyMs !== undefined) this.#latency = Math.round(latencyMs * LINE_HZ / 1000);
    if (lossShare !== undefined) this.#lossShare = lossShare;
  }

  /** What is on its way to the ear cannot be called back, but no mark waits for it. */
  #clear() {
    this.#playout.clear();
    for (const { mark } of this.#due.splice(0)) this.port.postMessage({ played: mark });
  }
}

worklet.registerProcessor("line", LineProcessor);
