import * as v from "valibot";
import { BUSINESS_FILE, type BusinessFile } from "./schema/business_file.ts";
import { KNOWLEDGE_SETTINGS } from "./schema/tool_fields.ts";

/** Nothing in it can be changed. */
type DeepReadonly<Value> = Value extends readonly (infer Item)[] ? readonly DeepReadonly<Item>[]
  : Value extends object ? { readonly [Name in keyof Value]: DeepReadonly<Value[Name]> }
  : Value;

/**
 * The fields of a business file, as they are when it has been read.
 * @internal
 */
type FileFields = DeepReadonly<Omit<BusinessFile, "$schema" | "id" | "instructions">>;

/**
 * What makes one business's calls its own. Plain data: read from a file, checked once, then frozen. Its
 * fields are those of the schema, which holds their meanings, bounds and defaults (docs/businesses.md lists
 * them); those that the file gives in seconds and minutes are in milliseconds here.
 */
export interface Business extends FileFields {
  /** Stable name in records, tokens and metrics: lower-case letters, digits and dashes. */
  readonly id: string;
  /** The model's instructions, wherever they came from. */
  readonly instructions: string;
}

/**
 * When a business is open, by the clock of its time zone, and what its callers find otherwise. Weeks begin on
 * Monday.
 */
export type OpeningHours = NonNullable<Business["hours"]>;
/** When a turn ends by loudness. Fields as in OpenAI's `server_vad`. */
export type ServerVad = Extract<Business["turns"]["detection"], { type: "server_vad" }>;
/** A tool that a business needs only to name. */
export type BuiltInTool = Business["tools"]["builtIn"][number];
/** A tool that is an HTTP endpoint of the business: `POST` with the arguments as JSON. */
export type HttpToolSettings = Business["tools"]["http"][number];
/** How a business's documents are searched. Only passages that fit are returned. */
export type KnowledgeSettings = NonNullable<Business["knowledge"]>;
/** Somebody a call can be transferred to. The model knows the name and the description, never the number. */
export type TransferTarget = Business["transfers"][number];
/** What a key does. */
export type KeyAction = NonNullable<Business["keys"]["#"]>;
/** How long things may take in a call, in milliseconds. */
export type TimeLimits = Business["time"];
/** What the caller gets without the model. */
export type Fallback = Business["fallback"];
/** What is kept of a call when it is over. */
export type RecordSettings = Business["records"];
/** Personal data within texts; `caller` is the caller's own number, in its field. */
export type RedactionChoice = RecordSettings["redact"][number];
/** Where records are sent. */
export type RecordWebhook = NonNullable<RecordSettings["webhook"]>;

/** The settings of a business that turns its knowledge on and says no more. */
export const DEFAULT_KNOWLEDGE: KnowledgeSettings = deepFreeze(v.parse(KNOWLEDGE_SETTINGS, {}));

/**
 * Answers every number when no business is configured, so that a first call works; its sections are every
 * business's defaults.
 */
export const DEFAULT_BUSINESS: Business = deepFreeze({
  ...v.parse(v.omit(BUSINESS_FILE, ["id", "numbers", "instructions"]), { name: "Slimline" }),
  id: "default",
  numbers: [],
  instructions:
    "You answer the telephone. Speak like a friendly, competent receptionist: short sentences, one question at a time, " +
    "no lists, no markup. Say numbers and times the way people say them. When you do not know something, say so and offer " +
    "to take a message. Answer in the language that the caller speaks.",
});

/**
 * Stands in where a number or an id belongs to nobody: its callers hear that the number is not in service,
 * and no call is placed for it. No file can have its id. Nobody has said that these callers' numbers may be
 * kept, so records mask them.
 */
export const NO_BUSINESS: Business = Object.freeze<Business>({
  ...DEFAULT_BUSINESS,
  id: "no-business",
  inService: false,
  records: { ...DEFAULT_BUSINESS.records, redact: [...DEFAULT_BUSINESS.records.redact, "caller"] },
});

/** Freezes a value and all that it holds: calls share a business for hours. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
