import type { RecordEntry } from "./call_record.ts";

/** Names that are looked for in one call. */
export const MAX_NAMES = 50;
/** A longer one is no name. */
const MAX_NAME_CHARS = 100;

/** What people say before their name, in English, German, Spanish and French. */
const INTRODUCTION =
  /(?<!\p{L})(?:my name is|my name's|the name is|the name's|this is|i am|i'm|mein name ist|ich heiße|ich bin|hier ist|me llamo|mi nombre es|soy|je m'appelle|mon nom est|je suis)\s+/giu;
/** One to three words with a capital letter, as a transcription writes a name. */
const NAME = /\p{Lu}[\p{L}'’-]+(?:\s\p{Lu}[\p{L}'’-]+){0,2}/uy;
/** A tool's argument that is a name: `name`, `callerName`, `last_name`. */
const NAME_KEY = /name$/i;

/**
 * The names that a call is known to have: those that were given to tools as such, and those that somebody introduced
 * themselves by. Each word of a name counts by itself too, since people are called by one of them. A name that is mentioned
 * in another way is not found.
 */
export function namesIn(transcript: readonly RecordEntry[]): string[] {
  const names = new Set<string>();
  for (const entry of transcript) {
    const found = entry.kind === "tool" ? givenNames(entry.arguments ?? "") : introduced(entry.text ?? "");
    for (const name of found) {
      for (const part of [name, ...name.split(/\s+/)]) {
        if (part.length > 1 && names.size < MAX_NAMES) names.add(part);
      }
    }
  }
  return [...names];
}

function introduced(text: string): string[] {
  return [...text.matchAll(INTRODUCTION)].flatMap((match) => {
    NAME.lastIndex = match.index + match[0].length;
    return NAME.exec(text) ?? [];
  });
}

function givenNames(argumentsText: string): string[] {
  const names: string[] = [];
  try {
    JSON.parse(argumentsText, (key, value) => {
      if (NAME_KEY.test(key) && typeof value === "string" && value.length <= MAX_NAME_CHARS) {
        names.push(value.trim());
      }
      return value;
    });
  } catch {
    return []; // arguments that were cut off, or that the model wrote badly
  }
  return names;
}
