// Measures an audio engine from outside, by tones through a transcoder as a call would send them.
//
// A tone is found in the output by correlation over whole seconds, so every frequency is a whole number of
// Hz. Going down the output is mu-law, which distorts and swallows small signals; so noise goes along with
// the tone (dither), and the same noise without the tone is subtracted from what comes out.

import { encodeBase64 } from "../../src/audio/base64.ts";
import { muLawDecode, muLawEncode } from "../../src/audio/mulaw_buffers.ts";
import type { AudioEngine, Transcoder } from "../../src/audio/transcoder.ts";

/** What one direction of an engine does to sound. */
export interface AudioMeasures {
  /** From a sample in to the same sample out, filter and held-back samples together. */
  readonly delayMs: number;
  /** Largest minus smallest gain from 300 to 3,400 Hz. */
  readonly rippleDb: number;
  /**
   * Loudest false tone relative to the true one: going down the alias of a tone from 4.6 to 12 kHz, going up
   * the image of a tone from 300 to 3,400 Hz.
   */
  readonly spuriousDb: number;
  /** The same at the edge of the band: aliases of 4 to 4.6 kHz, images of 3.4 to 4 kHz. */
  readonly edgeSpuriousDb: number;
  /** A tone of 1,020 Hz to everything else, which is mostly the quantization of mu-law itself. */
  readonly snrDb: number;
}

/** How finely to look. */
export interface MeasureOptions {
  /** Between two tones. Default 50 Hz. */
  readonly stepHz?: number;
}

interface Phasor {
  readonly amplitude: number;
  readonly phase: number;
}

const LOW_HZ = 8_000;
const HIGH_HZ = 24_000;
const PASS_HZ = [300, 3_400] as const;
const STOP_HZ = [4_600, 11_990] as const;
const PASS_EDGE_HZ = [3_450, 3_950] as const;
const STOP_EDGE_HZ = [4_050, 4_550] as const;
/** Time for the longest filter to settle. */
const SETTLE_SECONDS = 0.1;
const SNR_TONE_HZ = 1_020;
/** Two tones whose phases tell the delay: unambiguous below 25 ms. */
const DELAY_TONES_HZ = [1_000, 1_040] as const;

/** Measures 8 to 24 kHz. */
export function measureUp(engine: AudioEngine, { stepHz = 50 }: MeasureOptions = {}): AudioMeasures {
  const through = (hz: number) => {
    const input = muLawEncode(tone(hz, 8_000, LOW_HZ, 1));
    const output = runUp(engine, input);
    const before = phasorAt(muLawDecode(input), hz, LOW_HZ, 1);
    const after = phasorAt(output, hz, HIGH_HZ, 1);
    const images = [8_000 - hz, 8_000 + hz].map((imageHz) => phasorAt(output, imageHz, HIGH_HZ, 1).amplitude);
    return {
      gain: after.amplitude / before.amplitude,
      phase: after.phase - before.phase,
      image: Math.max(...images) / before.amplitude,
    };
  };
  const pass = grid(PASS_HZ, stepHz).map(through);
  const edge = grid(PASS_EDGE_HZ, stepHz).map(through);
  return {
    delayMs: heldBackUpMs(engine) + delayOf((hz) => through(hz).phase),
    rippleDb: spreadDb(pass.map(({ gain }) => gain)),
    spuriousDb: toDb(Math.max(...pass.map(({ image }) => image))),
    edgeSpuriousDb: toDb(Math.max(...edge.map(({ image }) => image))),
    snrDb: snrOf(runUp(engine, muLawEncode(tone(SNR_TONE_HZ, 8_000, LOW_HZ, 1))), HIGH_HZ),
  };
}

/** Measures 24 to 8 kHz. */
export function measureDown(engine: AudioEngine, { stepHz = 50 }: MeasureOptions = {}): AudioMeasures {
  const through = ditheredDown(engine, { toneAmplitude: 8_000, noiseAmplitude: 4_000, seconds: 4 });
  const stopped = ditheredDown(engine, { toneAmplitude: 30_000, noiseAmplitude: 500, seconds: 1 });
  const worstAlias = (band: readonly [number, number]) =>
    Math.max(...grid(band, stepHz).filter((hz) => hz !== 8_000).map((hz) => stopped(hz).amplitude));
  return {
    delayMs: heldBackDownMs(engine) + delayOf((hz) => through(hz).phase),
    rippleDb: spreadDb(grid(PASS_HZ, stepHz).map((hz) => through(hz).amplitude)),
    spuriousDb: toDb(worstAlias(STOP_HZ)),
    edgeSpuriousDb: toDb(worstAlias(STOP_EDGE_HZ)),
    snrDb: snrOf(runDown(engine, tone(SNR_TONE_HZ, 8_000, HIGH_HZ, 1)), LOW_HZ),
  };
}

/** How a tone of any frequency comes out at 8 kHz, there or as an alias, relative to how it went in. */
function ditheredDown(
  engine: AudioEngine,
  signal: { toneAmplitude: number; noiseAmplitude: number; seconds: number },
): (hz: number) => Phasor {
  const { toneAmplitude, noiseAmplitude, seconds } = signal;
  const dither = noise(noiseAmplitude, seconds);
  const ditherOut = runDown(engine, dither);
  return (hz) => {
    const input = tone(hz, toneAmplitude, HIGH_HZ, seconds);
    const output = difference(runDown(engine, mixed(input, dither)), ditherOut);
    const before = phasorAt(input, hz, HIGH_HZ, 1);
    const after = phasorAt(output, Math.abs(hz - LOW_HZ * Math.round(hz / LOW_HZ)), LOW_HZ, seconds);
    return { amplitude: after.amplitude / before.amplitude, phase: after.phase - before.phase };
  };
}

/** SNR of the 1,020 Hz tone as mu-law, sent up, down and so encoded twice. */
export function measureLoopSnrDb(engine: AudioEngine): number {
  const pcm = runUp(engine, muLawEncode(tone(SNR_TONE_HZ, 8_000, LOW_HZ, 1)));
  return snrOf(runDown(engine, pcm), LOW_HZ);
}

/** Mu-law through a new transcoder, in frames of 20 ms, to samples of 24 kHz. */
function runUp(engine: AudioEngine, muLaw: Uint8Array): Int16Array {
  using transcoder = engine.open();
  const output: number[] = [];
  for (let i = 0; i < muLaw.length; i += 160) {
    const pcm = transcoder.up(muLaw.subarray(i, i + 160));
    const view = new DataView(pcm.buffer, pcm.byteOffset);
    for (let j = 0; j < pcm.length; j += 2) output.push(view.getInt16(j, true));
  }
  return Int16Array.from(output);
}

/** Samples of 24 kHz through a new transcoder to linear samples of 8 kHz. */
function runDown(engine: AudioEngine, samples: Int16Array): Int16Array {
  using transcoder = engine.open();
  const output: number[] = [];
  sendDown(transcoder, samples, (muLaw) => output.push(...muLaw));
  return muLawDecode(Uint8Array.from(output));
}

function sendDown(transcoder: Transcoder, samples: Int16Array, sink: (muLaw: Uint8Array) => void): void {
  const text = encodeBase64(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
  transcoder.down(text, 0, text.length, sink);
}

function heldBackUpMs(engine: AudioEngine): number {
  const seconds = 1;
  return (seconds - runUp(engine, new Uint8Array(LOW_HZ * seconds)).length / HIGH_HZ) * 1_000;
}

function heldBackDownMs(engine: AudioEngine): number {
  const seconds = 1;
  return (seconds - runDown(engine, new Int16Array(HIGH_HZ * seconds)).length / LOW_HZ) * 1_000;
}

/** A tone of `seconds` after the time to settle. */
function tone(hz: number, amplitude: number, rateHz: number, seconds: number): Int16Array {
  const length = Math.round((SETTLE_SECONDS * 2 + seconds) * rateHz);
  return Int16Array.from(
    { length },
    (_, i) => Math.round(amplitude * Math.sin(2 * Math.PI * hz * i / rateHz)),
  );
}

/** Evenly distributed noise at 24 kHz, the same every time. */
function noise(amplitude: number, seconds: number): Int16Array {
  let state = 1;
  const next = () => (state = Math.imul(state, 1_664_525) + 1_013_904_223 | 0) / 2 ** 31;
  return Int16Array.from(
    { length: Math.round((SETTLE_SECONDS * 2 + seconds) * HIGH_HZ) },
    () => amplitude * next(),
  );
}

function mixed(a: Int16Array, b: Int16Array): Int16Array {
  return a.map((sample, i) => sample + b[i]);
}

function difference(a: Int16Array, b: Int16Array): Float64Array {
  return Float64Array.from(a, (sample, i) => sample - b[i]);
}

/** The tone of `hz` in `seconds` of samples, once the filter has settled. */
function phasorAt(samples: ArrayLike<number>, hz: number, rateHz: number, seconds: number): Phasor {
  const start = Math.round(SETTLE_SECONDS * rateHz);
  const count = rateHz * seconds;
  let re = 0;
  let im = 0;
  for (let i = start; i < start + count; i++) {
    const angle = 2 * Math.PI * hz * i / rateHz;
    re += samples[i] * Math.cos(angle);
    im -= samples[i] * Math.sin(angle);
  }
  return { amplitude: 2 * Math.hypot(re, im) / count, phase: Math.atan2(im, re) };
}

/** Delay in ms by how much the phase turns between two tones. */
function delayOf(phaseThrough: (hz: number) => number): number {
  const [low, high] = DELAY_TONES_HZ;
  const turn = phaseThrough(low) - phaseThrough(high);
  const wrapped = turn - 2 * Math.PI * Math.round(turn / (2 * Math.PI));
  return wrapped / (2 * Math.PI * (high - low)) * 1_000;
}

function snrOf(samples: Int16Array, rateHz: number): number {
  const { amplitude } = phasorAt(samples, SNR_TONE_HZ, rateHz, 1);
  const start = Math.round(SETTLE_SECONDS * rateHz);
  const power = samples.subarray(start, start + rateHz).reduce((sum, x) => sum + x * x, 0) / rateHz;
  const signal = amplitude ** 2 / 2;
  return 10 * Math.log10(signal / (power - signal));
}

function grid([from, to]: readonly [number, number], stepHz: number): number[] {
  return Array.from({ length: Math.floor((to - from) / stepHz) + 1 }, (_, i) => from + i * stepHz);
}

function spreadDb(gains: number[]): number {
  return toDb(Math.max(...gains) / Math.min(...gains));
}

function toDb(ratio: number): number {
  return 20 * Math.log10(ratio);
}
