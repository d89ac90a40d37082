import { encodeBase64 } from "../../../audio/base64.ts";
import { convert, type WireCodec, wireCodec, type WireCodecType } from "./wire_codec.ts";

/** Audio cut into what one delta event carries. */
export interface Delta {
  /** The audio in the codec of the wire. */
  readonly base64: string;
  /** Its length before base64, in bytes. */
  readonly byteCount: number;
}

/**
 * A piece of speech that an agent says. What is made of it for the wire is made once and kept, so a clip that
 * many sessions share costs them no encoding.
 */
export class AgentClip {
  readonly #bytes: Uint8Array;
  readonly #format: WireCodec;
  readonly #deltas = new Map<string, readonly Delta[]>();

  /**
   * A clip of audio as it is on the wire.
   *
   * @param bytes whole samples in the codec `type`
   */
  constructor(bytes: Uint8Array, type: WireCodecType) {
    this.#bytes = bytes;
    this.#format = wireCodec(type);
  }

  /** From linear samples at 24 kHz. */
  static fromPcm24k(samples: Int16Array): AgentClip {
    return new AgentClip(wireCodec("audio/pcm").encode(samples), "audio/pcm");
  }

  /** From mu-law bytes at 8 kHz. */
  static fromMuLaw(bytes: Uint8Array): AgentClip {
    return new AgentClip(bytes, "audio/pcmu");
  }

  /** Its length, in milliseconds. */
  get durationMs(): number {
    return this.#bytes.length / this.#format.bytesPerMs;
  }

  /** All of it as mu-law at 8 kHz. */
  muLaw(): Uint8Array {
    return convert(this.#bytes, this.#format, wireCodec("audio/pcmu"));
  }

  /** The clip in `type`, cut every `deltaMs`; the last piece may be shorter. */
  deltas(type: WireCodecType, deltaMs: number): readonly Delta[] {
    const key = `${type} ${deltaMs}`;
    let deltas = this.#deltas.get(key);
    if (!deltas) this.#deltas.set(key, deltas = this.#cut(wireCodec(type), deltaMs));
    return deltas;
  }

  #cut(format: WireCodec, deltaMs: number): Delta[] {
    const bytes = convert(this.#bytes, this.#format, format);
    const step = Math.max(1, Math.round(deltaMs * format.sampleRateHz / 1000)) * format.bytesPerSample;
    const deltas: Delta[] = [];
    for (let at = 0; at < bytes.length; at += step) {
      const piece = bytes.subarray(at, at + step);
      deltas.push({ base64: encodeBase64(piece), byteCount: piece.length });
    }
    return deltas;
  }
}
