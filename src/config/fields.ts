import * as v from "valibot";
import { isLoopback } from "./loopback.ts";

/** One environment variable: how it is read, what it means, and an example for the message when it is wrong. */
export interface Field<Value> {
  env: string;
  schema: v.GenericSchema<string | undefined, Value>;
  about: string;
  example: string;
}

/** Text of a schema's problem, as a sentence part that follows the variable's name. */
const origin = (protocols: string[], wanted: string) =>
  v.pipe(
    v.string(),
    v.check((text) => {
      const url = URL.parse(text);
      const isPlain = url?.protocol === "http:" && !isLoopback(url.hostname);
      return url !== null && !isPlain && protocols.includes(url.protocol) && !url.search && !url.hash &&
        !url.username;
    }, wanted),
    v.transform((text) => text.replace(/\/+$/, "")),
  );

function integer(least: number, most: number) {
  const wanted = `must be a whole number from ${least} to ${most}`;
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/, wanted),
    v.transform(Number),
    v.minValue(least, wanted),
    v.maxValue(most, wanted),
  );
}

function oneOf<const Names extends readonly [string, ...string[]]>(names: Names) {
  return v.picklist(names, `must be one of ${names.join(", ")}`);
}

const webOrigin = origin(["https:", "http:"], "must be an https origin without a query");
const socketUrl = origin(["wss:", "ws:"], "must be a wss URL without a query");
const secret = v.pipe(v.string(), v.trim(), v.minLength(1, "must not be empty"));

const price = v.pipe(v.number(), v.minValue(0));
const priceTable = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      return JSON.parse(dataset.value);
    } catch {
      addIssue({ message: "must be JSON" });
      return NEVER;
    }
  }),
  v.strictObject({
    models: v.optional(v.record(
      v.string(),
      v.strictObject(
        {
          textIn: price,
          cachedTextIn: price,
          textOut: price,
          audioIn: price,
          cachedAudioIn: price,
          audioOut: price,
        },
        "must give each model textIn, cachedTextIn, textOut, audioIn, cachedAudioIn and audioOut, in USD a million tokens",
      ),
    )),
    transcription: v.optional(v.record(
      v.string(),
      v.strictObject(
        { tokensIn: v.optional(price), tokensOut: v.optional(price), minute: v.optional(price) },
        "must give each transcription model tokensIn and tokensOut in USD a million tokens, or minute in USD",
      ),
    )),
  }, "must be an object with models and transcription"),
);

/** Every variable that the program reads, in the order of the documentation. */
export const FIELDS = {
  port: field("PORT", v.optional(integer(0, 65535), "8080"), "port to listen on; 0 takes a free one", "8080"),
  host: field("HOST", v.optional(secret, "0.0.0.0"), "address to listen on", "0.0.0.0"),
  publicUrl: field(
    "PUBLIC_URL",
    v.optional(webOrigin),
    "the https origin that Twilio sees; signatures and the stream's wss URL are made from it",
    "https://voice.example.com",
  ),
  openaiApiKey: field(
    "OPENAI_API_KEY",
    v.optional(secret),
    "key of the OpenAI project that pays for the calls",
    "sk-…",
  ),
  realtimeUrl: field(
    "OPENAI_REALTIME_URL",
    v.optional(socketUrl, "wss://api.openai.com/v1/realtime"),
    "where the Realtime API is",
    "wss://api.openai.com/v1/realtime",
  ),
  realtimeModel: field(
    "OPENAI_REALTIME_MODEL",
    v.optional(secret, "gpt-realtime-2.1"),
    "speech model of every business that names none",
    "gpt-realtime-2.1",
  ),
  openaiBaseUrl: field(
    "OPENAI_BASE_URL",
    v.optional(webOrigin, "https://api.openai.com/v1"),
    "where the rest of OpenAI's API is; knowledge is embedded there",
    "https://api.openai.com/v1",
  ),
  embeddingModel: field(
    "EMBEDDING_MODEL",
    v.optional(secret, "text-embedding-3-small"),
    "embedding model of the businesses' knowledge",
    "text-embedding-3-small",
  ),
  twilioAccountSid: field(
    "TWILIO_ACCOUNT_SID",
    v.optional(v.pipe(v.string(), v.regex(/^AC[0-9a-fA-F]{32}$/, "must be AC and 32 hexadecimal digits"))),
    "the Twilio account that owns the numbers",
    "AC0123456789abcdef0123456789abcdef",
  ),
  twilioAuthToken: field(
    "TWILIO_AUTH_TOKEN",
    v.optional(secret),
    "its primary auth token; webhooks and streams are verified with it",
    "0123456789abcdef0123456789abcdef",
  ),
  twilioApiUrl: field(
    "TWILIO_API_URL",
    v.optional(webOrigin, "https://api.twilio.com"),
    "where Twilio's REST API is",
    "https://api.dublin.ie1.twilio.com",
  ),
  dataDir: field(
    "DATA_DIR",
    v.optional(secret, "./data"),
    "folder of knowledge, records, and records not yet delivered",
    "/var/lib/slimline",
  ),
  mongodbUri: field(
    "MONGODB_URI",
    v.optional(
      v.pipe(v.string(), v.regex(/^mongodb(\+srv)?:\/\/\S+$/, "must be a mongodb:// or mongodb+srv:// URI")),
    ),
    "keeps knowledge and records in MongoDB instead of SQLite",
    "mongodb+srv://user:password@cluster.example.net/slimline",
  ),
  adminToken: field(
    "ADMIN_TOKEN",
    v.optional(v.pipe(secret, v.minLength(16, "must have at least 16 characters"))),
    "bearer token of the operations endpoints; without it they answer on loopback only",
    "a long random string",
  ),
  audioFormat: field(
    "AUDIO_FORMAT",
    v.optional(oneOf(["pcm24k", "pcmu"]), "pcm24k"),
    "what is spoken with OpenAI: 24 kHz PCM, or the telephone's mu-law untouched",
    "pcm24k",
  ),
  resampler: field(
    "RESAMPLER",
    v.optional(
      oneOf([
        "polyphase",
        "polyphase-fast",
        "polyphase-best",
        "libsamplerate-best",
        "libsamplerate-medium",
        "libsamplerate-fastest",
        "libsamplerate-linear",
      ]),
      "polyphase",
    ),
    "quality of the conversion between 8 and 24 kHz",
    "polyphase",
  ),
  playbackLeadMs: field(
    "PLAYBACK_LEAD_MS",
    v.optional(integer(1_000, 300_000), "10000"),
    "how far ahead of the caller's ear audio is handed to Twilio",
    "10000",
  ),
  outputBufferMs: field(
    "OUTPUT_BUFFER_MS",
    v.optional(integer(1_000, 600_000), "120000"),
    "how much more audio of one call may wait here",
    "120000",
  ),
  warmSessions: field(
    "WARM_SESSIONS",
    v.optional(integer(0, 10_000), "64"),
    "OpenAI sessions that may wait for their call, opened while Twilio connects; 0 opens none ahead",
    "64",
  ),
  prices: field(
    "OPENAI_PRICES",
    v.optional(priceTable, "{}"),
    "prices in USD that differ from the built-in ones, as JSON",
    '{"models":{"gpt-realtime-2.1":{"textIn":4,"cachedTextIn":0.4,"textOut":24,"audioIn":32,"cachedAudioIn":0.4,"audioOut":64}}}',
  ),
  businesses: field(
    "BUSINESSES",
    v.optional(secret, "./businesses"),
    "folder of business files; without any, one built-in business answers every number",
    "./businesses",
  ),
  maxCalls: field(
    "MAX_CALLS",
    v.optional(integer(1, 100_000)),
    "calls at once, further callers hear the busy words; by default as many as the memory holds",
    "300",
  ),
  memoryLimitMb: field(
    "MEMORY_LIMIT_MB",
    v.optional(integer(64, 1_048_576)),
    "memory that this process may use; by default the limit of its control group, else of the machine",
    "512",
  ),
  memoryLogSeconds: field(
    "MEMORY_LOG_SECONDS",
    v.optional(integer(1, 86_400), "30"),
    "how often memory and active calls are logged",
    "30",
  ),
  drainSeconds: field(
    "DRAIN_SECONDS",
    v.optional(integer(0, 86_400), "300"),
    "how long a stop signal waits for calls to end",
    "300",
  ),
  logLevel: field(
    "LOG_LEVEL",
    v.optional(oneOf(["debug", "info", "warn", "error"]), "info"),
    "least level that is logged",
    "info",
  ),
  logFormat: field(
    "LOG_FORMAT",
    v.optional(oneOf(["text", "json"])),
    "text or json; by default text on a terminal, else json",
    "json",
  ),
} as const;

/** The configuration as read, before anything is required or derived. */
export type RawConfig = { [Name in keyof typeof FIELDS]: v.InferOutput<typeof FIELDS[Name]["schema"]> };

function field<Schema extends v.GenericSchema<string | undefined, unknown>>(
  env: string,
  schema: Schema,
  about: string,
  example: string,
): { env: string; schema: Schema; about: string; example: string } {
  return { env, schema, about, example };
}
