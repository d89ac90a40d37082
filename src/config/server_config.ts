import { isObject } from "../util/is_object.ts";
import { type Config, ConfigError, loadConfig } from "./config.ts";
import { FIELDS, type RawConfig } from "./fields.ts";
import type { BusinessPlace } from "./variable_kinds.ts";

/**
 * The configuration of a server within another program. What is left out has the default of the environment
 * variable of the same meaning (docs/configuration.md). What `loadConfig` returns fits, too.
 */
export interface ServerConfig {
  /**
   * The https URL that Twilio sees: signatures and the stream's wss URL are made from it. A proxy must take
   * off any path in it.
   */
  readonly publicUrl: string;
  /** Key of the OpenAI project that pays for the calls. */
  readonly openaiApiKey: string;
  /**
   * Primary auth token of the Twilio account, which verifies webhooks and streams. Required unless `insecure`
   * is true.
   */
  readonly twilioAuthToken?: string;
  /**
   * Verifies nobody, and so answers only requests that are made on this machine, to a loopback host. For
   * tests. Default false.
   */
  readonly insecure?: boolean;
  /**
   * The Twilio account that owns the numbers: `AC` and 32 hexadecimal digits. Without it no call can be
   * placed.
   */
  readonly twilioAccountSid?: string;
  /** Where Twilio's REST API is. Default `https://api.twilio.com`. */
  readonly twilioApiUrl?: string;
  /** Where the Realtime API is. Default `wss://api.openai.com/v1/realtime`. */
  readonly realtimeUrl?: string;
  /** Speech model of every business that names none. Default `gpt-realtime-2.1`. */
  readonly realtimeModel?: string;
  /** Where the rest of OpenAI's API is, which embeds knowledge. Default `https://api.openai.com/v1`. */
  readonly openaiBaseUrl?: string;
  /** Embedding model of the businesses' knowledge. Default `text-embedding-3-small`. */
  readonly embeddingModel?: string;
  /**
   * Where knowledge is embedded instead: any server with OpenAI's `POST /embeddings`. Default:
   * `openaiBaseUrl`.
   */
  readonly embeddingBaseUrl?: string;
  /** Key of the server at `embeddingBaseUrl`. Default: none is sent. */
  readonly embeddingApiKey?: string;
  /**
   * Folder of knowledge, records, and records not yet delivered. One server has it at a time. Default
   * `./data`.
   */
  readonly dataDir?: string;
  /** Keeps knowledge and records in MongoDB instead of SQLite: a `mongodb://` or `mongodb+srv://` URI. */
  readonly mongodbUri?: string;
  /** Bearer token of the operations endpoints, at least 16 characters. Without it nobody gets in. */
  readonly adminToken?: string;
  /** What is spoken with OpenAI: 24 kHz PCM, or the telephone's mu-law untouched. Default `pcm24k`. */
  readonly audioFormat?: Config["audioFormat"];
  /** Quality of the conversion between 8 and 24 kHz. Default `polyphase`. */
  readonly resampler?: Config["resampler"];
  /** How far ahead of the caller's ear audio is handed to Twilio: 1,000 to 300,000 ms. Default 10,000. */
  readonly playbackLeadMs?: number;
  /** How much more audio of one call may wait here: 1,000 to 600,000 ms. Default 600,000. */
  readonly outputBufferMs?: number;
  /** OpenAI sessions that may wait for their call: 0 to 10,000. Default 64. */
  readonly warmSessions?: number;
  /** Prices in USD that differ from the built-in ones. Default: none. */
  readonly prices?: Config["prices"];
  /**
   * Where businesses are described when none are passed in: a folder, or `mongodb:COLLECTION`. Default
   * `./businesses`.
   */
  readonly businesses?: string | BusinessPlace;
  /**
   * Hosts of your own network that HTTP tools and record webhooks of businesses may reach, such as
   * `127.0.0.1:9000`. Others are public, and https. Default: none.
   */
  readonly privateHosts?: string | readonly string[];
  /** Calls at once, 1 to 100,000. Default: as many as the memory holds. */
  readonly maxCalls?: number;
  /**
   * Memory that this process may use, from 64 MiB. Default: the limit of its control group, else of the
   * machine.
   */
  readonly memoryLimitMb?: number;
  /** `mongodb` makes the server an instance of the fleet that shares `mongodbUri`. Default: it is alone. */
  readonly cluster?: "mongodb";
  /** Where people reach this very instance of a fleet. Default: nobody says. */
  readonly instanceUrl?: string;
  /** How often memory and active calls are logged: every 1 to 86,400 s. Default 30. */
  readonly memoryLogSeconds?: number;
  /** How long a drain waits for calls to end: 0 to 86,400 s. Default 300. */
  readonly drainSeconds?: number;
  /** Least level that is logged to standard error. Default `info`. */
  readonly logLevel?: Config["logLevel"];
  /** How events are logged to standard error. Default `json`. */
  readonly logFormat?: Config["logFormat"];
}

/**
 * Fills in the defaults, and checks every field as if it came from the environment.
 * @throws {ConfigError} with every problem found, by the names of the fields
 */
export function completeConfig(settings: ServerConfig): Config {
  const names = Object.keys(FIELDS) as (keyof RawConfig)[];
  const given: Readonly<Partial<Record<keyof RawConfig, unknown>>> = settings;
  try {
    return loadConfig({
      env: {
        ...Object.fromEntries(names.map((name) => [FIELDS[name].env, variableText(given[name])])),
        // A server within another program has no host of its own.
        ...settings.insecure && { HOST: "127.0.0.1" },
      },
      insecure: settings.insecure,
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const fieldName = (env: string) => names.find((name) => FIELDS[name].env === env) ?? env;
    throw new ConfigError(error.problems.map((problem) => ({ ...problem, env: fieldName(problem.env) })));
  }
}

/** A value as the environment would give it. */
function variableText(value: unknown): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  if (Array.isArray(value)) return value.join(",");
  if (!isObject(value)) return String(value);
  if (value.in === "folder") return String(value.path);
  return value.in === "collection" ? `mongodb:${value.name}` : JSON.stringify(value);
}
