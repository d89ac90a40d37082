import { muLawEncode } from "../../audio/mulaw_buffers.ts";

const RATE_HZ = 8000;
const AMPLITUDE = 8000;

/** Two frequencies of each key, in Hz (ITU-T Q.23). */
const ROWS_HZ = [697, 770, 852, 941];
const COLUMNS_HZ = [1209, 1336, 1477];
const KEYS = "123456789*0#";
const KEY_MS = 120;
const GAP_MS = 80;
/** What `w` stands for among digits. */
const WAIT_MS = 500;

/** The tones of keys, as `<Play digits>` sends them; `w` is half a second of silence. Mu-law. */
export function keyTones(digits: string): Uint8Array {
  const parts = [...digits].map((key) => {
    const at = KEYS.indexOf(key);
    if (at < 0) return new Int16Array(key === "w" ? ms(WAIT_MS) : 0);
    const samples = new Int16Array(ms(KEY_MS + GAP_MS));
    for (const hz of [ROWS_HZ[Math.floor(at / 3)], COLUMNS_HZ[at % 3]]) addSine(samples, ms(KEY_MS), hz);
    return samples;
  });
  return muLawEncode(joined(parts));
}

const BEEP_HZ = 1000;
const BEEP_MS = 400;

/** The beep before a recording. Mu-law. */
export function beep(): Uint8Array {
  const samples = new Int16Array(ms(BEEP_MS));
  addSine(samples, samples.length, BEEP_HZ);
  return muLawEncode(samples);
}

function addSine(samples: Int16Array, length: number, hz: number): void {
  for (let at = 0; at < length; at++) {
    samples[at] += Math.round(AMPLITUDE * Math.sin(2 * Math.PI * hz * at / RATE_HZ));
  }
}

function ms(length: number): number {
  return length * RATE_HZ / 1000;
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
