import * as v from "valibot";
import type { TelephoneServer } from "../../app/lazy_telephone.ts";
import { readBody } from "../../http/request_body.ts";
import { jsonResponse, textResponse } from "../../http/router.ts";
import { reasonOf } from "../../util/errors.ts";

/** Longest sentence, in characters. */
const MAX_SENTENCE_CHARS = 500;
const MAX_BODY_BYTES = 4 * MAX_SENTENCE_CHARS;
/** What is taken of OpenAI's answer: a minute of its 24 kHz. */
const MAX_SPEECH_BYTES = 3_000_000;
const SPEECH_WITHIN_MS = 20_000;
const SPEECH_MODEL = "gpt-4o-mini-tts";
/** Another voice than the agents' usual ones, so that both can be told apart. */
const SPEECH_VOICE = "ash";

const SENTENCE = v.object({
  text: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(MAX_SENTENCE_CHARS)),
});

/**
 * `POST /dashboard/telephone/speech`: the sound of a typed sentence, as a WAV file, by OpenAI. 501 where
 * there is no key: the page then plays tones of its length.
 */
export async function speakSentence(
  request: Request,
  { clock, log, speech }: Pick<TelephoneServer, "clock" | "log" | "speech">,
): Promise<Response> {
  if (!speech) return textResponse(501, "There is no key for OpenAI, which would speak this.");
  const body = await readBody(request, MAX_BODY_BYTES, clock);
  if (body instanceof Response) return body;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), SENTENCE), body);
  if (!parsed.success) {
    return textResponse(400, `Wanted: {"text": "…"}, up to ${MAX_SENTENCE_CHARS} characters.`);
  }
  try {
    const answer = await fetch(`${speech.baseUrl}/audio/speech`, {
      method: "POST",
      headers: { authorization: `Bearer ${speech.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({
        model: SPEECH_MODEL,
        voice: SPEECH_VOICE,
        input: parsed.output.text,
        response_format: "wav",
      }),
      signal: AbortSignal.timeout(SPEECH_WITHIN_MS),
      redirect: "error",
    });
    if (!answer.ok) {
      await answer.body?.cancel();
      log.warn("speech_refused", { status: answer.status });
      return jsonResponse(502, { status: answer.status });
    }
    const sound = await boundedBytes(answer, MAX_SPEECH_BYTES);
    return new Response(sound, { headers: { "content-type": "audio/wav", "cache-control": "no-store" } });
  } catch (error) {
    log.warn("speech_failed", { message: reasonOf(error) });
    return textResponse(502, "OpenAI did not speak it.");
  }
}

/** The beginning of a body. */
async function boundedBytes(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(maxBytes);
  let length = 0;
  for await (const chunk of response.body ?? []) {
    const part = chunk.subarray(0, maxBytes - length);
    bytes.set(part, length);
    length += part.length;
    if (length === maxBytes) break;
  }
  return bytes.slice(0, length);
}
