import { encodeBase64 } from "../../src/audio/base64.ts";
import { PcmuEngine } from "../../src/audio/pcmu_engine.ts";
import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import { type Business, DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { ConversationEvents } from "../../src/call/conversation/conversation_events.ts";
import { ConversationMachines } from "../../src/call/conversation/conversation_machines.ts";
import { Journal } from "../../src/call/journal/journal.ts";
import { Uplink } from "../../src/call/uplink.ts";
import type { ClientEvent, ServerEvent } from "../../src/model/events.ts";
import type { ModelSession } from "../../src/model/model.ts";
import { Reconnects } from "../../src/model/reconnects.ts";
import { Metrics } from "../../src/observability/metrics/metrics.ts";
import { FakeCallControl } from "./fake_call_control.ts";
import { PlaybackRig } from "./playback_rig.ts";
import { RecordingLog } from "./recording_log.ts";
import { CALL_SID } from "./stream_messages.ts";

/** What voice detection adds to a sound by default: padding before it, silence behind it. */
const { prefixPaddingMs, silenceDurationMs } = detection(DEFAULT_BUSINESS);

function detection({ turns }: Business) {
  if (turns.detection.type !== "server_vad") throw new Error("Semantic detection tells no times.");
  return turns.detection;
}

/**
 * A conversation with all its state machines, between a simulated telephone line and a session that only
 * writes down what it is sent. Time is turned by hand.
 */
export class ConversationBench implements Disposable {
  readonly rig: PlaybackRig;
  readonly machines: ConversationMachines;
  readonly control = new FakeCallControl();
  readonly log = new RecordingLog();
  readonly metrics = new Metrics();
  readonly journal: Journal;
  readonly unavailable: string[] = [];
  /** All that the session was sent since {@link forget}. */
  sent: ClientEvent[] = [];
  readonly #events: ConversationEvents[] = [];
  readonly #ready: (() => void)[] = [];

  constructor(business: Partial<Business> = {}, { delayMs = 0 } = {}) {
    this.rig = new PlaybackRig({ isPausable: true, delayMs });
    const { clock, playback } = this.rig;
    this.journal = new Journal(clock, this.metrics);
    const transcoder = new PcmuEngine().open();
    this.machines = new ConversationMachines(
      {
        info: {
          callSid: CALL_SID,
          accountSid: "AC0",
          from: "+15550100001",
          to: "+15550100000",
          business: { ...DEFAULT_BUSINESS, callContext: false, ...business },
        },
        tools: [],
        clock,
        log: this.log,
        transcoder,
        uplink: new Uplink(transcoder, { appendSize: { ms: 20 }, onStalled: () => {} }),
        playback,
        control: Object.assign(this.control, { fallBack: () => Promise.resolve() }),
        openSession: ({ onReady }) => {
          this.#ready.push(() => onReady(Infinity));
          return this.#session();
        },
        reconnects: new Reconnects(clock),
        onUnavailable: ({ code }) => this.unavailable.push(code),
        journal: this.journal,
        onSecond: () => {},
        onLimit: () => {},
      },
      (machines) => (this.#events[0] = new ConversationEvents(machines)),
    );
    this.connect();
    this.forget();
  }

  /** The session that is being made is ready. */
  connect(): void {
    this.#ready.shift()!();
  }

  /** Forgets what was sent so far. */
  forget(): void {
    this.sent = [];
  }

  /** Types of what was sent, each with the id that it names. */
  get told(): string[] {
    return this.sent.map((event) => {
      const { type, item_id, response_id, item }: {
        type: string;
        item_id?: string;
        response_id?: string;
        item?: { role?: string };
      } = event as ClientEvent & { item?: { role?: string } };
      return [type, item_id ?? response_id ?? item?.role].filter((part) => part !== undefined).join(" ");
    });
  }

  /** The session reports an event. Fields that nobody reads are left out. */
  event(event: { type: ServerEvent["type"]; [field: string]: unknown }): void {
    this.#events[0].onEvent(event as unknown as ServerEvent);
  }

  /** A response begins. @param requestId of the request for it; undefined: it answers a turn */
  begin(responseId: string, requestId?: string): void {
    this.event({
      type: "response.created",
      response: { id: responseId, metadata: requestId ? { slimline_request: requestId } : null },
    });
  }

  /** Audio of a response comes, `ms` long, with its words. */
  audio(responseId: string, itemId: string, ms: number, words = "These words are said aloud"): void {
    const text = encodeBase64(new Uint8Array(ms * BYTES_PER_MS).fill(0x90));
    this.#events[0].onAudioDelta(text, 0, text.length, itemId, responseId);
    this.event({
      type: "response.output_audio_transcript.delta",
      item_id: itemId,
      delta: words,
      response_id: responseId,
    });
  }

  /** An item of a response is complete. @param item in place of a spoken message */
  itemDone(responseId: string, itemId: string | undefined, item: object = {}): void {
    if (itemId) this.event({ type: "response.output_audio.done", item_id: itemId, response_id: responseId });
    this.event({
      type: "response.output_item.done",
      response_id: responseId,
      item: { id: itemId, type: "message", role: "assistant", content: [], ...item },
    });
  }

  done(responseId: string, status = "completed"): void {
    this.event({ type: "response.done", response: { id: responseId, status } });
  }

  /** A whole response, to a turn. */
  answer(responseId: string, itemId: string, ms: number): void {
    this.begin(responseId);
    this.audio(responseId, itemId, ms);
    this.itemDone(responseId, itemId);
    this.done(responseId);
  }

  /** The caller makes a sound of `ms`, which voice detection takes for a turn of this item. */
  sound(itemId: string, ms = 200): void {
    const { clock } = this.rig;
    const startMs = clock.now();
    this.event({ type: "input_audio_buffer.speech_started", item_id: itemId, audio_start_ms: startMs });
    clock.advance(ms + silenceDurationMs);
    const audioEndMs = startMs + prefixPaddingMs + ms + silenceDurationMs;
    this.event({ type: "input_audio_buffer.speech_stopped", item_id: itemId, audio_end_ms: audioEndMs });
    this.event({ type: "input_audio_buffer.committed", item_id: itemId });
  }

  /** What was made of a turn; undefined: it could not be transcribed. */
  transcribe(itemId: string, transcript: string | undefined): void {
    const type = transcript === undefined ? "failed" : "completed";
    this.event({
      type: `conversation.item.input_audio_transcription.${type}`,
      item_id: itemId,
      transcript,
      usage: { type: "duration", seconds: 1 },
    });
  }

  [Symbol.dispose](): void {
    this.machines[Symbol.dispose]();
    this.rig.playback[Symbol.dispose]();
  }

  #session(): ModelSession {
    return {
      stats: { received: 0, unknown: 0, signsOfWork: 0, malformed: 0 },
      isReady: true,
      backlogBytes: 0,
      isClogged: false,
      appendAudio() {},
      send: (event) => void this.sent.push(event),
      listen() {},
      adopt() {},
      close() {},
    };
  }
}
