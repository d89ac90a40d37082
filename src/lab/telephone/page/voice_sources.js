/** How long a spoken character takes, in seconds: some 170 words a minute. */
const CHARACTER_SECONDS = 0.06;
/** Silence before and after a sentence, and the fade at both ends of a word, in seconds. */
const BREATH_SECONDS = 0.15;
const FADE_SECONDS = 0.01;
/** Longest clip that is played. */
const MAX_CLIP_BYTES = 32 * 1024 * 1024;

/** Why a browser gives no microphone, by the names of its errors. */
const MICROPHONE_PROBLEMS = new Map([
  ["NotAllowedError", "The browser may not use the microphone: allow it for this page."],
  ["NotFoundError", "There is no microphone."],
  ["NotReadableError", "Another program has the microphone."],
]);

/**
 * The microphone. Rejects when there is none, or when the page may not use it.
 *
 * @param {boolean} isCleaned whether the browser takes out echo and noise
 */
export async function openMicrophone(isCleaned) {
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: {
        channelCount: 1,
        echoCancellation: isCleaned,
        noiseSuppression: isCleaned,
        autoGainControl: isCleaned,
      },
    });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    const why = MICROPHONE_PROBLEMS.get(name) ?? `The microphone cannot be used (${name || error}).`;
    throw new Error(`${why} Or call without it: see “Line”.`);
  }
}

/**
 * The sound of a file that was chosen.
 *
 * @param {BaseAudioContext} context
 * @param {File} file
 */
export async function fileSound(context, file) {
  if (file.size > MAX_CLIP_BYTES) throw new Error("The file has more than 32 MB.");
  return await context.decodeAudioData(await file.arrayBuffer());
}

/**
 * A typed sentence: spoken where the server can, else tones, one a word.
 *
 * @param {BaseAudioContext} context
 * @param {string} text
 * @param {boolean} canSpeak
 */
export async function sentenceSound(context, text, canSpeak) {
  if (!canSpeak) return tonesFor(context, text);
  const answer = await fetch("/dashboard/telephone/speech", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text }),
  });
  if (!answer.ok) throw new Error("The sentence could not be spoken.");
  return await context.decodeAudioData(await answer.arrayBuffer());
}

/**
 * Tones in place of words, one a word, as long and as high as its letters have it: what scripted models
 * understand (`src/lab/openai/audio/heard_words.ts`).
 *
 * @param {BaseAudioContext} context
 * @param {string} text
 */
export function tonesFor(context, text) {
  const { sampleRate } = context;
  const words = text.toLowerCase().match(/[\p{L}\p{N}*#]+/gu) ?? [];
  const seconds = words.reduce(
    (sum, { length }) => sum + (length + 1) * CHARACTER_SECONDS,
    2 * BREATH_SECONDS,
  );
  const buffer = context.createBuffer(1, Math.round(seconds * sampleRate), sampleRate);
  const samples = buffer.getChannelData(0);
  const fade = FADE_SECONDS * sampleRate;
  let startSeconds = BREATH_SECONDS;
  for (const word of words) {
    const hz = 300 +
      10 * [...word].reduce((sum, letter) => (31 * sum + (letter.codePointAt(0) ?? 0)) % 97, 0);
    const start = Math.round(startSeconds * sampleRate);
    const length = Math.round(word.length * CHARACTER_SECONDS * sampleRate);
    for (let at = 0; at < length; at++) {
      const envelope = Math.min(1, at / fade, (length - at) / fade);
      samples[start + at] = 0.25 * envelope * Math.sin(2 * Math.PI * hz * at / sampleRate);
    }
    startSeconds += (word.length + 1) * CHARACTER_SECONDS;
  }
  return buffer;
}
