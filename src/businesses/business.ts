import type { PersonalKind } from "../observability/redaction/redact_text.ts";

/**
 * What makes one business's calls its own. Plain data: read from a file, checked once, then frozen.
 * Durations are in milliseconds.
 */
export interface Business {
  /** Stable name in records, tokens and metrics: lower-case letters, digits and dashes. */
  readonly id: string;
  /** As spoken. */
  readonly name: string;
  /** The numbers that it answers, in E.164; its outbound calls come from the first. None: it answers every number. */
  readonly numbers: readonly string[];
  /** False: callers hear `outOfServiceWords`, and no call is placed. */
  readonly inService: boolean;
  /** When it is open; undefined: always. */
  readonly hours: OpeningHours | undefined;
  /** ISO-639-1 code of the language that the model begins in; undefined leaves it to the model. */
  readonly language: string | undefined;
  /** The model's instructions. */
  readonly instructions: string;
  readonly greeting: Greeting;
  /** One of OpenAI's voices. */
  readonly voice: string;
  /** Speech model; undefined takes the process's. */
  readonly model: string | undefined;
  /** What is spoken with OpenAI: 24 kHz PCM, or the telephone's mu-law untouched; undefined takes the process's. */
  readonly audioFormat: "pcm24k" | "pcmu" | undefined;
  readonly turns: Turns;
  /** OpenAI's filter for the caller's side: `near_field` for a handset, `far_field` for a speaker phone. */
  readonly noiseReduction: "near_field" | "far_field" | null;
  /** Transcription of the caller's turns, billed apart; null does without. */
  readonly transcription: Transcription | null;
  readonly tools: ToolSettings;
  /** How its documents are searched during a call; null: they are not. */
  readonly knowledge: KnowledgeSettings | null;
  /** What the keys do. A key that is not listed is told to the model as text. */
  readonly keys: Readonly<Record<string, KeyAction>>;
  readonly transfers: readonly TransferTarget[];
  readonly time: TimeLimits;
  readonly limits: CallLimits;
  readonly fallback: Fallback;
  readonly records: RecordSettings;
  /** Spoken by Twilio when no call can be taken. */
  readonly busyWords: string;
  readonly whenBusy: WhenBusy;
  /** Spoken by Twilio when the business is not in service. */
  readonly outOfServiceWords: string;
}

/** When a business is open, by the clock of its time zone, and what its callers find otherwise. */
export interface OpeningHours {
  /** IANA name, such as `Europe/Berlin`. */
  readonly timeZone: string;
  /** For each weekday, Monday first. */
  readonly week: readonly (readonly OpenSpan[])[];
  /** Dates (`YYYY-MM-DD`) that differ from their weekday. */
  readonly days: Readonly<Record<string, readonly OpenSpan[]>>;
  readonly afterHours: AfterHours;
}

/** From and until, in minutes since the midnight that the day began with; `toMinute` may lie in the next day. */
export interface OpenSpan {
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** What callers find when a business is closed: the model with these instructions as well, or a way out without it. */
export type AfterHours =
  | { readonly action: "answer"; readonly instructions: string }
  | ({ readonly action: "say" } & Fallback);

/** What the caller hears first. */
export interface Greeting {
  /** Told to the model as an instruction; empty: the caller speaks first. */
  readonly instructions: string;
  /** False: the caller's voice does not cut the greeting off. */
  readonly isInterruptible: boolean;
}

/** When a turn ends, and what it takes to interrupt the model. */
export interface Turns {
  readonly detection: ServerVad | SemanticVad;
  /** Speech shorter than this does not silence the model (a cough, a "mhm"). 0: any speech does, at once. */
  readonly minInterruptionMs: number;
}

/** Turn detection by loudness. Fields as in OpenAI's `server_vad`. */
export interface ServerVad {
  readonly type: "server_vad";
  readonly threshold: number;
  readonly prefixPaddingMs: number;
  readonly silenceDurationMs: number;
  /** Silence after an answer that makes the model speak again by itself; undefined: it never does. */
  readonly idleTimeoutMs?: number;
}

/** Turn detection by what was said. Fields as in OpenAI's `semantic_vad`. */
export interface SemanticVad {
  readonly type: "semantic_vad";
  readonly eagerness: "low" | "medium" | "high" | "auto";
}

/** How the caller's speech is made into text for the transcript; the model itself hears it. */
export interface Transcription {
  readonly model: string;
  /** ISO-639-1; undefined lets the model find out. */
  readonly language: string | undefined;
  /** Words to expect, such as names. */
  readonly prompt: string | undefined;
}

/** A server that OpenAI calls by itself, as its `tools` take it. Only what this program looks at has a type. */
export interface McpServer {
  readonly type: "mcp";
  readonly server_label: string;
  readonly [option: string]: unknown;
}

/** Which tools the model has. */
export interface ToolSettings {
  /** Built-in ones, by name. `transfer_call` is there whenever there are transfer targets. */
  readonly builtIn: readonly BuiltInTool[];
  readonly http: readonly HttpToolSettings[];
  /** Servers that OpenAI calls by itself; handed over as they are (`server_label`, `server_url`, …). */
  readonly mcp: readonly McpServer[];
  /** A tool that takes longer than this gets a spoken filler. */
  readonly fillerAfterMs: number;
  /** Told to the model as an instruction for the filler. */
  readonly fillerInstructions: string;
}

/** How a business's documents are searched. What fits is told, and nothing else. */
export interface KnowledgeSettings {
  /** Tells the model what the documents are about, and so when to search them; undefined says it in general. */
  readonly about: string | undefined;
  /** Of the vectors: fewer are smaller and faster, and find a little less. A change wants the documents taken in again. */
  readonly dimensions: number;
  /** Most passages that one search tells. */
  readonly results: number;
  /** A passage fits whose cosine to the question is at least this, 0 to 1 … */
  readonly minSimilarity: number;
  /** … or that holds at least this share of the question's words, rare ones counting more, 0 to 1. */
  readonly minWords: number;
}

/** Tools that a business needs only to name. */
export type BuiltInTool = "end_call" | "send_dtmf" | "take_message";

/** A tool that is an HTTP endpoint of the business: `POST` with the arguments as JSON. */
export interface HttpToolSettings {
  readonly name: string;
  readonly description: string;
  /** JSON schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Signs each request (`X-Slimline-Signature`); undefined sends none. */
  readonly signingSecret: string | undefined;
  readonly timeoutMs: number;
}

/** Somebody a call can be transferred to. The model knows the name and the description, never the number. */
export interface TransferTarget {
  readonly name: string;
  readonly description: string;
  /** E.164. */
  readonly number: string;
  /** Spoken to the caller by Twilio before it dials; empty says nothing. */
  readonly announcement: string;
  /** Spoken to the one who answers, before the caller is put through; empty says nothing. */
  readonly whisper: string;
  readonly ringSeconds: number;
}

/** What a key does. */
export type KeyAction =
  | { readonly action: "transfer"; readonly target: string }
  | { readonly action: "hang_up" }
  /** Tells the model something, as if the caller had said it. */
  | { readonly action: "say"; readonly text: string };

/** How long things may take in a call, in milliseconds. */
export interface TimeLimits {
  /** Silence on both sides after which the model asks whether the caller is still there. */
  readonly silencePromptAfterMs: number;
  /** Further silence after which the model says goodbye and the call ends. */
  readonly silenceGoodbyeAfterMs: number;
  /** The longest call. */
  readonly maxCallMs: number;
  /** How long before that the caller is warned. */
  readonly warnBeforeEndMs: number;
  /** The model must have begun to answer this long after the caller stopped; then it is asked again. */
  readonly answerWithinMs: number;
}

/** How much a business may take of the server and of OpenAI; undefined: as much as there is. */
export interface CallLimits {
  readonly callsAtOnce: number | undefined;
  readonly minutesPerDay: number | undefined;
  readonly costPerDayUsd: number | undefined;
}

/** What becomes of a caller when no call can be taken. At the end come the busy words, the forward number and voicemail. */
export interface WhenBusy {
  /** How often the caller is put off before that; 0: never. */
  readonly tries: number;
  /** For how long each time, in seconds. */
  readonly retrySeconds: number;
  /** Spoken by Twilio each time. */
  readonly waitWords: string;
  /** Dialled after the busy words; undefined: whom the fallback dials; null: nobody. */
  readonly forwardTo: string | null | undefined;
}

/** What the caller gets without the model. */
export interface Fallback {
  /** Spoken by Twilio. */
  readonly words: string;
  /** Dialled after the words; undefined does not. */
  readonly forwardTo: string | undefined;
  /** Records a message after the words (when nobody is dialled, or nobody answered). */
  readonly voicemail: boolean;
}

/** What is kept of a call when it is over. */
export interface RecordSettings {
  /** Days that a record is kept; 0 keeps none. */
  readonly retentionDays: number;
  /** What is masked before a record is written or sent anywhere. */
  readonly redact: readonly RedactionChoice[];
  /** Told of each call once it is over; undefined: nobody is. */
  readonly webhook: RecordWebhook | undefined;
}

/** Personal data within texts; `caller` is the caller's own number, in its field. */
export type RedactionChoice = PersonalKind | "caller";

/** Where records are sent. */
export interface RecordWebhook {
  readonly url: string;
  /** Signs each request, as with HTTP tools; undefined sends none. */
  readonly signingSecret: string | undefined;
}

const MINUTE_MS = 60_000;

/** What a business has that turns its knowledge on and says no more. */
export const DEFAULT_KNOWLEDGE: KnowledgeSettings = Object.freeze<KnowledgeSettings>({
  about: undefined,
  dimensions: 512,
  results: 4,
  minSimilarity: 0.3,
  minWords: 0.3,
});

/** Answers every number when no business is configured, so that a first call works; and the defaults of those that are. */
export const DEFAULT_BUSINESS: Business = Object.freeze<Business>({
  id: "default",
  name: "Slimline",
  numbers: [],
  inService: true,
  hours: undefined,
  language: undefined,
  instructions:
    "You answer the telephone. Speak like a friendly, competent receptionist: short sentences, one question at a time, " +
    "no lists, no markup. Say numbers and times the way people say them. When you do not know something, say so and offer " +
    "to take a message. Answer in the language that the caller speaks.",
  greeting: {
    instructions: "Greet the caller in one short sentence and ask how you can help.",
    isInterruptible: true,
  },
  voice: "marin",
  model: undefined,
  audioFormat: undefined,
  turns: {
    // The API's docs and its examples disagree about its own defaults, so all of them are stated.
    detection: { type: "server_vad", threshold: 0.5, prefixPaddingMs: 300, silenceDurationMs: 500 },
    minInterruptionMs: 0,
  },
  noiseReduction: null,
  transcription: { model: "gpt-transcribe", language: undefined, prompt: undefined },
  tools: {
    builtIn: ["end_call", "take_message"],
    http: [],
    mcp: [],
    fillerAfterMs: 1_500,
    fillerInstructions: "Say in a few words that you are looking into it, such as: one moment please.",
  },
  knowledge: null,
  keys: {},
  transfers: [],
  time: {
    silencePromptAfterMs: 12_000,
    silenceGoodbyeAfterMs: 10_000,
    maxCallMs: 30 * MINUTE_MS,
    warnBeforeEndMs: MINUTE_MS,
    answerWithinMs: 6_000,
  },
  limits: { callsAtOnce: undefined, minutesPerDay: undefined, costPerDayUsd: undefined },
  fallback: {
    words: "Sorry, we cannot take your call right now. Please try again in a few minutes. Goodbye.",
    forwardTo: undefined,
    voicemail: false,
  },
  records: { retentionDays: 30, redact: ["telephone", "email", "card", "ssn"], webhook: undefined },
  busyWords: "All our lines are busy right now. Please call again in a few minutes. Goodbye.",
  whenBusy: {
    tries: 0,
    retrySeconds: 10,
    waitWords: "All our lines are busy right now. Please hold.",
    forwardTo: undefined,
  },
  outOfServiceWords: "The number that you have dialled is not in service. Goodbye.",
});

/**
 * Stands in where a number or an id belongs to nobody: its callers hear that the number is not in service, and no call is
 * placed for it. No file can have its id.
 */
export const NO_BUSINESS: Business = Object.freeze<Business>({
  ...DEFAULT_BUSINESS,
  id: "no-business",
  inService: false,
});
