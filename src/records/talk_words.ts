import { indexWords } from "../knowledge/words/index_words.ts";
import type { CallRecord } from "./call_record.ts";

/** Distinct words of one record that can be searched for. */
const MAX_TALK_WORDS = 5_000;
/** Words of a search, at most. */
const MAX_SOUGHT_WORDS = 20;
/** Shorter words are found only whole. */
const MIN_PREFIX_CHARS = 3;

/**
 * The distinct words of a talk, as its search knows them: without case and accents. They are those of what
 * was said, of a message, and of what tools were told and answered.
 */
export function talkWords(record: CallRecord): string[] {
  const words = new Set<string>();
  for (const { transcript, message } of [...record.earlier ?? [], record]) {
    const texts = transcript.flatMap((
      { text, name, arguments: given, output },
    ) => [text, name, given, output]);
    for (const text of [...texts, message?.transcript]) {
      for (const word of text ? indexWords(text) : []) words.add(word);
    }
  }
  return [...words].slice(0, MAX_TALK_WORDS);
}

/** A word of a search. */
export interface SoughtTalkWord {
  readonly word: string;
  /** True: any word that begins so will do. */
  readonly isPrefix: boolean;
}

/** The words of a search, each of which must stand in the talk, or begin a word of it. */
export function soughtTalkWords(text: string): SoughtTalkWord[] {
  return [...new Set(indexWords(text))].slice(0, MAX_SOUGHT_WORDS)
    .map((word) => ({ word, isPrefix: word.length >= MIN_PREFIX_CHARS }));
}
