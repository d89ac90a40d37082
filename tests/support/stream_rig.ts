import {
  MediaStream,
  type StreamAcceptor,
  type StreamViolation,
} from "../../src/carrier/twilio/media_stream.ts";
import type { MediaStreamHandler, StreamEnd } from "../../src/carrier/carrier.ts";
import type { StreamStart } from "../../src/carrier/twilio/stream_protocol.ts";
import { FakeSocket } from "./fake_socket.ts";
import { ManualClock } from "./manual_clock.ts";
import { settle } from "./microtasks.ts";
import { CONNECTED, startText } from "./stream_messages.ts";

/** A handler that writes down all that it is told, such as `audio //8=`, `missing 1000` or `end stopped`. */
export class RecordingHandler implements MediaStreamHandler {
  readonly told: string[] = [];
  readonly callerAudio = {
    write: (text: string, start: number, end: number): boolean => {
      const payload = text.slice(start, end);
      this.told.push(`audio ${payload}`);
      return /^[A-Za-z0-9+/]*=*$/.test(payload);
    },
    writeSilence: (durationMs: number): void => void this.told.push(`missing ${durationMs}`),
  };

  onMark(name: string): void {
    this.told.push(`mark ${name}`);
  }

  onDtmf(digit: string): void {
    this.told.push(`dtmf ${digit}`);
  }

  onInboundLost(): void {
    this.told.push("lost");
  }

  onEnd(end: StreamEnd): void {
    this.told.push(`end ${end}`);
  }
}

/** A stream on a fake socket and a manual clock. */
export class StreamRig {
  readonly socket = new FakeSocket();
  readonly clock = new ManualClock();
  readonly handler: RecordingHandler;
  /** Codes of what the stream reported as malformed. */
  readonly violations: string[] = [];
  lastViolation: StreamViolation | undefined;
  readonly errors: unknown[] = [];
  /** What came with `start`, once it came. */
  start: StreamStart | undefined;
  readonly stream: MediaStream;
  readonly #decision = Promise.withResolvers<MediaStreamHandler | undefined>();

  constructor(handler = new RecordingHandler(), accept?: StreamAcceptor) {
    this.handler = handler;
    this.stream = new MediaStream(this.socket, this.clock, (start, stream) => {
      this.start = start;
      return accept ? accept(start, stream) : this.#decision.promise;
    }, {
      onViolation: (violation) => {
        this.violations.push(violation.code);
        this.lastViolation = violation;
      },
      onHandlerError: (error) => this.errors.push(error),
    });
  }

  /** A stream that was accepted and is live. */
  static async live(handler = new RecordingHandler()): Promise<StreamRig> {
    const rig = new StreamRig(handler);
    rig.socket.deliver(CONNECTED);
    rig.socket.deliver(startText());
    await rig.decide(handler);
    return rig;
  }

  /** Accepts the stream with `handler`, or refuses it with undefined. */
  async decide(handler: MediaStreamHandler | undefined): Promise<void> {
    this.#decision.resolve(handler);
    await settle();
  }

  /** Rejects the decision, as when the call could not be set up. */
  async failToDecide(error: Error): Promise<void> {
    this.#decision.reject(error);
    await settle();
  }

  /** What the handler was told, without the audio. */
  get toldBesidesAudio(): string[] {
    return this.handler.told.filter((entry) => !entry.startsWith("audio "));
  }

  /** What a stream may still hold: deadlines, and listeners on its socket. */
  get holds(): { deadlines: number; listeners: number } {
    return { deadlines: this.clock.pending, listeners: this.socket.listenerCount };
  }
}

/** What a stream holds that is over. */
export const NOTHING = { deadlines: 0, listeners: 0 };
