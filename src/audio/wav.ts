import { muLawDecode } from "./mulaw_buffers.ts";
import { AppError, messageOf } from "../util/errors.ts";
import { resample } from "./resample.ts";

/** Format tags of the `fmt ` chunk, from Microsoft's mmreg.h. */
const FORMAT_PCM = 1;
const FORMAT_MULAW = 7;
const FORMAT_EXTENSIBLE = 0xfffe;

const HEADER_BYTES = 44;
/** The sample rate of a telephone line. */
export const LINE_RATE_HZ = 8000;
/** Larger files are refused: 32 MiB is five minutes of CD sound, or half an hour of a telephone call. */
const MAX_WAV_BYTES = 32 * 1024 * 1024;

/** A clip of sound with its channels mixed to one. */
export interface WavClip {
  /** Samples a second. */
  sampleRateHz: number;
  /** 16-bit linear samples. */
  samples: Int16Array;
}

/** A file that is not a WAV file, or a kind of WAV file that is not read here. Code `wav_invalid`. */
export class WavError extends AppError {
  /** The class's name. */
  override readonly name = "WavError";
  /** @internal */
  constructor(message: string, options: { cause?: unknown } = {}) {
    super("wav_invalid", message, options);
  }
}

/**
 * Reads a WAV file: 16-bit PCM or mu-law, any sample rate, mono or stereo (the mean of both channels). A
 * `data` chunk that claims more than there is, as a writer to a pipe leaves it, is read to the end of the
 * file.
 *
 * @throws {WavError}
 */
export function decodeWav(bytes: Uint8Array): WavClip {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || tag(view, 0) !== "RIFF" || tag(view, 8) !== "WAVE") {
    throw new WavError("This is not a WAV file: it has no RIFF and WAVE tags.");
  }
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const start = at + 8;
    const size = Math.min(view.getUint32(at + 4, true), bytes.length - start);
    if (tag(view, at) === "fmt ") format = readFormat(view, start, size);
    if (tag(view, at) === "data") {
      if (!format) throw new WavError("The WAV file has its data before its format.");
      return { sampleRateHz: format.sampleRateHz, samples: mix(bytes.subarray(start, start + size), format) };
    }
    at = start + size + (size & 1); // chunks are padded to an even length
  }
  throw new WavError("The WAV file has no data chunk.");
}

/** Writes mono 16-bit PCM. */
export function encodeWav(samples: Int16Array, sampleRateHz: number = LINE_RATE_HZ): Uint8Array<ArrayBuffer> {
  return encodePcmWav(samples, 1, sampleRateHz);
}

/** Writes stereo 16-bit PCM, as long as the longer side; the other one is silent from its end on. */
export function encodeStereoWav(left: Int16Array, right: Int16Array): Uint8Array<ArrayBuffer> {
  const samples = new Int16Array(2 * Math.max(left.length, right.length));
  left.forEach((sample, at) => samples[2 * at] = sample);
  right.forEach((sample, at) => samples[2 * at + 1] = sample);
  return encodePcmWav(samples, 2, LINE_RATE_HZ);
}

/** @param samples of all channels, in turn */
function encodePcmWav(samples: Int16Array, channels: number, sampleRateHz: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES + 2 * samples.length);
  const view = new DataView(bytes.buffer);
  const writeTag = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);
  writeTag(0, "RIFF");
  view.setUint32(4, bytes.length - 8, true);
  writeTag(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, FORMAT_PCM, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, 2 * channels * sampleRateHz, true);
  view.setUint16(32, 2 * channels, true);
  view.setUint16(34, 16, true);
  writeTag(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  for (let i = 0; i < samples.length; i++) view.setInt16(HEADER_BYTES + 2 * i, samples[i], true);
  return bytes;
}

/**
 * Reads the WAV file at `path` as a telephone line would carry it: mono at 8 kHz.
 *
 * @throws {WavError} for a file that cannot be read, is larger than {@link MAX_WAV_BYTES}, or is no WAV file
 */
export async function readLineWav(path: string): Promise<Int16Array> {
  const clip = decodeWav(await readWavFile(path));
  return resample(clip.samples, clip.sampleRateHz, LINE_RATE_HZ);
}

async function readWavFile(path: string): Promise<Uint8Array> {
  let size: number;
  try {
    size = (await Deno.stat(path)).size;
    if (size <= MAX_WAV_BYTES) return await Deno.readFile(path);
  } catch (error) {
    throw new WavError(`The WAV file ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  throw new WavError(`The WAV file ${path} has ${size} bytes; at most ${MAX_WAV_BYTES} are read.`);
}

interface Format {
  encoding: typeof FORMAT_PCM | typeof FORMAT_MULAW;
  channels: number;
  sampleRateHz: number;
}

function readFormat(view: DataView, at: number, size: number): Format {
  if (size < 16) throw new WavError(`The format chunk has ${size} bytes; at least 16 are wanted.`);
  let encoding = view.getUint16(at, true);
  // The extensible form keeps the real tag in the first two bytes of a GUID, 24 bytes in.
  if (encoding === FORMAT_EXTENSIBLE && size >= 26) encoding = view.getUint16(at + 24, true);
  const channels = view.getUint16(at + 2, true);
  const sampleRateHz = view.getUint32(at + 4, true);
  const bits = view.getUint16(at + 14, true);
  const isPcm16 = encoding === FORMAT_PCM && bits === 16;
  const isMuLaw = encoding === FORMAT_MULAW && bits === 8;
  if (!isPcm16 && !isMuLaw) {
    throw new WavError(
      `The WAV file has format ${encoding} at ${bits} bits; 16-bit PCM or mu-law is wanted.`,
    );
  }
  if (channels !== 1 && channels !== 2) {
    throw new WavError(`The WAV file has ${channels} channels; one or two are wanted.`);
  }
  if (sampleRateHz < 4000 || sampleRateHz > 192_000) {
    throw new WavError(`The WAV file has ${sampleRateHz} samples a second; 4000 to 192000 are wanted.`);
  }
  return { encoding: isPcm16 ? FORMAT_PCM : FORMAT_MULAW, channels, sampleRateHz };
}

function mix(data: Uint8Array, format: Format): Int16Array {
  const samples = format.encoding === FORMAT_MULAW ? muLawDecode(data) : decodePcm(data);
  if (format.channels === 1) return samples;
  const mono = new Int16Array(samples.length >> 1);
  for (let i = 0; i < mono.length; i++) mono[i] = (samples[2 * i] + samples[2 * i + 1]) >> 1;
  return mono;
}

function decodePcm(data: Uint8Array): Int16Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const samples = new Int16Array(data.length >> 1);
  for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(2 * i, true);
  return samples;
}

function tag(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
}
