import { resample } from "../../../audio/resample.ts";
import type { HeardAudio } from "../input_buffer.ts";
import { CHARACTER_MS, wordFrequencyHz } from "./tone.ts";
import { wireCodec } from "./wire_codec.ts";

/** All is listened to at the line's rate. */
const RATE_HZ = 8000;
const HOP_MS = 10;
const HOP_SAMPLES = RATE_HZ * HOP_MS / 1000;
/** Quieter pieces (mean square of 16-bit samples) are silence between words. */
const MIN_POWER = 500 * 500;
/** Shorter sounds are clicks. */
const MIN_WORD_MS = 30;
/** How much of a word's energy must be at its frequency. */
const MIN_SHARE = 0.6;
/** What is understood of a sound that is no word of the list. */
export const UNKNOWN_WORD = "…";

/** The words of a text as they are spoken and compared: letters and digits alone, in lower case. */
export function plainWords(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}*#]+/gu) ?? [];
}

/** What a caller says who is given `text` to say in tones. */
export function spokenText(text: string): string {
  return plainWords(text).join(" ");
}

/**
 * Understands what {@link spokenTones} made of {@link spokenText}, by length and frequency of each tone.
 *
 * @param vocabulary the words that can be told apart; another one is {@link UNKNOWN_WORD}
 * @returns undefined where there is no tone, as of a human voice
 */
export function hearWords(heard: HeardAudio, vocabulary: readonly string[]): string | undefined {
  const samples = lineSamples(heard);
  const words = soundsOf(samples).map(([from, to]) => wordOf(samples.subarray(from, to), vocabulary));
  return words.some((word) => word !== UNKNOWN_WORD) ? words.join(" ") : undefined;
}

/** A caller's clip, by which its words are known. */
export interface KnownClip {
  words: string;
  envelope: Float32Array;
}

const ENVELOPE_MS = 20;
const ENVELOPE_SAMPLES = RATE_HZ * ENVELOPE_MS / 1000;
/** How alike the loudness of both must be over the clip's length, from -1 to 1. */
const MIN_LIKENESS = 0.9;

/** @param samples at 8 kHz */
export function knownClip(words: string, samples: Int16Array): KnownClip {
  return { words, envelope: envelopeOf(samples) };
}

/** The words of the clip that was said, by how its loudness goes; undefined where it is none of them. */
export function hearClip(heard: HeardAudio, clips: readonly KnownClip[]): string | undefined {
  if (clips.length === 0) return undefined;
  const envelope = envelopeOf(lineSamples(heard));
  let best: { words: string; likeness: number } | undefined;
  for (const { words, envelope: clip } of clips) {
    // What is heard begins with a little silence, or, late in an answer, with nothing of it.
    for (let shift = -5; shift <= 50; shift++) {
      const likeness = likenessAt(envelope, clip, shift);
      if (likeness >= MIN_LIKENESS && likeness > (best?.likeness ?? 0)) best = { words, likeness };
    }
  }
  return best?.words;
}

function lineSamples({ format, bytes }: HeardAudio): Int16Array {
  const codec = wireCodec(format);
  const samples = codec.decode(bytes);
  return codec.sampleRateHz === RATE_HZ ? samples : resample(samples, codec.sampleRateHz, RATE_HZ);
}

/** Where sounds begin and end, in samples. */
function soundsOf(samples: Int16Array): [from: number, to: number][] {
  const sounds: [number, number][] = [];
  let from: number | undefined;
  for (let at = 0; at <= samples.length; at += HOP_SAMPLES) {
    const piece = samples.subarray(at, at + HOP_SAMPLES);
    const isLoud = piece.length > 0 && energyOf(piece) / piece.length >= MIN_POWER;
    if (isLoud) from ??= at;
    else if (from !== undefined) {
      if (at - from >= MIN_WORD_MS * RATE_HZ / 1000) sounds.push([from, at]);
      from = undefined;
    }
  }
  if (from !== undefined) sounds.push([from, samples.length]);
  return sounds;
}

function wordOf(sound: Int16Array, vocabulary: readonly string[]): string {
  const letters = Math.max(1, Math.round(sound.length * 1000 / RATE_HZ / CHARACTER_MS));
  const energy = energyOf(sound);
  let best = { word: UNKNOWN_WORD, share: MIN_SHARE };
  for (const word of vocabulary) {
    if (word.length !== letters) continue;
    const share = powerAt(sound, wordFrequencyHz(word)) / (sound.length * energy);
    if (share > best.share) best = { word, share };
  }
  return best.word;
}

function energyOf(samples: Int16Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return energy;
}

/** Twice the power at one frequency (Goertzel): a pure tone's is its energy times its length. */
function powerAt(samples: Int16Array, frequencyHz: number): number {
  const coefficient = 2 * Math.cos(2 * Math.PI * frequencyHz / RATE_HZ);
  let [s1, s2] = [0, 0];
  for (const sample of samples) [s1, s2] = [sample + coefficient * s1 - s2, s1];
  return 2 * (s1 * s1 + s2 * s2 - coefficient * s1 * s2);
}

/** Loudness in dB, every {@link ENVELOPE_MS}. */
function envelopeOf(samples: Int16Array): Float32Array {
  const length = Math.floor(samples.length / ENVELOPE_SAMPLES);
  return Float32Array.from({ length }, (_, at) => {
    const piece = samples.subarray(at * ENVELOPE_SAMPLES, (at + 1) * ENVELOPE_SAMPLES);
    return Math.max(40, 10 * Math.log10(energyOf(piece) / piece.length + 1));
  });
}

/** Pearson's correlation of the clip with what was heard from `shift` on; silence where that has ended. */
function likenessAt(heard: Float32Array, clip: Float32Array, shift: number): number {
  let [sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0];
  for (let at = 0; at < clip.length; at++) {
    const a = heard[at + shift] ?? 40;
    const b = clip[at];
    sumA += a;
    sumB += b;
    sumAA += a * a;
    sumBB += b * b;
    sumAB += a * b;
  }
  const count = clip.length;
  const covariance = sumAB - sumA * sumB / count;
  const spread = Math.sqrt((sumAA - sumA * sumA / count) * (sumBB - sumB * sumB / count));
  return spread > 0 ? covariance / spread : 0;
}
