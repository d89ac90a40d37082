import type { RedactionChoice } from "../businesses/business.ts";
import { maskNumber } from "../observability/redaction/redact_attributes.ts";
import {
  PERSONAL_KINDS,
  type Redaction,
  redactText,
  redactTexts,
} from "../observability/redaction/redact_text.ts";
import type { CallRecord, RecordEntry } from "./call_record.ts";

/** Names that are masked in one call, at most. */
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
/** Tools also take telephone numbers as JSON numbers. Shorter ones are amounts and times. */
const MIN_NUMBER_DIGITS = 7;

/** A copy of the record without the personal data that `choices` name. Must run before the record is written anywhere. */
export function redactRecord(record: CallRecord, choices: readonly RedactionChoice[]): CallRecord {
  const kinds = PERSONAL_KINDS.filter((kind) => choices.includes(kind));
  const names = kinds.includes("name") ? namesIn(record.transcript) : [];
  const caller = record.direction === "inbound" ? "from" : "to";
  return {
    ...record,
    ...choices.includes("caller") && { [caller]: maskNumber(record[caller]) },
    transcript: redactTranscript(record.transcript, { kinds, names }),
  };
}

/**
 * Reads what one side says as one text, since a number is often said in several turns, with a "yes" of the other side
 * between them. Likewise the keys that the caller pressed.
 */
function redactTranscript(transcript: readonly RecordEntry[], redaction: Redaction): RecordEntry[] {
  const redacted = [...transcript];
  for (const [kind, field] of [["user", "text"], ["assistant", "text"], ["keys", "digits"]] as const) {
    const places = transcript.flatMap((entry, place) => entry.kind === kind ? [place] : []);
    const texts = redactTexts(places.map((place) => transcript[place][field] ?? ""), redaction);
    places.forEach((place, index) => redacted[place] = { ...redacted[place], [field]: texts[index] });
  }
  return redacted.map((entry) => {
    if (entry.kind === "note") return { ...entry, text: redactText(entry.text ?? "", redaction) };
    if (entry.kind !== "tool") return entry;
    return {
      ...entry,
      arguments: redactJson(entry.arguments ?? "", redaction),
      output: redactJson(entry.output ?? "", redaction),
    };
  });
}

/** JSON text stays JSON text. What is not JSON, because it was cut off, is treated as plain text. */
function redactJson(text: string, redaction: Redaction): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return redactText(text, redaction);
  }
  return JSON.stringify(redactValue(value, redaction));
}

function redactValue(value: unknown, redaction: Redaction): unknown {
  if (typeof value === "string") return redactText(value, redaction);
  if (typeof value === "number") {
    const digits = String(value);
    if (digits.length < MIN_NUMBER_DIGITS || !/^\d+$/.test(digits)) return value;
    const redacted = redactText(digits, redaction);
    return redacted === digits ? value : redacted;
  }
  if (Array.isArray(value)) return value.map((item) => redactValue(item, redaction));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redactValue(item, redaction)]));
}

/**
 * The names that appear in a call: those that tools were given as names, and those that people introduced themselves by. Each
 * word of a name also counts by itself, since people are addressed by one of them. A name mentioned in any other way is not
 * found.
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
