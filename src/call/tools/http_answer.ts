/** Most bytes read of an answer, after decompression. The connection is dropped there. */
export const MAX_ANSWER_BYTES = 64 * 1024;

/** The beginning of an HTTP answer. */
export interface HttpAnswer {
  readonly text: string;
  /** True when there was more than {@link MAX_ANSWER_BYTES}. */
  readonly isCut: boolean;
}

/** Reads an answer's body as UTF-8, up to {@link MAX_ANSWER_BYTES}. Rejects when the connection breaks or is aborted. */
export async function readAnswer(response: Response): Promise<HttpAnswer> {
  const decoder = new TextDecoder();
  let text = "";
  let room = MAX_ANSWER_BYTES;
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk.subarray(0, room), { stream: true });
    if (chunk.length > room) return { text, isCut: true }; // leaving the loop cancels the body
    room -= chunk.length;
  }
  return { text: text + decoder.decode(), isCut: false };
}

/** What the model gets of an answer: the JSON value where it is one, else the text, with a note where it was cut. */
export function answerOutput({ text, isCut }: HttpAnswer): unknown {
  if (isCut) return { text, note: `Only the first ${MAX_ANSWER_BYTES} bytes of the answer were read.` };
  try {
    return JSON.parse(text);
  } catch {
    return text; // plain text is as good
  }
}
