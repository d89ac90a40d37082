import { after, type Clock, type Timer, within } from "../../util/clock.ts";
import { AppError } from "../../util/errors.ts";
import { FloodGate } from "../../util/flood_gate.ts";
import { InboundTrack, STALE, STALL_AFTER_MS, STALL_FILL_MS } from "./inbound_track.ts";
import { base64ByteLength, MediaScan } from "./media_scan.ts";
import type { CallStream, MediaStreamHandler, StreamEnd } from "../carrier.ts";
import {
  type InboundMessage,
  MULAW_BYTES_PER_MS,
  OutboundMessages,
  parseInbound,
  type StreamStart,
} from "./stream_protocol.ts";
import { LOST_AFTER_MS, StreamSilence } from "./stream_silence.ts";

/**
 * Longest message accepted, in characters. Twilio's are about 400; 60 kB of brackets cost 6 ms, this 0.3.
 */
export const MAX_STREAM_MESSAGE_CHARS = 8_192;
/**
 * A stream that sends more than this is closed. Twilio sends 50 messages a second; after an outage, half a
 * minute's at once.
 */
export const STREAM_FLOOD = { maxMessages: 5_000, windowMs: 10_000 };
/**
 * A stream that leaves more than this unread is closed. We stop sending far below it, unless the peer never
 * reads.
 */
export const STREAM_CUT_BYTES = 256 * 1024;
/** Malformed messages that one stream may send before it is closed. Each is ignored and counted. */
export const MAX_MALFORMED_MESSAGES = 100;
/**
 * How many malformed messages of a stream are reported: the first ones tell the story, and a flood would fill
 * the log.
 */
const MAX_REPORTED_MESSAGES = 3;
/**
 * Messages held while `accept` decides: four seconds of audio, since it may ask other processes about the
 * call, twice for a second each. More close the stream.
 */
export const MAX_HELD_MESSAGES = 200;
/** `start` must arrive within this time after the socket opened. */
export const START_TIMEOUT_MS = 5_000;
/** The watchdog may fire this much later, together with those of other streams. */
const STALL_SLACK_MS = 50;
/** The name of the mark that asks whether Twilio is still there. No mark of a call has it. */
const ALIVE_MARK = "alive";

/** Decides on `start` whether a stream may live: resolves with the call's handler, or undefined (1008). */
export type StreamAcceptor = (
  start: StreamStart,
  stream: MediaStream,
) => Promise<MediaStreamHandler | undefined>;

/** The part of a `WebSocket` that a stream uses. */
export type StreamSocket = Pick<
  WebSocket,
  "send" | "close" | "readyState" | "bufferedAmount" | "addEventListener" | "removeEventListener"
>;

/** Why a message was ignored or the stream ended. */
export interface StreamViolation {
  /** Stable identifier. */
  readonly code: string;
  readonly detail: string;
  /** How many messages of the stream have been ignored as malformed so far. */
  readonly malformed: number;
  /** From `start`; undefined before it. */
  readonly callSid: string | undefined;
}

/** What the stream reports to its operator, not to the call. */
export interface MediaStreamObserver {
  /**
   * A message was ignored (only the first {@link MAX_REPORTED_MESSAGES} are reported), or ends the stream.
   */
  onViolation(violation: StreamViolation): void;
  /** A handler threw. The stream is closed after this. @param callSid from `start`; undefined before it */
  onHandlerError(error: unknown, callSid: string | undefined): void;
}

/** Counters of one stream. */
export interface MediaStreamStats {
  messages: number;
  malformed: number;
  missingAudioMs: number;
  /** Frames of the caller's audio that came twice, or after those that follow them. None was played. */
  staleFrames: number;
}

type State = "waiting" | "deciding" | "live" | "ended";
const OPEN = 1;

/**
 * One bidirectional Twilio media stream over an accepted WebSocket.
 * Source: https://www.twilio.com/docs/voice/media-streams/websocket-messages
 */
export class MediaStream implements CallStream {
  readonly stats: MediaStreamStats = { messages: 0, malformed: 0, missingAudioMs: 0, staleFrames: 0 };

  readonly #socket: StreamSocket;
  readonly #clock: Clock;
  readonly #accept: StreamAcceptor;
  readonly #observer: MediaStreamObserver;
  readonly #flood: FloodGate;
  #state: State = "waiting";
  #handler: MediaStreamHandler | undefined;
  #held: string[] = [];
  #scan: MediaScan | undefined;
  #outbound: OutboundMessages | undefined;
  #streamSid = "";
  #callSid: string | undefined;
  readonly #track = new InboundTrack();
  readonly #silence = new StreamSilence();
  #watchdog: Timer;

  constructor(socket: StreamSocket, clock: Clock, accept: StreamAcceptor, observer: MediaStreamObserver) {
    this.#socket = socket;
    this.#clock = clock;
    this.#accept = accept;
    this.#observer = observer;
    this.#flood = new FloodGate(clock, STREAM_FLOOD);
    // Not by `onmessage`, which the runtime wraps into a function for each event of each socket.
    socket.addEventListener("message", this.#receive);
    socket.addEventListener("close", this.#closed); // follows each error, too
    this.#watchdog = within(clock, START_TIMEOUT_MS, () => {
      this.#refuse(1008, "no start", "start_timeout", `no start within ${START_TIMEOUT_MS} ms`);
    });
  }

  get isEnded(): boolean {
    return this.#state === "ended";
  }

  get backlogBytes(): number {
    return this.#state === "ended" ? 0 : this.#socket.bufferedAmount;
  }

  sendMedia(payload: string): void {
    this.#send(this.#outbound?.media(payload));
  }

  sendMark(name: string): void {
    this.#send(this.#outbound?.mark(name));
  }

  sendClear(): void {
    this.#send(this.#outbound?.clear);
  }

  /** Ends the stream; Twilio continues with the `action` of its `<Connect>`. */
  close(code = 1000, reason = ""): void {
    if (this.#state === "ended") return;
    try {
      this.#socket.close(code, reason);
    } catch (error) {
      this.#observer.onHandlerError(error, this.#callSid);
    }
    // When the peer is stuck, the close event may come late or never, so the end does not wait for it.
    this.#end("local");
  }

  #send(message: string | undefined): void {
    if (message === undefined || this.#state !== "live" || this.#socket.readyState !== OPEN) return;
    if (this.#socket.bufferedAmount <= STREAM_CUT_BYTES) return this.#socket.send(message);
    queueMicrotask(() => this.#unread()); // not now: whoever sends is in the middle of something
  }

  #unread(): void {
    if (this.#state === "ended") return;
    const detail = `${this.#socket.bufferedAmount} bytes are unread`;
    this.#refuse(1013, "nothing is read", "backlog_too_long", detail);
  }

  /** Not by `#guard`, which would take a closure for each message. */
  readonly #receive = ({ data }: MessageEvent): void => {
    try {
      this.#onMessage(data);
    } catch (error) {
      this.#failed(error);
    }
  };

  readonly #closed = (): void => this.#end("closed");

  #onMessage(data: unknown): void {
    if (this.#state === "ended") return;
    this.stats.messages++;
    if (!this.#flood.admits()) {
      const detail = `more than ${STREAM_FLOOD.maxMessages} messages within ${STREAM_FLOOD.windowMs} ms`;
      return this.#refuse(1008, "too many messages", "flood", detail);
    }
    if (typeof data !== "string") {
      return this.#refuse(1003, "text frames only", "binary_message", "Twilio sends text frames only");
    }
    if (data.length > MAX_STREAM_MESSAGE_CHARS) {
      const detail = `${data.length} characters, at most ${MAX_STREAM_MESSAGE_CHARS}`;
      return this.#refuse(1009, "message too long", "message_too_long", detail);
    }
    const scan = this.#scan;
    if (scan?.matches(data) && this.#state === "live") {
      return this.#onMedia(data, scan.payloadStart, scan.payloadEnd, scan.sequence, scan.timestampMs);
    }
    if (this.#state === "deciding") return this.#hold(data);
    this.#onOther(data);
  }

  #onOther(text: string): void {
    let message: InboundMessage | undefined;
    try {
      message = parseInbound(text);
    } catch (error) {
      return this.#malformed("malformed_message", String(error));
    }
    if (message === undefined || message.event === "connected") return;
    if (message.event === "start") return this.#onStart(message.start);
    if (this.#state === "waiting") {
      return this.#refuse(1008, "start first", "before_start", `${message.event} before start`);
    }
    if (message.streamSid !== this.#streamSid) {
      return this.#malformed("wrong_stream_sid", `${message.event} for another stream`);
    }
    switch (message.event) {
      case "media":
        return this.#onMedia(
          message.media.payload,
          0,
          message.media.payload.length,
          message.sequence,
          Number(message.media.timestamp),
        );
      case "mark":
        return this.#handler?.onMark(message.mark.name);
      case "dtmf":
        return this.#handler?.onDtmf(message.dtmf.digit);
      case "stop":
        this.#end("stopped");
        // Twilio closes the socket after this; a peer that does not would keep it open for ever.
        return this.#socket.close(1000);
    }
  }

  #onStart(start: StreamStart): void {
    if (this.#state !== "waiting") return this.#malformed("second_start", "one start per stream");
    this.#state = "deciding";
    this.#streamSid = start.streamSid;
    this.#callSid = start.callSid;
    this.#scan = new MediaScan(start.streamSid);
    this.#outbound = new OutboundMessages(start.streamSid);
    this.#accept(start, this).then(
      (handler) => this.#guard(() => this.#decided(handler)),
      (error) => {
        this.#observer.onHandlerError(error, this.#callSid);
        this.close(1011, "could not accept the stream");
      },
    );
  }

  #decided(handler: MediaStreamHandler | undefined): void {
    if (this.#state === "ended") return handler?.onEnd("closed");
    if (!handler) return this.close(1008, "stream refused");
    this.#watchdog.cancel();
    this.#handler = handler;
    this.#state = "live";
    this.#track.begin(this.#clock.awake());
    this.#watch(STALL_AFTER_MS);
    const held = this.#held;
    this.#held = [];
    for (const text of held) {
      this.stats.messages--; // counted when it was held
      this.#onMessage(text);
    }
  }

  #hold(text: string): void {
    if (this.#held.length < MAX_HELD_MESSAGES) return void this.#held.push(text);
    const detail = `more than ${MAX_HELD_MESSAGES} messages before the stream was accepted`;
    this.#refuse(1008, "too many messages", "too_many_held", detail);
  }

  #onMedia(text: string, start: number, end: number, sequence: number, timestampMs: number): void {
    const handler = this.#handler;
    if (!handler) return;
    if (!Number.isFinite(timestampMs)) {
      return this.#malformed("bad_timestamp", "media.timestamp is not a number");
    }
    const durationMs = base64ByteLength(text, start, end) / MULAW_BYTES_PER_MS;
    const missingMs = this.#track.frame(this.#clock.awake(), sequence, timestampMs, durationMs);
    if (missingMs === STALE) return void this.stats.staleFrames++;
    if (missingMs > 0) this.#fill(missingMs);
    if (!handler.callerAudio.write(text, start, end)) {
      this.#malformed("bad_payload", "media.payload is not base64");
    }
  }

  #fill(durationMs: number): void {
    this.stats.missingAudioMs += durationMs;
    this.#handler?.callerAudio.writeSilence(durationMs);
  }

  /**
   * Looks again after `delayMs`. One timer per stream, set again only when it fires: frames never touch it.
   */
  #watch(delayMs: number): void {
    if (this.#state !== "live") return; // the handler has just ended the stream
    this.#watchdog = after(
      this.#clock,
      delayMs,
      () => this.#guard(() => this.#checkStall()),
      STALL_SLACK_MS,
    );
  }

  #checkStall(): void {
    const leftMs = this.#track.stallsInMs(this.#clock.awake());
    if (leftMs > 0) return this.#watch(leftMs);
    this.#checkSilence();
    const missingMs = this.#track.stalled();
    if (missingMs > 0) {
      this.#fill(missingMs);
      if (this.#track.isLost) this.#handler?.onInboundLost();
    }
    this.#watch(STALL_FILL_MS);
  }

  /** Whether anybody is still there. */
  #checkSilence(): void {
    const found = this.#silence.look(this.stats.messages);
    if (found === "ask") this.sendMark(ALIVE_MARK);
    if (found !== "lost") return;
    this.#violation("stream_silent", `no message for ${LOST_AFTER_MS} ms`);
    this.#socket.close(1001, "silent");
    this.#end("closed");
  }

  /** Ignores a message. */
  #malformed(code: string, detail: string): void {
    this.stats.malformed++;
    if (this.stats.malformed <= MAX_REPORTED_MESSAGES) this.#violation(code, detail);
    if (this.stats.malformed <= MAX_MALFORMED_MESSAGES) return;
    const last = `more than ${MAX_MALFORMED_MESSAGES}, the last one: ${code}, ${detail}`;
    this.#refuse(1008, "too many malformed messages", "too_many_malformed", last);
  }

  /** Ends the stream for what came in, or did not come. */
  #refuse(closeCode: number, reason: string, code: string, detail: string): void {
    this.#violation(code, detail);
    this.close(closeCode, reason);
  }

  #violation(code: string, detail: string): void {
    this.#observer.onViolation({ code, detail, malformed: this.stats.malformed, callSid: this.#callSid });
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#observer.onHandlerError(
      new AppError("stream_handler_failed", "A stream's handler threw.", { cause: error }),
      this.#callSid,
    );
    this.close(1011, "internal error");
  }

  #end(end: StreamEnd): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#watchdog.cancel();
    this.#held = [];
    this.#socket.removeEventListener("message", this.#receive);
    this.#socket.removeEventListener("close", this.#closed);
    const handler = this.#handler;
    this.#handler = undefined;
    try {
      handler?.onEnd(end);
    } catch (error) {
      this.#observer.onHandlerError(error, this.#callSid);
    }
  }
}
