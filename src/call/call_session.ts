import { encodeBase64 } from "../audio/base64.ts";
import type { AudioEngine, Transcoder } from "../audio/transcoder.ts";
import type { Business } from "../businesses/business.ts";
import type { ServerEvent } from "../realtime/events.ts";
import type { RealtimeError } from "../realtime/realtime_error.ts";
import type { RealtimeHandler, RealtimeSession } from "../realtime/realtime_session.ts";
import type { Log } from "../telemetry/log.ts";
import type { MediaStream, MediaStreamHandler, StreamEnd } from "../twilio/media_stream.ts";
import type { Clock } from "../util/clock.ts";
import { AppError } from "../util/errors.ts";
import { Playback, type PlaybackOptions } from "./playback.ts";
import { Uplink } from "./uplink.ts";

const BYTES_PER_MS = 8;

/** Which call it is. Numbers are personal data: only the redacting log may have them. */
export interface CallInfo {
  callSid: string;
  from: string;
  to: string;
  business: Business;
}

/** What all calls of the process share. */
export interface CallServices {
  clock: Clock;
  log: Log;
  engine: AudioEngine;
  playback: PlaybackOptions;
  /** How much audio one append shall carry at present, in milliseconds. */
  appendMs: () => number;
  /** Opens a Realtime session for a business's call. */
  openRealtime: (info: CallInfo, handler: RealtimeHandler) => RealtimeSession;
}

/** Why a call ended. */
export type EndReason =
  /** Twilio said that the stream or the call stopped. */
  | "caller_hung_up"
  /** Twilio's socket went without a word. */
  | "stream_lost"
  /** OpenAI is gone; Twilio goes on with the fallback of the business. */
  | "agent_lost"
  /** The server stops. */
  | "server_stopped";

/** What is known of a call when it is over. All durations in milliseconds. */
export interface CallSummary {
  info: CallInfo;
  reason: EndReason;
  durationMs: number;
  /** Caller audio handed to OpenAI, silence for lost frames included. */
  uplinkMs: number;
  /** Caller audio dropped because OpenAI could not take it in time. */
  uplinkDroppedMs: number;
  /** Silence put in for caller audio that never came. */
  uplinkMissingMs: number;
  /** Model audio handed to Twilio. */
  downlinkMs: number;
  /** Model audio dropped because the output buffer was full. */
  downlinkDroppedMs: number;
  error: RealtimeError | undefined;
}

/** What a live call holds, in bytes. */
export interface CallMemory {
  /** Ring of model audio that waits for the caller. */
  outputRing: number;
  /** Ring of caller audio that waits for the model. */
  inputRing: number;
  /** Slot in the audio engine. */
  engine: number;
  /** Handed to the two sockets and not yet taken by the network. */
  backlog: number;
}

/**
 * One call: a Twilio stream, an OpenAI session, and the audio between them. Whichever side ends first, one disposer
 * releases everything that the call holds and closes the other side, and `onEnd` is told exactly once.
 */
export class CallSession implements MediaStreamHandler, RealtimeHandler {
  readonly #services: CallServices;
  readonly #log: Log;
  readonly #stream: MediaStream;
  readonly #onEnd: (summary: CallSummary) => void;
  readonly #startedAtMs: number;
  readonly #held: DisposableStack;
  readonly #transcoder: Transcoder;
  readonly #uplink: Uplink;
  readonly #playback: Playback;
  readonly #realtime: RealtimeSession;
  /** The item whose audio is coming in, and its response. */
  #itemId = "";
  #responseId = "";
  /** A response that the caller cut off; audio of it that still comes is not played. */
  #silencedResponseId = "";
  #downlinkDroppedMs = 0;
  #isEnded = false;

  constructor(
    stream: MediaStream,
    readonly info: CallInfo,
    services: CallServices,
    onEnd: (summary: CallSummary) => void,
  ) {
    this.#services = services;
    this.#log = services.log.with({ call: info.callSid, business: info.business.id });
    this.#stream = stream;
    this.#onEnd = onEnd;
    this.#startedAtMs = services.clock.now();
    using held = new DisposableStack(); // releases what is open already when a later step throws
    this.#transcoder = held.use(services.engine.open());
    this.#uplink = held.use(new Uplink(this.#transcoder, services.engine, services.appendMs));
    this.#playback = held.use(
      new Playback(
        {
          audio: (muLaw) => stream.sendMedia(encodeBase64(muLaw)),
          mark: (name) => stream.sendMark(name),
          clear: () => stream.sendClear(),
        },
        services.clock,
        services.playback,
        { onOverflow: (droppedMs) => this.#onOverflow(droppedMs) },
      ),
    );
    this.#realtime = services.openRealtime(info, this);
    held.defer(() => this.#realtime.close());
    this.#held = held.move();
    this.#log.info("call_started", { from: info.from, to: info.to });
  }

  /** Milliseconds since the call began. */
  get durationMs(): number {
    return this.#services.clock.now() - this.#startedAtMs;
  }

  /** What the call holds now. */
  get memory(): CallMemory {
    return {
      outputRing: this.#playback.capacityBytes,
      inputRing: this.#uplink.capacityBytes,
      engine: this.#isEnded ? 0 : this.#transcoder.bytesHeld,
      backlog: this.#stream.backlogBytes + this.#realtime.backlogBytes,
    };
  }

  /** Ends the call from our side. Twilio goes on with the `action` of its `<Connect>`. */
  end(reason: EndReason): void {
    this.#end(reason, undefined);
  }

  // From Twilio.

  onAudio(text: string, start: number, end: number): boolean {
    return this.#uplink.audio(text, start, end);
  }

  onMissingAudio(durationMs: number): void {
    this.#uplink.silence(durationMs);
  }

  onMark(name: string): void {
    this.#playback.onMark(name);
  }

  onDtmf(_digit: string): void {}

  onInboundLost(): void {
    this.#log.warn("caller_unheard");
  }

  onEnd(end: StreamEnd): void {
    this.#end(end === "stopped" ? "caller_hung_up" : "stream_lost", undefined);
  }

  // From OpenAI.

  onReady(): void {
    this.#uplink.attach(this.#realtime);
    const { instructions } = this.info.business.greeting;
    if (instructions) this.#realtime.send({ type: "response.create", response: { instructions } });
  }

  onAudioDelta(text: string, start: number, end: number, itemId: string, responseId: string): void {
    if (responseId === this.#silencedResponseId) return;
    this.#itemId = itemId;
    this.#responseId = responseId;
    try {
      this.#transcoder.down(text, start, end, this.#play);
    } catch (error) {
      if (!(error instanceof AppError && error.code === "audio_bad_base64")) throw error;
      this.#log.warn("bad_audio_delta", { item: itemId });
    }
  }

  onEvent(event: ServerEvent): void {
    switch (event.type) {
      case "response.output_audio.done":
        return this.#onItemAudioDone(event.item_id, event.response_id);
      case "input_audio_buffer.speech_started":
        return this.#onSpeechStarted();
    }
  }

  onError(error: RealtimeError, eventId: string | undefined): void {
    this.#log.warn("realtime_error", { code: error.code, message: error.message, eventId });
  }

  onLost(error: RealtimeError): void {
    this.#log.error("agent_lost", { code: error.code, kind: error.kind, message: error.message });
    this.#end("agent_lost", error);
  }

  readonly #play = (muLaw: Uint8Array): void => this.#playback.write(this.#itemId, this.#responseId, muLaw);

  #onItemAudioDone(itemId: string, responseId: string): void {
    if (responseId === this.#silencedResponseId) return;
    this.#itemId = itemId;
    this.#responseId = responseId;
    this.#transcoder.flushDown(this.#play);
    this.#playback.endItem(itemId);
  }

  /** The caller speaks into the answer: silence it, and tell the model how much of it was heard. */
  #onSpeechStarted(): void {
    if (this.#playback.unheardMs === 0) return;
    for (const item of this.#playback.interrupt()) {
      this.#silencedResponseId = item.responseId;
      this.#realtime.send({
        type: "conversation.item.truncate",
        item_id: item.itemId,
        content_index: 0,
        audio_end_ms: item.heardMs,
      });
    }
    this.#transcoder.resetDown();
  }

  #onOverflow(droppedMs: number): void {
    if (this.#downlinkDroppedMs === 0) this.#log.warn("output_buffer_full", { droppedMs });
    this.#downlinkDroppedMs += droppedMs;
  }

  #end(reason: EndReason, error: RealtimeError | undefined): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const summary: CallSummary = {
      info: this.info,
      reason,
      durationMs: this.durationMs,
      uplinkMs: this.#uplink.appendedBytes / BYTES_PER_MS,
      uplinkDroppedMs: this.#uplink.droppedBytes / BYTES_PER_MS,
      uplinkMissingMs: this.#stream.stats.missingAudioMs,
      downlinkMs: this.#playback.sentMs,
      downlinkDroppedMs: this.#downlinkDroppedMs,
      error,
    };
    this.#held.dispose();
    this.#stream.close();
    this.#log.info("call_ended", { reason, ...durations(summary) });
    this.#onEnd(summary);
  }
}

function durations(summary: CallSummary): Record<string, number> {
  return Object.fromEntries(
    Object.entries(summary).filter((entry): entry is [string, number] => typeof entry[1] === "number")
      .map(([name, value]) => [name, Math.round(value)]),
  );
}
