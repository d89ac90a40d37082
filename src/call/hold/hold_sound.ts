import { BYTES_PER_MS, muLawEncodeSample } from "../../audio/mulaw.ts";
import type { HoldClip } from "./hold_clip.ts";

const SAMPLE_RATE_HZ = BYTES_PER_MS * 1000;
/** Two notes, the second one lower: E5, then C5. */
const NOTES_HZ = [659.25, 523.25];
const NOTE_MS = 300;
/** -22 dB of full scale: clearly there, and softer than a voice. */
const AMPLITUDE = 2_600;
/** Time in which a struck note falls to a third, in seconds. */
const RING_S = 0.12;

/** Milliseconds of {@link holdSound}. */
export const HOLD_SOUND_MS = NOTES_HZ.length * NOTE_MS;

let sound: HoldClip | undefined;

/**
 * What a caller hears who waits, where there are no words: two soft notes. Made once for all calls.
 */
export function holdSound(): HoldClip {
  return sound ??= { text: "", muLaw: notes() };
}

function notes(): Uint8Array {
  return Uint8Array.from({ length: HOLD_SOUND_MS * BYTES_PER_MS }, (_, i) => {
    const note = Math.floor(i / (NOTE_MS * BYTES_PER_MS));
    const seconds = i / SAMPLE_RATE_HZ - note * NOTE_MS / 1000;
    const attack = Math.min(1, seconds / 0.01);
    const ring = Math.exp(-seconds / RING_S);
    return muLawEncodeSample(
      Math.round(AMPLITUDE * attack * ring * Math.sin(2 * Math.PI * NOTES_HZ[note] * seconds)),
    );
  });
}
