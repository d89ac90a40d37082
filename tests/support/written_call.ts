import { encodeBase64 } from "../../src/audio/base64.ts";
import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import { after, type Clock } from "../../src/util/clock.ts";
import { DefaultCall } from "./default_call.ts";
import { FakeSocket } from "./fake_socket.ts";
import type { ModelSession } from "./model_openai.ts";
import { settle } from "./microtasks.ts";
import type { ModelCallOptions } from "./model_call.ts";

/** An event of either side, as JSON. */
export interface WrittenEvent {
  type: string;
  [field: string]: unknown;
}

/** A `response.create` that the client sent. */
export interface WrittenRequest {
  eventId: string;
  instructions: string;
  metadata: Record<string, string> | null;
  toolChoice: string | undefined;
}

/** Something said by the model. */
export interface WrittenAnswer {
  /** What it answers; undefined: the caller's turn. */
  request?: WrittenRequest;
  /** All of its audio is this byte, by which the caller's ear knows it. */
  byte: number;
  ms?: number;
  words?: string;
}

/** OpenAI's end of a session of which a test writes every event itself; it confirms only its configuration. */
export class WrittenSession extends FakeSocket {
  /** What the client sent, without audio. */
  readonly got: { atMs: number; event: WrittenEvent }[] = [];
  /** The configuration that it confirms. */
  effective: Record<string, unknown> = {};
  /** The client asks for a response. Default: an answer of a second, under bytes that begin at 1. */
  onCreate: (request: WrittenRequest) => void = (request) =>
    void this.answer({ request, byte: this.#byte++ });
  readonly #clock: Clock;
  #byte = 1;
  #count = 0;

  constructor(clock: Clock, readonly number: number) {
    super("connecting");
    this.#clock = clock;
    after(clock, 10, () => {
      if (this.readyState !== 0) return;
      this.open();
      this.tell({ type: "session.created", session: {} });
    });
  }

  override send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    super.send(data);
    const event = JSON.parse(String(data)) as WrittenEvent;
    if (event.type === "input_audio_buffer.append") return;
    this.got.push({ atMs: this.#clock.now(), event });
    after(this.#clock, 10, () => {
      if (this.readyState !== 1) return;
      if (event.type === "session.update") this.tell({ type: "session.updated", session: this.effective });
      if (event.type === "conversation.item.create") {
        this.tell({ type: "conversation.item.added", previous_item_id: null, item: event.item });
      }
      if (event.type === "response.create") this.onCreate(asRequest(event));
    });
  }

  /** Tells the client. */
  tell(...events: WrittenEvent[]): void {
    for (const event of events) {
      if (this.readyState === 1) this.deliver({ event_id: `event_${++this.#count}`, ...event });
    }
  }

  /** Events of this type that the client sent. */
  of(type: string): WrittenEvent[] {
    return this.got.filter(({ event }) => event.type === type).map(({ event }) => event);
  }

  /** Requests for responses. */
  get requests(): WrittenRequest[] {
    return this.of("response.create").map(asRequest);
  }

  /** A whole answer at once, as OpenAI makes it faster than it is spoken. Returns its ids. */
  answer(
    { request, byte, ms = 1_000, words = "These words are said." }: WrittenAnswer,
  ): { response: string; item: string } {
    const [response, item] = [`resp_${this.number}_${byte}`, `item_${this.number}_${byte}`];
    this.tell(
      created(response, request),
      ...spoken(response, item, byte, ms, words),
      done(response, { request, output: [message(item, words)] }),
    );
    return { response, item };
  }
}

function asRequest({ event_id, response = {} }: WrittenEvent): WrittenRequest {
  const { instructions = "", metadata = null, tool_choice } = response as Record<string, never>;
  return { eventId: String(event_id), instructions, metadata, toolChoice: tool_choice };
}

export function created(id: string, request?: WrittenRequest): WrittenEvent {
  return {
    type: "response.created",
    response: {
      object: "realtime.response",
      id,
      status: "in_progress",
      output: [],
      metadata: request?.metadata ?? null,
    },
  };
}

export function delta(response_id: string, item_id: string, byte: number, ms: number): WrittenEvent {
  const audio = encodeBase64(new Uint8Array(ms * BYTES_PER_MS).fill(byte));
  return {
    type: "response.output_audio.delta",
    response_id,
    item_id,
    output_index: 0,
    content_index: 0,
    delta: audio,
  };
}

export function message(id: string, transcript: string, status = "completed"): Record<string, unknown> {
  return { id, type: "message", status, role: "assistant", content: [{ type: "output_audio", transcript }] };
}

export function functionCall(
  name: string,
  args: unknown = {},
  callId = `call_${name}`,
): Record<string, unknown> {
  return {
    id: `fc_${callId}`,
    object: "realtime.item",
    type: "function_call",
    status: "completed",
    name,
    call_id: callId,
    arguments: typeof args === "string" ? args : JSON.stringify(args),
  };
}

export function itemDone(response_id: string, item: Record<string, unknown>, output_index = 0): WrittenEvent {
  return { type: "response.output_item.done", response_id, output_index, item };
}

/** The events of an item that is spoken. */
export function spoken(
  response: string,
  item: string,
  byte: number,
  ms: number,
  words: string,
): WrittenEvent[] {
  const at = { response_id: response, item_id: item, output_index: 0, content_index: 0 };
  return [
    {
      type: "response.output_item.added",
      response_id: response,
      output_index: 0,
      item: { ...message(item, ""), content: [], status: "in_progress" },
    },
    {
      type: "conversation.item.added",
      previous_item_id: null,
      item: { ...message(item, ""), content: [], status: "in_progress" },
    },
    { type: "response.output_audio_transcript.delta", ...at, delta: words },
    delta(response, item, byte, ms),
    { type: "response.output_audio.done", ...at },
    { type: "response.output_audio_transcript.done", ...at, transcript: words },
    { type: "conversation.item.done", previous_item_id: null, item: message(item, words) },
    itemDone(response, message(item, words)),
  ];
}

export function done(
  id: string,
  { request, status = "completed", details = null, output = [] }: {
    request?: WrittenRequest;
    status?: string;
    details?: unknown;
    output?: unknown[];
  } = {},
): WrittenEvent {
  return {
    type: "response.done",
    response: {
      object: "realtime.response",
      id,
      status,
      status_details: details,
      output,
      metadata: request?.metadata ?? null,
      usage: null,
    },
  };
}

/** A modelled call at the default settings, whose model a test writes event by event. */
export class WrittenCall extends DefaultCall {
  readonly written: WrittenSession[] = [];

  constructor(differences: Partial<ModelCallOptions> = {}) {
    super(differences);
    this.openAi.open = () => {
      const session = new WrittenSession(this.modelClock, this.written.length + 1);
      this.prepare(session);
      this.written.push(session);
      return session as unknown as ModelSession;
    };
  }

  /** What becomes of each new session before it is open. */
  prepare: (session: WrittenSession) => void = () => {};

  static async begin(
    differences: Partial<ModelCallOptions> = {},
    prepare: (session: WrittenSession) => void = () => {},
  ): Promise<WrittenCall> {
    const call = new WrittenCall(differences);
    call.prepare = prepare;
    call.twilio.connect();
    await settle();
    return call;
  }

  /**
   * A call whose caller has been greeted, and has said something.
   * @param words what the transcription makes of it; undefined: that is left to the test
   */
  static async spokenTo(
    words?: string,
    differences?: Partial<ModelCallOptions>,
    prepare?: (session: WrittenSession) => void,
  ): Promise<WrittenCall> {
    const call = await WrittenCall.begin(differences, prepare);
    await call.hears(1);
    await call.utters("item_u1", words);
    return call;
  }

  /** The session of the call at present. */
  get now(): WrittenSession {
    return this.written.findLast(({ readyState }) => readyState === 1)!;
  }

  /**
   * The caller says something; voice detection notices it as it should.
   * @param words what the transcription makes of it; undefined: that is left to the test
   */
  async utters(id: string, words?: string, ms = 1_500): Promise<void> {
    const { now } = this;
    this.twilio.loudUntilMs = this.clock.now() + ms;
    const startMs = this.clock.now();
    now.tell({ type: "input_audio_buffer.speech_started", audio_start_ms: startMs, item_id: id });
    await this.run(ms + 500);
    now.tell(
      { type: "input_audio_buffer.speech_stopped", audio_end_ms: startMs + 300 + ms + 500, item_id: id },
      { type: "input_audio_buffer.committed", previous_item_id: null, item_id: id },
      {
        type: "conversation.item.added",
        previous_item_id: null,
        item: {
          id,
          type: "message",
          role: "user",
          status: "completed",
          content: [{ type: "input_audio", transcript: null }],
        },
      },
    );
    if (words !== undefined) now.tell(transcribed(id, words));
  }

  /** Everything that was heard of the model: of which byte, from when to when. */
  get heard(): { byte: number; fromMs: number; toMs: number }[] {
    return this.twilio.sounds.filter(({ isVoice }) => isVoice);
  }

  /** The bytes of the answers that were heard after the greeting. */
  get answers(): number[] {
    return this.heard.slice(1).map(({ byte }) => byte);
  }
}

export function transcribed(item_id: string, transcript: string): WrittenEvent {
  return {
    type: "conversation.item.input_audio_transcription.completed",
    item_id,
    content_index: 0,
    transcript,
    usage: { type: "duration", seconds: 1 },
  };
}
