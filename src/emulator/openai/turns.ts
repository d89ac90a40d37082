import { decodeBase64Whole } from "../../audio/base64.ts";
import { audioFormat } from "./audio/format.ts";
import { newId } from "./ids.ts";
import { InputBuffer } from "./input_buffer.ts";
import { ProtocolError } from "./protocol_error.ts";
import type { Responses } from "./responses.ts";
import type { SessionContext } from "./session_context.ts";
import type { TurnDetectionConfig } from "./session_config.ts";
import type { Transcriber } from "./transcriber.ts";
import { levelDb, VoiceActivity, voiceActivitySettings, WINDOW_MS } from "./voice_activity.ts";

/** A commit by hand needs so much audio (seen of the API). */
export const MIN_COMMIT_MS = 100;
/** Largest event that may carry audio. */
export const MAX_APPEND_CHARS = 15 * 1024 * 1024;

/** The caller's side of a session: the input buffer, voice activity in it, and the turns that it makes. */
export class Turns {
  readonly #context: SessionContext;
  readonly #responses: Responses;
  readonly #transcriber: Transcriber;
  readonly #buffer: InputBuffer;
  readonly #voice = new VoiceActivity();
  #itemId = newId("item");
  #speechStartMs = 0;
  #count = 0;
  #appendedMs = 0;
  #scratch = new Uint8Array(0);

  constructor(context: SessionContext, responses: Responses, transcriber: Transcriber) {
    this.#context = context;
    this.#responses = responses;
    this.#transcriber = transcriber;
    const { type } = context.config.audio.input.format;
    this.#buffer = new InputBuffer(type, context.agent.keepsAudio !== false);
  }

  /** All audio that was ever appended, in milliseconds. */
  get appendedMs(): number {
    return this.#appendedMs;
  }

  /** `session.update` may have changed the format or the detection. */
  onConfig(): void {
    const { format, turn_detection } = this.#context.config.audio.input;
    this.#buffer.setFormat(format.type);
    if (turn_detection === null) this.#voice.reset();
  }

  /** @throws {ProtocolError} for audio that is no base64, or half a sample, or too much at once */
  append(base64: string): void {
    if (base64.length > MAX_APPEND_CHARS) {
      throw new ProtocolError("invalid_value", `Audio of ${base64.length} characters is too long.`, "audio");
    }
    const { stats, config, faults, perform } = this.#context;
    const { bytesPerMs, bytesPerSample } = audioFormat(config.audio.input.format.type);
    const bytes = this.#decode(base64);
    if (bytes.length % bytesPerSample !== 0) {
      throw new ProtocolError("invalid_value", "Audio must hold whole samples.", "audio");
    }
    const ms = bytes.length / bytesPerMs;
    this.#appendedMs += ms;
    stats.appendedMs += ms;
    const { turn_detection } = config.audio.input;
    this.#buffer.append(bytes, (samples) => turn_detection && this.#listen(samples, turn_detection));
    perform(faults.reached("appendedMs", this.#appendedMs));
  }

  /** `input_audio_buffer.commit`. @throws {ProtocolError} when there is too little audio */
  commit(): void {
    const { bufferedMs } = this.#buffer;
    if (bufferedMs < MIN_COMMIT_MS) {
      throw new ProtocolError(
        "input_audio_buffer_commit_empty",
        `Error committing input audio buffer: buffer too small. Expected at least ${MIN_COMMIT_MS}ms of audio, ` +
          `but buffer only has ${bufferedMs.toFixed(2)}ms of audio.`,
      );
    }
    this.#voice.reset();
    this.#take(this.#buffer.startMs);
  }

  clear(): void {
    this.#voice.reset();
    this.#buffer.clear();
    this.#context.line.send({ type: "input_audio_buffer.cleared" });
  }

  #listen(samples: Int16Array, detection: TurnDetectionConfig): void {
    const settings = voiceActivitySettings(detection);
    const change = this.#voice.push(levelDb(samples), settings);
    if (change?.change === "started") this.#start(change.onsetMs + settings.prefixPaddingMs, detection);
    else if (change?.change === "stopped") this.#stop(detection);
    else if (!this.#voice.isSpeaking) this.#buffer.keepLast(settings.prefixPaddingMs + 5 * WINDOW_MS);
  }

  #start(beforeMs: number, detection: TurnDetectionConfig): void {
    const { line, faults, perform } = this.#context;
    this.#speechStartMs = Math.max(this.#buffer.startMs, this.#buffer.endMs - beforeMs);
    line.send({
      type: "input_audio_buffer.speech_started",
      audio_start_ms: Math.round(this.#speechStartMs),
      item_id: this.#itemId,
    });
    perform(faults.at("speech_started", this.#count + 1));
    if (detection.interrupt_response) this.#responses.interrupt();
  }

  #stop(detection: TurnDetectionConfig): void {
    const { line, faults, perform } = this.#context;
    line.send({
      type: "input_audio_buffer.speech_stopped",
      audio_end_ms: Math.round(this.#buffer.endMs),
      item_id: this.#itemId,
    });
    perform(faults.at("speech_stopped", this.#count + 1));
    const cause = this.#take(this.#speechStartMs);
    if (!detection.create_response || !line.isOpen) return;
    if (!faults.take("silent_model", { turn: cause.turn })) this.#responses.answer(cause);
  }

  /** Makes the user's item of what is buffered from `fromMs` on. */
  #take(fromMs: number) {
    const { line, conversation, faults, perform } = this.#context;
    const id = this.#itemId;
    this.#itemId = newId("item");
    const heard = this.#buffer.take(fromMs);
    const number = ++this.#count;
    const previous_item_id = conversation.lastId;
    const entry = conversation.add({
      id,
      object: "realtime.item",
      type: "message",
      status: "completed",
      role: "user",
      content: [{ type: "input_audio", transcript: null }],
    }, { audioMs: heard.durationMs });
    line.send({ type: "input_audio_buffer.committed", previous_item_id, item_id: id });
    line.send({ type: "conversation.item.added", previous_item_id, item: entry.item });
    line.send({ type: "conversation.item.done", previous_item_id, item: entry.item });
    perform(faults.at("committed", number));
    this.#transcriber.committed({ number, heard, entry });
    const cause = { trigger: "turn" as const, heard, turn: number };
    this.#responses.expect(cause);
    return cause;
  }

  #decode(base64: string): Uint8Array {
    const most = Math.ceil(base64.length / 4) * 3;
    if (most > this.#scratch.length) this.#scratch = new Uint8Array(most);
    try {
      return this.#scratch.subarray(0, decodeBase64Whole(base64, 0, base64.length, this.#scratch));
    } catch {
      const message = "Invalid 'audio'. Expected base64-encoded audio bytes in the session's input format.";
      throw new ProtocolError("invalid_value", message, "audio");
    }
  }
}
