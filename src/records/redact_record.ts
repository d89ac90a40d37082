import type { RedactionChoice } from "../businesses/business.ts";
import { maskNumber } from "../observability/redaction/redact_attributes.ts";
import {
  PERSONAL_KINDS,
  type Redaction,
  redactText,
  redactTexts,
} from "../observability/redaction/redact_text.ts";
import type { CallRecord, RecordEntry } from "./call_record.ts";
import { namesIn } from "./names_in.ts";

/** Tools take numbers as JSON numbers too. Shorter ones are amounts and times. */
const MIN_NUMBER_DIGITS = 7;

/** A copy of the record without the personal data that `choices` name. To be called before it is written anywhere. */
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
 * What one side says is read as one text, since a number is often said in several turns, with a "yes" of the other side
 * between them. So are the keys that the caller pressed.
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

/** JSON text stays JSON text. What is none, because it was cut off, is treated as any text. */
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
