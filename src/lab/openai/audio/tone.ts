import { AgentClip } from "./agent_clip.ts";

const SAMPLE_RATE_HZ = 24000;
/** Fade at both ends, so that a tone does not click. */
const FADE_MS = 10;
/** -12 dB of full scale. */
const TONE_AMPLITUDE = 8192;

/** One tone: a sine that fades in and out. */
export interface ToneOptions {
  /** Default 440. */
  frequencyHz?: number;
  /** Of 32768; default 8192, -12 dB. */
  amplitude?: number;
}

/** A sine of `durationMs`, by default 440 Hz at -12 dB. */
export function tone(durationMs: number, options: ToneOptions = {}): AgentClip {
  const samples = new Int16Array(Math.round(durationMs * SAMPLE_RATE_HZ / 1000));
  addTone(samples, 0, samples.length, options);
  return AgentClip.fromPcm24k(samples);
}

/** Of a spoken character, in milliseconds: some 170 words a minute. */
export const CHARACTER_MS = 60;
/** Silence before and after what is spoken. */
const BREATH_MS = 150;

/**
 * A text as tones: one for each word, as long and as high as the word has it, so that texts can be told
 * apart.
 */
export function spokenTones(text: string, characterMs: number = CHARACTER_MS): AgentClip {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const perMs = SAMPLE_RATE_HZ / 1000;
  const totalMs = words.reduce((sum, { length }) => sum + (length + 1) * characterMs, 2 * BREATH_MS);
  const samples = new Int16Array(Math.round(totalMs * perMs));
  let at = BREATH_MS * perMs;
  for (const word of words) {
    const end = at + Math.round(word.length * characterMs * perMs);
    addTone(samples, at, end, { frequencyHz: wordFrequencyHz(word) });
    at = end + Math.round(characterMs * perMs);
  }
  return AgentClip.fromPcm24k(samples);
}

/** How high a word is spoken, in Hz. */
export function wordFrequencyHz(word: string): number {
  const height = [...word].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)!) % 97, 0);
  return 300 + 10 * height;
}

/** Three rising notes that ring into each other, 0.9 s: the greeting of an agent that has no voice. */
export function chime(): AgentClip {
  const samples = new Int16Array(0.9 * SAMPLE_RATE_HZ);
  const notesHz = [523.25, 659.25, 783.99]; // C5, E5, G5
  notesHz.forEach((frequencyHz, i) => {
    const start = i * 0.15 * SAMPLE_RATE_HZ;
    addTone(samples, start, samples.length, { frequencyHz, amplitude: 5000 }, 0.2);
  });
  return AgentClip.fromPcm24k(samples);
}

/** @param ringS time in which a struck note falls to a third; unset for a steady tone */
function addTone(
  samples: Int16Array,
  start: number,
  end: number,
  options: ToneOptions,
  ringS?: number,
): void {
  const { frequencyHz = 440, amplitude = TONE_AMPLITUDE } = options;
  const fade = FADE_MS * SAMPLE_RATE_HZ / 1000;
  for (let i = start; i < end; i++) {
    const seconds = (i - start) / SAMPLE_RATE_HZ;
    const envelope = Math.min(1, (i - start) / fade, (end - i) / fade);
    const decay = ringS === undefined ? 1 : Math.exp(-seconds / ringS);
    samples[i] += Math.round(amplitude * envelope * decay * Math.sin(2 * Math.PI * frequencyHz * seconds));
  }
}
