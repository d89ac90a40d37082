import { encodeBase64 } from "../../../src/audio/base64.ts";
import { wireCodec, type WireCodecType } from "../../../src/lab/openai/audio/wire_codec.ts";
import type { EmulatedRealtimeApi } from "../../../src/lab/openai/emulated_realtime_api.ts";

// deno-lint-ignore no-explicit-any -- events of any shape, of which each test says what it expects
export type Json = Record<string, any>;

export interface ClientOptions {
  model?: string;
  headers?: Record<string, string>;
  protocols?: string[];
}

/** A Realtime client as plain as can be: it keeps every event, and waits by looking at what has come. */
export class Client implements AsyncDisposable {
  readonly events: Json[] = [];
  readonly socket: WebSocket;
  closed: { code: number; reason: string } | undefined;
  failed = false;
  #wake = Promise.withResolvers<void>();
  #cursor = 0;

  constructor(emulator: EmulatedRealtimeApi, options: ClientOptions = {}) {
    const url = `${emulator.url}?model=${options.model ?? "gpt-realtime-2.1"}`;
    this.socket = options.protocols
      ? new WebSocket(url, options.protocols)
      : new WebSocket(url, { headers: options.headers ?? { authorization: "Bearer sk-test" } });
    this.socket.onmessage = ({ data }) => {
      this.events.push(JSON.parse(data));
      this.#stir();
    };
    this.socket.onerror = () => {
      this.failed = true;
      this.#stir();
    };
    this.socket.onclose = ({ code, reason }) => {
      this.closed = { code, reason };
      this.#stir();
    };
  }

  /** Opens a session, updates it, and waits for the answer. */
  static async open(emulator: EmulatedRealtimeApi, session: Json = {}): Promise<Client> {
    const client = new Client(emulator);
    await client.next("session.created");
    client.send({ type: "session.update", session: { type: "realtime", ...session } });
    await client.next("session.updated");
    return client;
  }

  get types(): string[] {
    return this.events.map((event) => event.type);
  }

  send(event: Json): void {
    this.socket.send(JSON.stringify(event));
  }

  /** Appends samples in pieces of 100 ms of the format. */
  append(samples: Int16Array, type: WireCodecType = "audio/pcm"): void {
    const format = wireCodec(type);
    const bytes = format.encode(samples);
    const step = 100 * format.bytesPerMs;
    for (let at = 0; at < bytes.length; at += step) {
      this.send({
        type: "input_audio_buffer.append",
        audio: encodeBase64(bytes.subarray(at, at + step)),
      });
    }
  }

  /** The next event of a type that was not looked at yet. Throws when the connection ends before it comes. */
  async next(type: string): Promise<Json> {
    for (;;) {
      const index = this.events.findIndex((event, i) => i >= this.#cursor && event.type === type);
      if (index >= 0) {
        this.#cursor = index + 1;
        return this.events[index];
      }
      if (this.closed) {
        throw new Error(`Closed with ${this.closed.code} while waiting for ${type}: ${this.types.join(" ")}`);
      }
      await this.#wake.promise;
    }
  }

  /** Waits until what has come meets a condition, wherever `next` has got to. */
  async until(condition: (events: Json[]) => boolean): Promise<void> {
    while (!condition(this.events)) {
      if (this.closed) throw new Error(`Closed with ${this.closed.code}: ${this.types.join(" ")}`);
      await this.#wake.promise;
    }
  }

  /** Waits for the connection's end. */
  async end(): Promise<{ code: number; reason: string }> {
    while (!this.closed) await this.#wake.promise;
    return this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.readyState <= WebSocket.OPEN) this.socket.close();
    await this.end();
  }

  #stir(): void {
    const { resolve } = this.#wake;
    this.#wake = Promise.withResolvers<void>();
    resolve();
  }
}

/** A sine at 24 kHz, loud enough for any threshold. */
export function burst(ms: number, frequencyHz = 440): Int16Array {
  return Int16Array.from(
    { length: 24 * ms },
    (_, i) => Math.round(12000 * Math.sin(2 * Math.PI * frequencyHz * i / 24000)),
  );
}

export function silence(ms: number): Int16Array {
  return new Int16Array(24 * ms);
}

/** The audio of all deltas of a response, in wire bytes. */
export function audioBytes(events: Json[], responseId: string): number {
  return events
    .filter((event) => event.type === "response.output_audio.delta" && event.response_id === responseId)
    .reduce((sum, event) => sum + atob(event.delta).length, 0);
}
