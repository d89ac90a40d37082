/** How long a spoken character takes, in seconds: fifteen a second. */
const CHARACTER_SECONDS = 1 / 15;
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
 * A typed sentence: spoken where the server can, else tones of its length, one a syllable.
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
 * Tones in place of words: each letter has a pitch, each space a pause.
 *
 * @param {BaseAudioContext} context
 * @param {string} text
 */
export function tonesFor(context, text) {
  const { sampleRate } = context;
  const size = Math.max(1, Math.round(text.length * CHARACTER_SECONDS * sampleRate));
  const buffer = context.createBuffer(1, size, sampleRate);
  const samples = buffer.getChannelData(0);
  let angle = 0;
  for (let at = 0; at < size; at++) {
    const seconds = at / sampleRate;
    const character = text[Math.min(text.length - 1, Math.floor(seconds / CHARACTER_SECONDS))];
    angle += 2 * Math.PI * (180 + 7 * (character.charCodeAt(0) % 40)) / sampleRate;
    const swell = Math.sin(Math.PI * (seconds / CHARACTER_SECONDS % 1));
    samples[at] = character === " " ? 0 : 0.4 * swell * (Math.sin(angle) + 0.5 * Math.sin(2 * angle));
  }
  return buffer;
}
