import { encodeBase64 } from "../../audio/base64.ts";
import { MULAW_SILENCE } from "../../audio/mulaw.ts";
import { muLawEncode } from "../../audio/mulaw_buffers.ts";

/** What Twilio sends at a time: 20 ms of mu-law at 8 kHz (seen everywhere, documented nowhere). */
export const FRAME_MS = 20;
const FRAME_BYTES = 160;
const LINE_RATE_HZ = 8000;

/**
 * Sound cut into frames, each already in base64. It is made once and shared by all calls that speak it, so
 * that hundreds of callers cost no encoding.
 */
export class CallerSpeech {
  private constructor(
    /** Frames of 20 ms, in base64. */
    readonly frames: readonly string[],
  ) {}

  /** Its length, in milliseconds. */
  get durationMs(): number {
    return this.frames.length * FRAME_MS;
  }

  /** From samples at 8 kHz. The last frame is filled up with silence. */
  static fromSamples(samples: Int16Array): CallerSpeech {
    return CallerSpeech.fromMuLaw(muLawEncode(samples));
  }

  /** From mu-law bytes. The last frame is filled up with silence. */
  static fromMuLaw(bytes: Uint8Array): CallerSpeech {
    const frames: string[] = [];
    for (let at = 0; at < bytes.length; at += FRAME_BYTES) {
      const frame = new Uint8Array(FRAME_BYTES).fill(MULAW_SILENCE);
      frame.set(bytes.subarray(at, at + FRAME_BYTES));
      frames.push(encodeBase64(frame));
    }
    return new CallerSpeech(frames);
  }

  /** A sine of `amplitude` (of 32768; default -12 dB). */
  static tone(frequencyHz: number, durationMs: number, amplitude: number = 8192): CallerSpeech {
    const samples = new Int16Array(Math.round(durationMs * LINE_RATE_HZ / 1000));
    for (let i = 0; i < samples.length; i++) {
      samples[i] = Math.round(amplitude * Math.sin(2 * Math.PI * frequencyHz * i / LINE_RATE_HZ));
    }
    return CallerSpeech.fromSamples(samples);
  }

  /** One after the other. The frames are shared, not copied. */
  static join(...parts: CallerSpeech[]): CallerSpeech {
    return new CallerSpeech(parts.flatMap((part) => part.frames));
  }

  /** Nothing said for `durationMs`. */
  static silence(durationMs: number): CallerSpeech {
    return new CallerSpeech(new Array(Math.ceil(durationMs / FRAME_MS)).fill(SILENT_FRAME));
  }
}

/** One frame of silence, in base64. */
export const SILENT_FRAME: string = encodeBase64(new Uint8Array(FRAME_BYTES).fill(MULAW_SILENCE));
