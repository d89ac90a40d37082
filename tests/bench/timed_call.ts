// The two ends of a call, in one process and on one clock, for `delay_bench.ts`: what leaves one end is met at the other by
// counting its audio, and so its delay in the server is known frame by frame.

import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import { SESSION_BYTES_PER_MS } from "../../src/audio/transcoder.ts";
import { newSid } from "../../src/lab/twilio/emulated_call.ts";
import {
  connectedMessage,
  markMessage,
  mediaMessage,
  startMessage,
  stopMessage,
} from "../../src/lab/twilio/emulated_stream_messages.ts";
import { parseTwiml } from "../../src/lab/twilio/parse_twiml.ts";
import { voiceFields } from "../../src/lab/twilio/voice_fields.ts";
import { WebSocketClient } from "../../src/lab/twilio/web_socket_client.ts";
import type { Webhooks } from "../../src/lab/twilio/webhooks.ts";

/** Frames of the caller's, as Twilio sends them. */
const FRAME_MS = 20;
const DELTA_MS = 100;
/** Deltas come five times as fast as they are heard, … */
const DELTA_EVERY_MS = 20;
/** … and make an answer of eight seconds, … */
const ANSWER_DELTAS = 80;
/** … which begins so often. */
const ANSWER_EVERY_MS = 10_000;
/** The resampler holds back less than this of what it was given. */
const FILTER_MS = 5;

/** Delays in milliseconds that the server has added. */
export interface Delays {
  /** From a frame's sending to the coming of the append that has its end. */
  readonly up: number[];
  /** From a delta's sending to the coming of the message that has its end. */
  readonly down: number[];
}

/** Base64 of noise, as loud as a line on which nobody speaks. */
const FRAMES = Array.from({ length: 50 }, () => {
  const noise = crypto.getRandomValues(new Uint8Array(FRAME_MS * BYTES_PER_MS));
  return noise.map((byte) => byte | 0x70).toBase64();
});
const DELTA_24K = new Uint8Array(DELTA_MS * SESSION_BYTES_PER_MS.pcm24k).toBase64();
const DELTA_PCMU = new Uint8Array(DELTA_MS * SESSION_BYTES_PER_MS.pcmu).fill(0xff).toBase64();

let lastId = 0;
const newId = (kind: string) => `${kind}_${(++lastId).toString(36).padStart(16, "0")}`;

/** The model's end of a call. */
export class TimedSession {
  /** The call, once it is known whose session this is. */
  call: TimedCall | undefined;
  readonly #socket: WebSocket;
  #format: "pcm24k" | "pcmu" = "pcm24k";
  #appendedMs = 0;
  #answer: { responseId: string; itemId: string; startMs: number; deltas: number } | undefined;
  #nextAnswerMs = Infinity;

  constructor(socket: WebSocket, onReady: (session: TimedSession) => void) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      if (data.startsWith('{"type":"input_audio_buffer.append"')) return this.#appended(data);
      const { type, session } = JSON.parse(data);
      if (type === "response.create") this.#nextAnswerMs = performance.now();
      if (type !== "session.update") return;
      this.#send("session.updated", { session });
      if (this.#nextAnswerMs < Infinity) return; // a heartbeat
      if (session.audio?.input?.format?.type === "audio/pcmu") this.#format = "pcmu";
      this.#nextAnswerMs = performance.now() + ANSWER_EVERY_MS / 2;
      onReady(this);
    };
  }

  /** Sends what is due. */
  tick(nowMs: number): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (!this.#answer && nowMs >= this.#nextAnswerMs) this.#begin(nowMs);
    const answer = this.#answer;
    if (!answer) return;
    const due = Math.min(ANSWER_DELTAS, Math.floor((nowMs - answer.startMs) / DELTA_EVERY_MS) + 1);
    for (; answer.deltas < due; answer.deltas++) {
      this.call?.deltaSent(performance.now());
      this.#send("response.output_audio.delta", {
        ...this.#place(),
        delta: this.#format === "pcmu" ? DELTA_PCMU : DELTA_24K,
      });
    }
    if (answer.deltas === ANSWER_DELTAS) this.#end();
  }

  #begin(nowMs: number): void {
    this.#nextAnswerMs = nowMs + ANSWER_EVERY_MS;
    const [responseId, itemId] = [newId("resp"), newId("item")];
    this.#answer = { responseId, itemId, startMs: nowMs, deltas: 0 };
    this.call?.answerBegins();
    this.#send("response.created", { response: this.#response("in_progress") });
    this.#send("response.output_item.added", { ...this.#place(), item: this.#item("in_progress") });
    this.#send("conversation.item.added", { previous_item_id: null, item: this.#item("in_progress") });
    this.#send("response.content_part.added", { ...this.#place(), part: { type: "audio", transcript: "" } });
  }

  #end(): void {
    this.#send("response.output_audio.done", this.#place());
    this.#send("response.output_item.done", { ...this.#place(), item: this.#item("completed") });
    this.#send("response.done", { response: this.#response("completed") });
    this.#answer = undefined;
  }

  #place() {
    const { responseId = "", itemId = "" } = this.#answer ?? {};
    return { response_id: responseId, item_id: itemId, output_index: 0, content_index: 0 };
  }

  #item(status: string) {
    const content = status === "completed" ? [{ type: "output_audio", transcript: "words" }] : [];
    return {
      id: this.#answer?.itemId,
      object: "realtime.item",
      type: "message",
      role: "assistant",
      status,
      content,
    };
  }

  #response(status: string) {
    return {
      id: this.#answer?.responseId,
      object: "realtime.response",
      status,
      output: [],
      status_details: null,
    };
  }

  #send(type: string, event: Record<string, unknown>): void {
    this.#socket.send(JSON.stringify({ type, event_id: newId("event"), ...event }));
  }

  #appended(message: string): void {
    const nowMs = performance.now();
    const text = message.slice(message.lastIndexOf(":") + 2, -2);
    const bytes = text.length / 4 * 3 - (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0);
    this.#appendedMs += bytes / SESSION_BYTES_PER_MS[this.#format];
    this.call?.appended(this.#appendedMs, nowMs);
  }
}

/** The caller's end of a call. */
export class TimedCall {
  /** What was measured since {@link measure}. */
  delays: Delays | undefined;
  /** The longest silence in the middle of an answer, in milliseconds. */
  longestGapMs = 0;
  /** The lab's client, whose frames leave at once: the runtime's holds them for what is not acknowledged. */
  readonly #socket: WebSocketClient;
  #isUp = true;
  readonly #identity: { accountSid: string; callSid: string; streamSid: string };
  #sequence = 1;
  readonly #startMs: number;
  #frames = 0;
  readonly #sentAtMs: number[] = [];
  #met = 0;
  #heardMs = 0;
  #deltasAtMs: number[] = [];
  #deltasMet = 0;
  #answerFromMs = 0;
  #playEndMs = 0;
  #isInAnswer = false;
  readonly #marks: { name: string; dueMs: number }[] = [];

  private constructor(
    socket: WebSocketClient,
    accountSid: string,
    callSid: string,
    parameters: Record<string, string>,
  ) {
    this.#socket = socket;
    this.#identity = { accountSid, callSid, streamSid: newSid("MZ") };
    socket.listen({
      onText: (text) => this.#onMessage(text),
      onBinary() {},
      onClose: () => this.#isUp = false,
    });
    socket.send(connectedMessage());
    socket.send(startMessage(this.#identity, parameters));
    this.#startMs = performance.now();
  }

  /** Calls, as Twilio would have it. Undefined when the call is not connected to a stream. */
  static async dial(webhooks: Webhooks, accountSid: string): Promise<TimedCall | undefined> {
    const callSid = newSid("CA");
    const from = `+1555${String(Math.floor(Math.random() * 1e7)).padStart(7, "0")}`;
    const form = voiceFields({
      accountSid,
      callSid,
      status: "ringing",
      from,
      to: "+15550100199",
      direction: "inbound",
    });
    const base = webhooks.publicUrl("/voice");
    const { body } = await webhooks.request({ url: base, method: "POST" }, base, form);
    const stream = parseTwiml(body).find((verb) => verb.verb === "Connect")?.stream;
    if (!stream) return undefined;
    const { url, headers } = await webhooks.streamRequest(stream.url, base);
    const socket = await WebSocketClient.connect(url, { headers });
    return new TimedCall(socket, accountSid, callSid, stream.parameters);
  }

  /** Whether its stream is open. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** From now on delays are kept. */
  measure(): void {
    this.delays = { up: [], down: [] };
  }

  /** Sends the frames and the echoes that are due. */
  tick(nowMs: number): void {
    if (!this.isUp) return;
    for (; this.#startMs + this.#frames * FRAME_MS <= nowMs; this.#frames++) {
      this.#sentAtMs.push(performance.now());
      this.#socket.send(mediaMessage(
        ++this.#sequence,
        this.#frames + 1,
        this.#frames * FRAME_MS,
        FRAMES[this.#frames % FRAMES.length],
        this.#identity.streamSid,
      ));
    }
    while (this.#marks.length > 0 && this.#marks[0].dueMs <= nowMs) {
      this.#socket.send(markMessage(++this.#sequence, this.#marks.shift()!.name, this.#identity.streamSid));
    }
  }

  hangUp(): void {
    if (this.isUp) this.#socket.send(stopMessage(++this.#sequence, this.#identity));
    this.#socket.close();
  }

  /** The model has so much of the caller's audio. */
  appended(totalMs: number, nowMs: number): void {
    for (; this.#met < this.#sentAtMs.length && (this.#met + 1) * FRAME_MS <= totalMs + 0.5; this.#met++) {
      this.delays?.up.push(nowMs - this.#sentAtMs[this.#met]);
    }
  }

  answerBegins(): void {
    this.#deltasAtMs = [];
    this.#deltasMet = 0;
    this.#answerFromMs = this.#heardMs;
    this.#isInAnswer = false;
  }

  deltaSent(nowMs: number): void {
    this.#deltasAtMs.push(nowMs);
  }

  #onMessage(data: string): void {
    const nowMs = performance.now();
    const { event, media, mark } = JSON.parse(data);
    if (event === "mark") {
      return void this.#marks.push({ name: mark.name, dueMs: Math.max(nowMs, this.#playEndMs) });
    }
    if (event !== "media") return;
    const { payload } = media;
    const bytes = payload.length / 4 * 3 - (payload.endsWith("==") ? 2 : payload.endsWith("=") ? 1 : 0);
    const ms = bytes / BYTES_PER_MS;
    if (this.#isInAnswer && this.delays) {
      this.longestGapMs = Math.max(this.longestGapMs, nowMs - this.#playEndMs);
    }
    this.#isInAnswer = true;
    this.#playEndMs = Math.max(nowMs, this.#playEndMs) + ms;
    this.#heardMs += ms;
    const answerMs = this.#heardMs - this.#answerFromMs + FILTER_MS;
    for (
      ;
      this.#deltasMet < this.#deltasAtMs.length && (this.#deltasMet + 1) * DELTA_MS <= answerMs;
      this.#deltasMet++
    ) {
      this.delays?.down.push(nowMs - this.#deltasAtMs[this.#deltasMet]);
    }
  }
}
