import { muLawDecode } from "../../audio/mulaw_buffers.ts";

const SAMPLE_RATE_HZ = 8000;
const WINDOW_SAMPLES = 1600;
const HOP_SAMPLES = 800;
/** How much of a window's energy must be at the frequency. Speech stays far below it. */
const MIN_SHARE = 0.7;
/** Windows quieter than this (mean square of 16-bit samples) hold no tone. */
const MIN_POWER = 100 * 100;

/** True when some 200 ms of the mu-law audio are a tone of `frequencyHz`. */
export function hasTone(audio: Uint8Array, frequencyHz: number): boolean {
  const samples = muLawDecode(audio);
  for (let at = 0; at + WINDOW_SAMPLES <= samples.length; at += HOP_SAMPLES) {
    if (energyShare(samples.subarray(at, at + WINDOW_SAMPLES), frequencyHz) >= MIN_SHARE) return true;
  }
  return false;
}

/** The share of the window's energy at one frequency, 0 to 1, by the Goertzel algorithm. */
function energyShare(samples: Int16Array, frequencyHz: number): number {
  const coefficient = 2 * Math.cos(2 * Math.PI * frequencyHz / SAMPLE_RATE_HZ);
  let energy = 0;
  let s1 = 0;
  let s2 = 0;
  for (const sample of samples) {
    energy += sample * sample;
    [s1, s2] = [sample + coefficient * s1 - s2, s1];
  }
  if (energy / samples.length < MIN_POWER) return 0;
  const power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
  return 2 * power / (samples.length * energy);
}
