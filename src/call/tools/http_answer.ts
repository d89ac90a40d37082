import type { BodyBeginning } from "../../util/read_text.ts";

/** Most bytes read of an answer, after decompression. The connection is dropped there. */
export const MAX_ANSWER_BYTES = 64 * 1024;

/** What the model gets of an answer: the JSON value where it is one, else the text, with a note where it was cut. */
export function answerOutput({ text, isCut }: BodyBeginning): unknown {
  if (isCut) return { text, note: `Only the first ${MAX_ANSWER_BYTES} bytes of the answer were read.` };
  try {
    return JSON.parse(text);
  } catch {
    return text; // plain text is as good
  }
}
