import * as v from "valibot";
import {
  apiKey,
  authTokenList,
  businessPlace,
  choice,
  digits,
  type Kind,
  matching,
  ownServerUrl,
  plainText,
  priceTable,
  privateHostList,
  secretText,
  socketUrl,
  webUrl,
  webUrlList,
  webUrlWithCredentials,
} from "./variable_kinds.ts";

/**
 * One environment variable: how it is read, what it means, and an example for the message when it is wrong.
 */
export interface Field<
  Schema extends v.GenericSchema<string | undefined, unknown> = v.GenericSchema<string | undefined, unknown>,
> {
  env: string;
  schema: Schema;
  /** As it would be written; undefined where the variable has none. */
  default?: string;
  /** What is wanted, to be read after `must be`; undefined where any text will do. */
  wanted?: string;
  about: string;
  example: string;
}

/** Every variable that the program reads, in the order of the documentation. */
export const FIELDS = {
  port: withDefault("PORT", digits(0, 65535), "8080", "port to listen on; 0 takes a free one"),
  host: withDefault("HOST", plainText, "0.0.0.0", "address to listen on"),
  publicUrl: unset(
    "PUBLIC_URL",
    webUrlWithCredentials,
    "the https URL that Twilio sees; signatures and the stream's wss URL are made from it, never from request headers",
    "https://voice.example.com",
  ),
  openaiApiKey: unset(
    "OPENAI_API_KEY",
    apiKey,
    "key of the OpenAI project that pays for the calls",
    "sk-proj-0123456789",
  ),
  realtimeUrl: withDefault(
    "OPENAI_REALTIME_URL",
    socketUrl,
    "wss://api.openai.com/v1/realtime",
    "where the Realtime API is",
  ),
  realtimeModel: withDefault(
    "OPENAI_REALTIME_MODEL",
    plainText,
    "gpt-realtime-2.1",
    "speech model of every business that names none",
  ),
  openaiBaseUrl: withDefault(
    "OPENAI_BASE_URL",
    webUrl,
    "https://api.openai.com/v1",
    "where the rest of OpenAI's API is; knowledge is embedded there",
  ),
  embeddingModel: withDefault(
    "EMBEDDING_MODEL",
    plainText,
    "text-embedding-3-small",
    "embedding model of the businesses' knowledge",
  ),
  embeddingBaseUrl: unset(
    "EMBEDDING_BASE_URL",
    ownServerUrl,
    "where knowledge is embedded in place of OPENAI_BASE_URL: any server with OpenAI's POST /embeddings, such as one in your own house",
    "http://127.0.0.1:8081/v1",
  ),
  embeddingApiKey: unset(
    "EMBEDDING_API_KEY",
    apiKey,
    "key of the server at EMBEDDING_BASE_URL, if it wants one; OPENAI_API_KEY is never sent there",
    "a key",
  ),
  twilioAccountSid: unset(
    "TWILIO_ACCOUNT_SID",
    matching(/^AC[0-9a-fA-F]{32}$/, "AC and 32 hexadecimal digits"),
    "the Twilio account that outbound calls are placed from; other requests use the account of the call",
    "AC0123456789abcdef0123456789abcdef",
  ),
  twilioAuthToken: unset(
    "TWILIO_AUTH_TOKEN",
    authTokenList,
    "primary auth token of the account; webhooks and streams are verified with it. Several, separated by commas, while a token is being rotated; `ACxxx:token` is that of a sub-account",
    "0123456789abcdef0123456789abcdef",
  ),
  twilioApiUrl: withDefault(
    "TWILIO_API_URL",
    webUrlList,
    "https://api.twilio.com",
    "where Twilio's REST API is, for another region. Further ones, separated by commas, are asked when the first does not answer in time, such as other edges of the region",
    "https://api.twilio.com,https://api.ashburn.us1.twilio.com",
  ),
  dataDir: withDefault(
    "DATA_DIR",
    plainText,
    "./data",
    "folder of knowledge, records, records not yet delivered, and sentences for callers who wait",
    "/var/lib/slimline",
  ),
  mongodbUri: unset(
    "MONGODB_URI",
    matching(/^mongodb(\+srv)?:\/\/\S+$/, "a mongodb:// or mongodb+srv:// URI"),
    "keeps knowledge and records in MongoDB instead of SQLite; businesses too if BUSINESSES says so",
    "mongodb+srv://user:password@cluster.example.net/slimline",
  ),
  cluster: unset(
    "CLUSTER",
    choice(["mongodb"]),
    "makes this process an instance of the fleet that shares MONGODB_URI: limits hold over all, and calls move from one instance to another; without it each process is alone",
    "mongodb",
  ),
  instanceUrl: unset(
    "INSTANCE_URL",
    ownServerUrl,
    "where people reach this very instance of a fleet, for the links of the dashboard",
    "http://10.0.0.5:8080",
  ),
  adminToken: unset(
    "ADMIN_TOKEN",
    secretText(16),
    "bearer token of the operations endpoints and of POST /calls; without it serve makes one at each start, writes it to DATA_DIR/admin-token and prints a sign-in link",
    "a long random string",
  ),
  audioFormat: withDefault(
    "AUDIO_FORMAT",
    choice(["pcm24k", "pcmu"]),
    "pcm24k",
    "what is spoken with OpenAI: 24 kHz PCM, or the telephone's mu-law untouched",
  ),
  resampler: withDefault(
    "RESAMPLER",
    choice([
      "polyphase",
      "polyphase-fast",
      "polyphase-best",
      "libsamplerate-best",
      "libsamplerate-medium",
      "libsamplerate-fastest",
      "libsamplerate-linear",
    ]),
    "polyphase",
    "quality of the conversion between 8 and 24 kHz",
  ),
  playbackLeadMs: withDefault(
    "PLAYBACK_LEAD_MS",
    digits(1_000, 300_000),
    "10000",
    "how far ahead of the caller's ear audio is handed to Twilio",
  ),
  outputBufferMs: withDefault(
    "OUTPUT_BUFFER_MS",
    digits(1_000, 600_000),
    "600000",
    "how much more audio of one call may wait here, as 8 kB a second; an answer that is longer ends there, and the model knows",
  ),
  warmSessions: withDefault(
    "WARM_SESSIONS",
    digits(0, 10_000),
    "64",
    "OpenAI sessions that may wait for their call, opened while Twilio connects; 0 opens none ahead",
  ),
  prices: withDefault(
    "OPENAI_PRICES",
    priceTable,
    "{}",
    "prices in USD that differ from the built-in ones, as JSON",
    '{"models":{"gpt-realtime-2.1":{"textIn":4,"cachedTextIn":0.4,"textOut":24,"audioIn":32,"cachedAudioIn":0.4,"audioOut":64}}}',
  ),
  businesses: withDefault(
    "BUSINESSES",
    businessPlace,
    "./businesses",
    "where the businesses are described; in a folder without any, one built-in business answers every number",
  ),
  privateHosts: unset(
    "PRIVATE_HOSTS",
    privateHostList,
    "hosts of your own network, host or host:port, that HTTP tools and record webhooks of businesses, and ingest, may reach; others are public https only",
    "127.0.0.1:9000,tools.internal",
  ),
  maxCalls: unset(
    "MAX_CALLS",
    digits(1, 100_000),
    "calls at once; further callers hear the busy words; by default as many as the memory holds",
    "300",
  ),
  memoryLimitMb: unset(
    "MEMORY_LIMIT_MB",
    digits(64, 1_048_576),
    "memory that this process may use; by default the limit of its control group, else of the machine",
    "512",
  ),
  memoryLogSeconds: withDefault(
    "MEMORY_LOG_SECONDS",
    digits(1, 86_400),
    "30",
    "how often memory and active calls are logged",
  ),
  drainSeconds: withDefault(
    "DRAIN_SECONDS",
    digits(0, 86_400),
    "300",
    "how long a stop signal waits for calls to end",
  ),
  logLevel: withDefault(
    "LOG_LEVEL",
    choice(["debug", "info", "warn", "error"]),
    "info",
    "least level that is logged; lines of warn say warning",
  ),
  logFormat: unset(
    "LOG_FORMAT",
    choice(["text", "json"]),
    "how events are logged; by default text on a terminal, else json",
    "json",
  ),
} as const;

/**
 * The configuration as read, before anything is required or derived.
 * @internal
 */
export type RawConfig = { [Name in keyof typeof FIELDS]: v.InferOutput<typeof FIELDS[Name]["schema"]> };

/** A variable that need not be set. @param example default: the default value */
function withDefault<Schema extends v.GenericSchema<string, unknown>>(
  env: string,
  { schema, wanted }: Kind<Schema>,
  value: string,
  about: string,
  example: string = value,
): Field<v.OptionalSchema<Schema, string>> {
  return { env, schema: v.optional(schema, value), default: value, wanted, about, example };
}

/** A variable that says nothing while it is not set. */
function unset<Schema extends v.GenericSchema<string, unknown>>(
  env: string,
  { schema, wanted }: Kind<Schema>,
  about: string,
  example: string,
): Field<v.OptionalSchema<Schema, undefined>> {
  return { env, schema: v.optional(schema), wanted, about, example };
}
