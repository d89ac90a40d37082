import { muLawDecode, muLawEncode } from "../../../audio/mulaw_buffers.ts";
import { resample } from "../../../audio/resample.ts";
import type { FormatConfig } from "../session_config.ts";
import { aLawDecode, aLawEncode } from "./a_law.ts";

/** The name of a codec on the wire. */
export type WireCodecType = FormatConfig["type"];

/** One of the API's three codecs. */
export interface WireCodec {
  readonly type: WireCodecType;
  readonly sampleRateHz: 8000 | 24000;
  readonly bytesPerSample: 1 | 2;
  readonly bytesPerMs: 8 | 48;
  /** Wire bytes to samples. `bytes` holds whole samples. */
  decode(bytes: Uint8Array): Int16Array;
  /** Samples at `sampleRateHz` to wire bytes. */
  encode(samples: Int16Array): Uint8Array;
}

const FORMATS: Record<WireCodecType, WireCodec> = {
  "audio/pcm": {
    type: "audio/pcm",
    sampleRateHz: 24000,
    bytesPerSample: 2,
    bytesPerMs: 48,
    decode: decodePcm,
    encode: encodePcm,
  },
  "audio/pcmu": {
    type: "audio/pcmu",
    sampleRateHz: 8000,
    bytesPerSample: 1,
    bytesPerMs: 8,
    decode: muLawDecode,
    encode: muLawEncode,
  },
  "audio/pcma": {
    type: "audio/pcma",
    sampleRateHz: 8000,
    bytesPerSample: 1,
    bytesPerMs: 8,
    decode: aLawDecode,
    encode: aLawEncode,
  },
};

export function wireCodec(type: WireCodecType): WireCodec {
  return FORMATS[type];
}

/** The same sound in another codec; the very same bytes when it is not another one. */
export function convert(bytes: Uint8Array, from: WireCodec, to: WireCodec): Uint8Array {
  if (from === to) return bytes;
  return to.encode(resample(from.decode(bytes), from.sampleRateHz, to.sampleRateHz));
}

/** The platforms that Deno runs on are little-endian, as the wire is: an aligned view needs no copy. */
function decodePcm(bytes: Uint8Array): Int16Array {
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return new Int16Array(aligned.buffer, aligned.byteOffset, aligned.length >> 1);
}

function encodePcm(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}
