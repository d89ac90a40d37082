import { decodeBase64 } from "../../audio/base64.ts";
import type { Timer } from "../../util/clock.ts";
import type { Trigger } from "./agent.ts";
import { wireCodec } from "./audio/wire_codec.ts";
import { InputBuffer } from "./input_buffer.ts";
import { ProtocolError } from "./protocol_error.ts";
import type { ResponseRun } from "./responses/response_run.ts";
import type { SessionHost } from "./session_host.ts";
import { addBounded } from "./session_record.ts";
import { levelDb, VoiceActivity, voiceActivitySettings } from "./voice_activity.ts";

/** The most that one append event may carry. */
export const MAX_APPEND_BYTES = 15 * 1024 * 1024;
/** Less cannot be committed (seen of the API). */
const MIN_COMMIT_MS = 100;
const MAX_SCRATCH_BYTES = 64 * 1024;

/** What turns bring about elsewhere in the session. */
export interface TurnEffects {
  /** The user began to speak, and the session wants that to interrupt. */
  interrupt(): void;
  committed(turnNumber: number, itemId: string): void;
  /** The committed turn wants an answer. */
  respond(turnNumber: number, trigger: Trigger): void;
}

/** Appended audio is decoded here before it is sorted into windows; all sessions share it, none keeps it. */
let scratch = new Uint8Array(8 * 1024);

/** The user's side of a session: input buffer, voice activity, commits, and the idle time-out. */
export class EmulatedTurns {
  readonly #host: SessionHost;
  readonly #effects: TurnEffects;
  readonly #buffer: InputBuffer;
  readonly #activity = new VoiceActivity();
  #number = 0;
  #itemId = "";
  #speechStartMs = 0;
  #idleTimer: Timer | undefined;
  #idleFromMs = 0;

  constructor(host: SessionHost, effects: TurnEffects) {
    this.#host = host;
    this.#effects = effects;
    this.#buffer = new InputBuffer(host.config.audio.input.format.type, host.agent.keepsAudio ?? true);
  }

  /** Turns committed so far. */
  get number(): number {
    return this.#number;
  }

  /** The configuration changed. */
  configured(): void {
    const { format, turn_detection } = this.#host.config.audio.input;
    this.#buffer.setFormat(format.type);
    if (turn_detection === null) this.#activity.reset();
    // an update that leaves the time-out on does not put it off
    if (turn_detection?.type !== "server_vad" || !turn_detection.idle_timeout_ms) this.#stopIdle();
  }

  /** @throws {ProtocolError} for audio that is not base64 or too much */
  append(base64: string): void {
    const { record, totals, config } = this.#host;
    const bytes = decode(base64);
    const ms = bytes.length / wireCodec(config.audio.input.format.type).bytesPerMs;
    record.appended.count++;
    record.appended.bytes += bytes.length;
    record.appended.ms += ms;
    totals.appendedMs += ms;
    this.#buffer.append(bytes, (samples) => this.#window(samples));
    this.#host.reached({ on: "appended", ms: record.appended.ms });
  }

  /** A commit by hand. @throws {ProtocolError} `input_audio_buffer_commit_empty` */
  commit(): void {
    const { bufferedMs } = this.#buffer;
    if (bufferedMs < MIN_COMMIT_MS) {
      throw new ProtocolError(
        "input_audio_buffer_commit_empty",
        "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, " +
          `but buffer only has ${bufferedMs.toFixed(2)}ms of audio.`,
      );
    }
    const itemId = this.#activity.isSpeaking ? this.#itemId : this.#host.newId("item");
    this.#activity.reset();
    this.#take(itemId, this.#buffer.startMs);
  }

  clear(): void {
    this.#buffer.clear();
    this.#activity.reset();
    this.#host.emit({ type: "input_audio_buffer.cleared" });
  }

  responseStarted(): void {
    this.#stopIdle();
  }

  /** The idle time counts from the end of the response's playback, as if it was played at once. */
  responseDone(run: ResponseRun): void {
    const vad = this.#host.config.audio.input.turn_detection;
    if (vad?.type !== "server_vad" || !vad.idle_timeout_ms || !run.isInConversation) return;
    if (this.#activity.isSpeaking) return;
    this.#stopIdle();
    const { clock } = this.#host;
    this.#idleFromMs = this.#buffer.endMs + run.sentMs;
    this.#idleTimer = clock.at(clock.now() + run.sentMs + vad.idle_timeout_ms, () => this.#idle());
  }

  release(): void {
    this.#stopIdle();
    this.#buffer.clear();
  }

  #window(samples: Int16Array): void {
    const vad = this.#host.config.audio.input.turn_detection;
    if (!vad || this.#host.isOver) return;
    const settings = voiceActivitySettings(vad);
    const change = this.#activity.push(levelDb(samples), settings);
    if (change?.change === "started") this.#started(change.onsetMs, settings.prefixPaddingMs);
    else if (change?.change === "stopped") this.#stopped(vad.create_response);
    else if (!this.#activity.isSpeaking) this.#buffer.keepLast(settings.prefixPaddingMs);
  }

  #started(onsetMs: number, prefixPaddingMs: number): void {
    this.#stopIdle();
    this.#itemId = this.#host.newId("item");
    // never before what was committed or cleared last
    this.#speechStartMs = Math.max(this.#buffer.startMs, this.#buffer.endMs - onsetMs - prefixPaddingMs);
    this.#host.emit({
      type: "input_audio_buffer.speech_started",
      audio_start_ms: Math.round(this.#speechStartMs),
      item_id: this.#itemId,
    });
    this.#host.reached({ on: "speech_started", number: this.#number + 1 });
    if (this.#host.config.audio.input.turn_detection?.interrupt_response) this.#effects.interrupt();
  }

  #stopped(createResponse: boolean): void {
    this.#host.emit({
      type: "input_audio_buffer.speech_stopped",
      audio_end_ms: Math.round(this.#buffer.endMs),
      item_id: this.#itemId,
    });
    this.#host.reached({ on: "speech_stopped", number: this.#number + 1 });
    this.#take(this.#itemId, this.#speechStartMs);
    if (createResponse) this.#effects.respond(this.#number, "turn");
  }

  /** Commits the buffer from a position on as the user's next item. */
  #take(itemId: string, fromMs: number): void {
    const { conversation, record, clock } = this.#host;
    const heard = this.#buffer.take(fromMs);
    this.#number++;
    const endMs = heard.startMs + heard.durationMs;
    addBounded(record.turns, { itemId, startMs: heard.startMs, endMs, committedAtMs: clock.now() });
    const previous_item_id = conversation.lastId;
    this.#host.emit({ type: "input_audio_buffer.committed", previous_item_id, item_id: itemId });
    const { item } = conversation.add(
      {
        id: itemId,
        object: "realtime.item",
        type: "message",
        status: "completed",
        role: "user",
        content: [{ type: "input_audio", transcript: null }],
      },
      undefined,
      heard,
    );
    this.#host.emit({ type: "conversation.item.added", previous_item_id, item });
    this.#host.emit({ type: "conversation.item.done", previous_item_id, item });
    this.#effects.committed(this.#number, itemId);
  }

  #idle(): void {
    this.#idleTimer = undefined;
    const itemId = this.#host.newId("item");
    const { endMs } = this.#buffer;
    this.#host.emit({
      type: "input_audio_buffer.timeout_triggered",
      audio_start_ms: Math.round(Math.min(this.#idleFromMs, endMs)),
      audio_end_ms: Math.round(endMs),
      item_id: itemId,
    });
    this.#take(itemId, this.#buffer.startMs);
    this.#effects.respond(this.#number, "idle");
  }

  #stopIdle(): void {
    this.#idleTimer?.cancel();
    this.#idleTimer = undefined;
  }
}

/** The bytes are good until the next call. */
function decode(base64: string): Uint8Array {
  const room = Math.ceil(base64.length / 4) * 3;
  if (room > MAX_APPEND_BYTES) {
    throw new ProtocolError(
      "invalid_value",
      `Invalid 'audio': at most ${MAX_APPEND_BYTES} bytes of audio can be appended at a time.`,
      "audio",
    );
  }
  const target = room <= scratch.length ? scratch : new Uint8Array(room);
  if (target !== scratch && room <= MAX_SCRATCH_BYTES) scratch = target;
  try {
    return target.subarray(0, decodeBase64(base64, 0, base64.length, target));
  } catch {
    throw new ProtocolError(
      "invalid_value",
      "Invalid 'audio'. Expected base64-encoded audio bytes.",
      "audio",
    );
  }
}
