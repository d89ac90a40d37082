import { muLawDecodeSample, muLawEncodeSample } from "./mulaw.ts";

/** Encodes 16-bit linear samples into mu-law bytes, one for one. */
export function muLawEncode(samples: Int16Array, target = new Uint8Array(samples.length)): Uint8Array {
  for (let i = 0; i < samples.length; i++) target[i] = muLawEncodeSample(samples[i]);
  return target;
}

/** Decodes mu-law bytes into 16-bit linear samples, one for one. */
export function muLawDecode(codes: Uint8Array, target = new Int16Array(codes.length)): Int16Array {
  for (let i = 0; i < codes.length; i++) target[i] = muLawDecodeSample(codes[i]);
  return target;
}
