import { AppError } from "../../util/errors.ts";

/** Turns a recording into words. */
export interface MessageTranscriber {
  /**
   * The words of a WAV file; empty when nothing is said.
   *
   * @throws {AppError} `transcription_refused` when it will never be transcribed; any other error may pass
   */
  transcribe(wav: Uint8Array<ArrayBuffer>, hints: SpeechHints, signal: AbortSignal): Promise<string>;
}

/** What is known of the speech. */
export interface SpeechHints {
  /** ISO 639-1 codes of what may be spoken. */
  readonly languages?: readonly string[];
  /** Words to expect, such as names. */
  readonly keywords?: readonly string[];
}

/**
 * The model that transcribes messages. Source: https://developers.openai.com/api/docs/guides/speech-to-text
 */
const MODEL = "gpt-transcribe";
/** Statuses that tell of the request, not of the server, the key or the load. */
const REFUSALS: readonly unknown[] = [400, 413, 415, 422];

/**
 * OpenAI's transcription of files. Loads the client, 6 MB, when called.
 *
 * @param baseUrl such as `https://api.openai.com/v1`
 */
export async function loadMessageTranscriber(
  options: { readonly apiKey: string; readonly baseUrl: string; readonly timeoutMs: number },
): Promise<MessageTranscriber> {
  const { APIError, OpenAI, toFile } = await import("openai");
  const { apiKey, baseUrl: baseURL, timeoutMs: timeout } = options;
  const client = new OpenAI({ apiKey, baseURL, timeout, maxRetries: 0 });
  return {
    async transcribe(wav, { languages, keywords }, signal) {
      try {
        const file = await toFile(wav, "message.wav", { type: "audio/wav" });
        const hints = {
          ...languages && { languages: [...languages] },
          ...keywords && { keywords: [...keywords] },
        };
        const { text } = await client.audio.transcriptions.create({ file, model: MODEL, ...hints }, {
          signal,
        });
        return text.trim();
      } catch (cause) {
        if (!(cause instanceof APIError && REFUSALS.includes(cause.status))) throw cause;
        throw new AppError("transcription_refused", "OpenAI does not transcribe this recording.", { cause });
      }
    },
  };
}
