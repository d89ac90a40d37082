import { CallTape } from "./call_tape.js";
import { openMicrophone } from "./voice_sources.js";

/** Delays kept, of each kind. */
const MAX_DELAYS = 500;
/** Between two looks at how far away the server is. */
const PING_EVERY_MS = 1_000;

/**
 * What a call is placed with.
 *
 * @typedef {object} CallWish
 * @property {string} business
 * @property {string} from
 * @property {number} delayMs each way
 * @property {number} lossShare of the frames, each way, from 0 to 1
 * @property {boolean} hasMicrophone
 * @property {boolean} isCleaned whether the browser takes out echo and noise
 */

/**
 * Who is told what becomes of a call.
 *
 * @typedef {object} CallListener
 * @property {(callSid: string) => void} placed
 * @property {(what: string, detail: string) => void} happened
 * @property {(said: number, heard: number) => void} level from 0 to 1, each 20 ms
 * @property {(reason: string, problems: readonly string[]) => void} over once, however it ends
 */

/** One call: microphone and clips on one side, the line to the server on the other. */
export class TelephoneCall {
  tape = new CallTape();
  #listener;
  #context = new AudioContext({ latencyHint: "interactive" });
  /** @type {AudioWorkletNode | undefined} */
  #node;
  /** @type {MediaStream | undefined} */
  #microphone;
  /** @type {WebSocket | undefined} */
  #socket;
  #lossShare = 0;
  #saidLevel = 0;
  #isOver = false;
  #reason = "The connection was lost.";
  /** @type {readonly string[]} */
  #problems = [];
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  /** Milliseconds from the last sample of a frame to its way into the network, from sound's arrival to its play, and there and back. */
  #delays = {
    /** @type {number[]} */
    said: [],
    /** @type {number[]} */
    heard: [],
    /** @type {number[]} */
    trip: [],
  };

  /** @param {CallListener} listener */
  constructor(listener) {
    this.#listener = listener;
  }

  get context() {
    return this.#context;
  }

  /**
   * Places the call. Resolves when it is on its way.
   *
   * @param {CallWish} wish
   */
  async place({ business, from, delayMs, lossShare, hasMicrophone, isCleaned }) {
    this.#lossShare = lossShare;
    try {
      await this.#openSound(hasMicrophone, isCleaned, lossShare);
      await this.#openLine();
    } catch (error) {
      this.#reason = error instanceof Error ? error.message : String(error);
      return this.#end();
    }
    this.#tell({ event: "call", business, from, delayMs });
  }

  /** @param {string} key */
  press(key) {
    this.#tell({ event: "key", key });
  }

  hangUp() {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#tell({ event: "hang_up" });
    else this.#end();
  }

  /**
   * Says a clip.
   *
   * @param {AudioBuffer} clip
   */
  play(clip) {
    if (!this.#node || this.#isOver) return;
    const source = new AudioBufferSourceNode(this.#context, { buffer: clip });
    source.connect(this.#node);
    source.start();
  }

  /**
   * What this path adds to a talk, in milliseconds: of 95 % of the sounds, from the mouth to the server and from
   * the server to the ear. Undefined before anything was heard.
   */
  get addedDelayMs() {
    const { said, heard, trip } = this.#delays;
    if (said.length === 0 || heard.length === 0 || trip.length === 0) return undefined;
    return percentile(said, 0.95) + percentile(heard, 0.95) + percentile(trip, 0.5);
  }

  /**
   * @param {boolean} hasMicrophone
   * @param {boolean} isCleaned
   * @param {number} lossShare
   */
  async #openSound(hasMicrophone, isCleaned, lossShare) {
    const context = this.#context;
    if (hasMicrophone) this.#microphone = await openMicrophone(isCleaned);
    await context.audioWorklet.addModule("/dashboard/telephone/worklet.js");
    if (context.state === "suspended") await context.resume();
    const node = this.#node = new AudioWorkletNode(context, "line", { outputChannelCount: [1] });
    node.port.onmessage = ({ data }) => this.#onLine(data);
    const latencyMs = 1000 * (context.baseLatency + (context.outputLatency || 0));
    node.port.postMessage({ lossShare, latencyMs });
    node.connect(context.destination);
    if (this.#microphone) context.createMediaStreamSource(this.#microphone).connect(node);
  }

  async #openLine() {
    const socket = this.#socket = new WebSocket(
      `${location.origin.replace(/^http/, "ws")}/dashboard/telephone/line`,
    );
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => this.#receive(data));
    const opened = new Promise((resolve) => socket.addEventListener("open", resolve));
    const closed = new Promise((_, reject) => {
      socket.addEventListener("close", ({ code, reason }) => {
        if (code !== 1000) this.#reason = reason || this.#reason;
        this.#end();
        reject(new Error("The server has no line for this call."));
      });
    });
    closed.catch(() => {}); // once it is open, the end of the call is told in another way
    await Promise.race([opened, closed]);
    this.#timer = setInterval(() => this.#tell({ event: "ping", atMs: Date.now() }), PING_EVERY_MS);
  }

  /** @param {unknown} data */
  #receive(data) {
    if (data instanceof ArrayBuffer) {
      const hear = new Uint8Array(data);
      return this.#node?.port.postMessage({ hear, atMs: Date.now() }, [data]);
    }
    const message = JSON.parse(String(data));
    switch (message.event) {
      case "placed":
        return this.#listener.placed(message.callSid);
      case "mark":
        return this.#node?.port.postMessage({ mark: message.mark });
      case "clear":
        return this.#node?.port.postMessage({ clear: true });
      case "happened":
        return this.#listener.happened(message.what, message.detail ?? "");
      case "pong":
        return keep(this.#delays.trip, Date.now() - message.atMs);
      case "over":
        this.#reason = message.by === "caller" ? "You hung up." : "The other side hung up.";
        this.#problems = message.problems;
    }
  }

  /** @param {{ said?: Uint8Array<ArrayBuffer>, heard?: Uint8Array, atMs: number, played?: string, begunAfterMs?: number }} message */
  #onLine({ said, heard, atMs, played, begunAfterMs }) {
    if (said) {
      this.tape.said(said);
      this.#saidLevel = levelOf(said);
      this.#send(Math.random() < this.#lossShare ? new Uint8Array() : said);
      keep(this.#delays.said, Date.now() - atMs);
    }
    if (heard) {
      this.tape.heard(heard);
      this.#listener.level(this.#saidLevel, levelOf(heard));
    }
    if (played !== undefined) this.#tell({ event: "played", mark: played });
    if (begunAfterMs !== undefined) keep(this.#delays.heard, begunAfterMs);
  }

  /** @param {object} message */
  #tell(message) {
    this.#send(JSON.stringify(message));
  }

  /** @param {string | Uint8Array<ArrayBuffer>} message */
  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(message);
  }

  #end() {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#socket?.close();
    for (const track of this.#microphone?.getTracks() ?? []) track.stop();
    if (this.#node) this.#node.port.onmessage = null;
    this.#node?.disconnect();
    void this.#context.close();
    this.#listener.over(this.#reason, this.#problems);
  }
}

/**
 * How loud 20 ms of mu-law are, from 0 to 1: the code's magnitude, which is a logarithm of the sample's.
 *
 * @param {Uint8Array} frame
 */
function levelOf(frame) {
  let most = 0;
  for (const code of frame) most = Math.max(most, ~code & 0x7f);
  return most / 127;
}

/**
 * @param {number[]} values
 * @param {number} value
 */
function keep(values, value) {
  values.push(value);
  if (values.length > MAX_DELAYS) values.shift();
}

/**
 * @param {readonly number[]} values
 * @param {number} share
 */
function percentile(values, share) {
  return values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1];
}
