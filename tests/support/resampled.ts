import { encodeBase64 } from "../../src/audio/base64.ts";
import { PolyphaseEngine } from "../../src/audio/polyphase_engine.ts";
import type { SentAudio, SessionRecord } from "../../src/lab/openai/session_record.ts";

/** PCM16 at 24 kHz. */
const MODEL_BYTES_PER_MS = 48;

/** Mu-law bytes that callers get of all that a session made in 24 kHz: to the byte, with the tails of the filter. */
export function resampledBytes({ audio }: SessionRecord): number {
  return [...audio.values()].reduce((sum, item) => sum + resampledItem(item), 0);
}

/** Known from before, by milliseconds: tests ask again and again while they wait, and always for a few lengths. */
const known = new Map<number, number>();

function resampledItem({ sentMs }: SentAudio): number {
  let bytes = known.get(sentMs);
  if (bytes === undefined) known.set(sentMs, bytes = resample(sentMs));
  return bytes;
}

function resample(sentMs: number): number {
  using transcoder = new PolyphaseEngine("polyphase").open();
  const audio = encodeBase64(new Uint8Array(Math.round(sentMs * MODEL_BYTES_PER_MS)));
  let bytes = 0;
  const count = (muLaw: Uint8Array) => void (bytes += muLaw.length);
  transcoder.down(audio, 0, audio.length, count);
  transcoder.flushDown(count);
  return bytes;
}
