import { BYTES_PER_MS, muLawDecodeSample, muLawEncodeSample } from "../../audio/mulaw.ts";

/** The longest sentence for a caller who waits, as it is played. */
export const MAX_CLIP_MS = 4_000;
/** Less is no sentence. */
const LEAST_CLIP_MS = 300;
/** Samples below this are silence: -40 dB of full scale. */
const SILENCE_LEVEL = 328;
/** Silence that stays around a sentence. */
const MARGIN_MS = 40;

/** Time in which a sentence that is cut off falls silent. */
export const FADE_OUT_MS = 60;

/** Something that is played to a caller who waits for the model. */
export interface HoldClip {
  /** Its words; empty when it is the hold sound. */
  readonly text: string;
  /** 8,000 bytes a second. */
  readonly muLaw: Uint8Array;
}

/** Milliseconds of a clip. */
export function clipMs({ muLaw }: HoldClip): number {
  return muLaw.length / BYTES_PER_MS;
}

/**
 * The sentence in a piece of speech, without the silence around it; undefined when there is none, or it is
 * longer than {@link MAX_CLIP_MS}.
 */
export function clipOf(text: string, muLaw: Uint8Array): HoldClip | undefined {
  const isLoud = (code: number) => Math.abs(muLawDecodeSample(code)) >= SILENCE_LEVEL;
  const margin = MARGIN_MS * BYTES_PER_MS;
  const from = Math.max(0, muLaw.findIndex(isLoud) - margin);
  const spoken = muLaw.slice(from, muLaw.findLastIndex(isLoud) + 1 + margin);
  const ms = spoken.length / BYTES_PER_MS;
  return ms < LEAST_CLIP_MS || ms > MAX_CLIP_MS ? undefined : { text, muLaw: spoken };
}

/** What follows `heardMs` of a clip that is cut off there, so that it ends without a click. */
export function fadedFrom({ muLaw }: HoldClip, heardMs: number): Uint8Array {
  const from = heardMs * BYTES_PER_MS;
  const tail = muLaw.slice(from, from + FADE_OUT_MS * BYTES_PER_MS);
  return tail.map((code, i) =>
    muLawEncodeSample(Math.round(muLawDecodeSample(code) * (1 - i / tail.length)))
  );
}
