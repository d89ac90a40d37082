import { muLawEncode } from "../../audio/mulaw_buffers.ts";
import { resample } from "../../audio/resample.ts";
import { decodeWav, LINE_RATE_HZ } from "../../audio/wav.ts";
import { AppError } from "../../util/errors.ts";
import { clipOf, type HoldClip, MAX_CLIP_MS } from "./hold_clip.ts";

/** A sentence of the longest, and as much silence around it, as CD sound. */
const MAX_HOLD_FILE_BYTES = 4 * 44.1 * 2 * MAX_CLIP_MS;
/** Others take the event loop for as long as the file plays. */
const USUAL_RATES_HZ = [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

/**
 * The sentence in a business's WAV file.
 * @throws {AppError} `hold_file_unusable`, `wav_invalid`; or whatever the disk fails with
 */
export async function readHoldFile(path: string, text: string): Promise<HoldClip> {
  const refuse = (why: string) => new AppError("hold_file_unusable", `${path} ${why}.`);
  const { size } = await Deno.stat(path);
  if (size > MAX_HOLD_FILE_BYTES) {
    throw refuse(`has ${size} bytes; at most ${MAX_HOLD_FILE_BYTES} are read`);
  }
  const { samples, sampleRateHz } = decodeWav(await Deno.readFile(path));
  if (!USUAL_RATES_HZ.includes(sampleRateHz)) {
    throw refuse(`has ${sampleRateHz} samples a second; ${USUAL_RATES_HZ.join(", ")} are read`);
  }
  if (samples.length / sampleRateHz * 1000 > 2 * MAX_CLIP_MS) {
    throw refuse(`is longer than ${2 * MAX_CLIP_MS} ms`);
  }
  const clip = clipOf(text, muLawEncode(resample(samples, sampleRateHz, LINE_RATE_HZ)));
  if (clip) return clip;
  throw refuse(`has no sentence of at most ${MAX_CLIP_MS} ms`);
}
