import type { RedactionChoice } from "../businesses/business.ts";
import type { Subject } from "../observability/redaction/cues.ts";
import { numberPlans } from "../observability/redaction/number_plans.ts";
import type { TalkContext } from "../observability/redaction/talk_spans.ts";
import { Breather } from "../util/breather.ts";
import { maskNumber } from "../observability/redaction/redact_attributes.ts";
import { PERSONAL_KINDS, RedactedTalk, type Redaction } from "../observability/redaction/redact_text.ts";
import type { CallRecord, RecordEntry } from "./call_record.ts";
import { type OutgoingRecord, splitMessages } from "./whole_messages.ts";

/** Names that are masked in one call, at most. */
export const MAX_NAMES = 50;
/** A longer one is no name. */
const MAX_NAME_CHARS = 100;

/** What people say before their name, in the six languages. */
const INTRODUCTION =
  /(?<!\p{L})(?:my name is|my name's|the name is|the name's|this is|i am|i'm|mein name ist|ich heiße|ich bin|hier ist|me llamo|mi nombre es|soy|je m'appelle|mon nom est|je suis|mi chiamo|il mio nome è|sono|chamo-me|me chamo|meu nome é|sou|aqui é [ao])\s+/giu;
/** One to three words with a capital letter, as a transcription writes a name. */
const NAME = /\p{Lu}[\p{L}'’-]+(?:\s\p{Lu}[\p{L}'’-]+){0,2}/uy;
/** A tool's argument that is a name: `name`, `callerName`, `last_name`. */
const NAME_KEY = /name$/i;
/** Tools also take telephone numbers as JSON numbers. Shorter ones are amounts and times. */
const MIN_NUMBER_DIGITS = 7;

/**
 * A copy of the record without the personal data that `choices` name, and without whole messages. Must run
 * before the record is written anywhere. Loads the numbering plans when it first needs them; without them,
 * more is taken for a telephone number.
 */
export async function redactRecord(
  whole: OutgoingRecord,
  choices: readonly RedactionChoice[],
): Promise<CallRecord> {
  const { record } = splitMessages(whole);
  const kinds = PERSONAL_KINDS.filter((kind) => choices.includes(kind));
  const caller = record.direction === "inbound" ? "from" : "to";
  const masked = { ...record, ...choices.includes("caller") && { [caller]: maskNumber(record[caller]) } };
  if (kinds.length === 0) return masked;
  const names = kinds.includes("name") ? namesIn(record.transcript) : [];
  return {
    ...masked,
    transcript: await redactTranscript(record.transcript, { kinds, names }, await talkContext(record)),
  };
}

/** The words of a message that was recorded in a call, without the personal data that `choices` name. */
export async function redactMessage(
  words: string,
  record: CallRecord,
  choices: readonly RedactionChoice[],
): Promise<string> {
  const kinds = PERSONAL_KINDS.filter((kind) => choices.includes(kind));
  if (kinds.length === 0) return words;
  const said: RecordEntry = { kind: "user", atMs: 0, text: words };
  const names = kinds.includes("name") ? namesIn([...record.transcript, said]) : [];
  const [{ text = "" }] = await redactTranscript([said], { kinds, names }, await talkContext(record));
  return text;
}

/** What the call says of the numbers in it. */
async function talkContext({ from, to }: CallRecord): Promise<TalkContext> {
  const plans = await numberPlans().catch(() => undefined); // then numbers are known by their form alone
  return { plans, countries: [from, to].flatMap((number) => plans?.countryOf(number) ?? []) };
}

/** The fields of what was said and pressed: who asks for what decides what the digits of the answer are. */
const SAID = { user: "text", assistant: "text", keys: "digits" } as const;

async function redactTranscript(
  transcript: readonly RecordEntry[],
  redaction: Redaction,
  context: TalkContext,
): Promise<RecordEntry[]> {
  const places = transcript.flatMap(({ kind }, place) => kind in SAID ? [place] : []);
  const turns = places.map((place) => {
    const { kind, [SAID[kind as keyof typeof SAID]]: text = "" } = transcript[place];
    return { speaker: kind, text };
  });
  const talk = await RedactedTalk.read(turns, redaction, context);
  const redacted = [...transcript];
  places.forEach((place, index) => {
    const field = SAID[transcript[place].kind as keyof typeof SAID];
    redacted[place] = { ...transcript[place], [field]: talk.texts[index] };
  });
  const breather = new Breather();
  for (const [place, entry] of redacted.entries()) {
    await breather.breathe();
    if (entry.kind === "note") redacted[place] = { ...entry, text: talk.redact(entry.text ?? "") };
    if (entry.kind !== "tool") continue;
    // Whom a call was put through to is the business's own word, whatever the caller is called.
    const names = entry.name === TRANSFER_TOOL ? [] : redaction.names;
    const json = new RedactedJson(talk, { ...redaction, names });
    const { arguments: given = "", output = "" } = entry;
    redacted[place] = { ...entry, arguments: json.redact(given), output: json.redact(output) };
  }
  return redacted;
}

/** The tool whose arguments and output name the target that the business file has. */
const TRANSFER_TOOL = "transfer_call";

/** What the value of a property is, by its name. */
const PROPERTIES: readonly (readonly [Subject, RegExp])[] = [
  ["email", /mail/i],
  ["card", /card/i],
  ["iban", /iban|account/i],
  ["ssn", /ssn|social|tax_?id/i],
  ["passport", /passport/i],
  [
    "telephone",
    /phone|mobile|cell|call_?back|fax|whatsapp|^tel|telefon|handy|móvil|contact|^(?:number|nummer|numero|número|numéro)$/i,
  ],
  [
    "code",
    /order|invoice|ref|booking|reservation|ticket|code|zip|room|id$|sku|bestell|auftrag|pedido|commande|ordine/i,
  ],
  ["when", /date|time|day|when|at$|start|end|until|from$|datum|uhr|fecha|hora|heure/i],
  ["amount", /amount|price|count|size|party|qty|quantity|guests|people|total|cost|seats|duration|minutes/i],
];

/** JSON text stays JSON text. What is not JSON, because it was cut off, is treated as plain text. */
class RedactedJson {
  readonly #talk: RedactedTalk;
  readonly #redaction: Redaction;

  constructor(talk: RedactedTalk, redaction: Redaction) {
    this.#talk = talk;
    this.#redaction = redaction;
  }

  redact(text: string): string {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return this.#talk.redact(text, undefined, this.#redaction);
    }
    return JSON.stringify(this.#value(value, undefined));
  }

  #value(value: unknown, about: Subject | undefined): unknown {
    if (typeof value === "string") return this.#talk.redact(value, about, this.#redaction);
    if (typeof value === "number") {
      const digits = String(value);
      if (digits.length < MIN_NUMBER_DIGITS || !/^\d+$/.test(digits)) return value;
      const redacted = this.#talk.redact(digits, about, this.#redaction);
      return redacted === digits ? value : redacted;
    }
    if (Array.isArray(value)) return value.map((item) => this.#value(item, about));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    return Object.fromEntries(
      entries.map(([key, item]) => [key, this.#value(item, aboutProperty(key) ?? about)]),
    );
  }
}

function aboutProperty(key: string): Subject | undefined {
  return PROPERTIES.find(([, pattern]) => pattern.test(key))?.[0];
}

/**
 * The names that appear in a call: those that tools were given as names, and those that people introduced
 * themselves by. Each word of a name also counts by itself, since people are addressed by one of them. A name
 * mentioned in any other way is not found.
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
