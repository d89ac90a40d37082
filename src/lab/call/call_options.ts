import { AuthTokens } from "../../carrier/twilio/auth_tokens.ts";
import { parseCommand } from "../../cli/arguments.ts";
import { ownAddress } from "../../util/loopback.ts";
import { UsageError, wholeFlag } from "../flags.ts";

/** Values that the configuration gives; each is overruled by its flag. */
export interface CallDefaults {
  /** `PUBLIC_URL` */
  publicUrl?: string;
  /** `TWILIO_AUTH_TOKEN`, which may list several */
  authToken?: string;
  /** `TWILIO_ACCOUNT_SID` */
  accountSid?: string;
  /** `HOST` and `PORT`: where a server on this machine listens. */
  host?: string;
  port?: number;
  /** `ADMIN_TOKEN` */
  adminToken?: string;
  /** `TWILIO_API_URL`, which may list several */
  twilioApiUrl?: string;
  /** `DATA_DIR`, where a server on this machine keeps the token that it made. */
  dataDir?: string;
}

export interface CallArgs {
  to: string;
  publicUrl: string;
  /** Undefined: nothing is signed. */
  authToken?: string;
  /** Of the voice webhook, and of the status callback, where there is one. */
  path: string;
  statusPath?: string;
  forwardedFrom?: string;
  /** Where Twilio's REST API is served; undefined: nowhere. */
  apiPort?: number;
  /** Time of a spoken character of `<Say>`. */
  sayCharacterMs: number;
  accountSid: string;
  adminToken?: string;
  dataDir?: string;
  calls: number;
  seconds: number;
  rampMs: number;
  pauseMs: number;
  delayMs: number;
  jitterMs: number;
  seed: number;
  wav?: string;
  out?: string;
  script?: string;
  number: string;
  from: string;
  isJson: boolean;
  /** A refused call is no failure, and one that the server ends is. */
  mayRefuse: boolean;
}

/** As many calls as one process can place in time; more need more processes. */
const MAX_CALLS = 1000;

const FLAGS = {
  to: { type: "string" },
  public: { type: "string" },
  token: { type: "string" },
  account: { type: "string" },
  path: { type: "string", default: "/voice" },
  status: { type: "string" },
  "forwarded-from": { type: "string" },
  api: { type: "string" },
  "say-ms": { type: "string", default: "60" },
  "admin-token": { type: "string" },
  calls: { type: "string", default: "1" },
  seconds: { type: "string", default: "20" },
  ramp: { type: "string", default: "50" },
  pause: { type: "string", default: "2000" },
  delay: { type: "string", default: "0" },
  jitter: { type: "string", default: "0" },
  seed: { type: "string", default: "1" },
  wav: { type: "string" },
  out: { type: "string" },
  script: { type: "string" },
  number: { type: "string", default: "+15550100000" },
  from: { type: "string", default: "+15550100001" },
  json: { type: "boolean", default: false },
  "expect-refused": { type: "boolean", default: false },
} as const;

/**
 * Reads the arguments of `slimline call`, or returns the exit code where that was all (`--help`, an unknown
 * flag).
 *
 * @throws {UsageError} for a value that does not fit
 */
export function parseCallArgs(argv: string[], defaults: CallDefaults, help: string): CallArgs | number {
  const parsed = parseCommand({ command: "call", args: argv, options: FLAGS }, help);
  if (typeof parsed === "number") return parsed;
  const { values } = parsed;
  const to = origin("--to", values.to ?? ownAddress(defaults.host ?? "127.0.0.1", defaults.port ?? 8080));
  const calls = wholeFlag("--calls", values.calls, 1, MAX_CALLS);
  if (values.script !== undefined && calls !== 1) {
    throw new UsageError("--script runs one call; leave out --calls.");
  }
  const accountSid = values.account ?? defaults.accountSid ?? `AC${"0".repeat(32)}`;
  const authToken = (values.token ?? defaults.authToken) || undefined; // an empty one stands for none
  return {
    to,
    publicUrl: origin("--public", values.public ?? defaults.publicUrl ?? to),
    accountSid,
    authToken: authToken && (new AuthTokens(authToken).of(accountSid)[0]?.text ?? authToken),
    path: path("--path", values.path),
    statusPath: values.status === undefined ? undefined : path("--status", values.status),
    forwardedFrom: values["forwarded-from"],
    apiPort: values.api === undefined
      ? loopbackPort(defaults.twilioApiUrl)
      : wholeFlag("--api", values.api, 1, 65_535),
    sayCharacterMs: wholeFlag("--say-ms", values["say-ms"], 0, 1_000),
    adminToken: values["admin-token"] ?? defaults.adminToken,
    dataDir: defaults.dataDir,
    calls,
    seconds: wholeFlag("--seconds", values.seconds, 1, 86_400),
    rampMs: wholeFlag("--ramp", values.ramp, 0, 60_000),
    pauseMs: wholeFlag("--pause", values.pause, 0, 60_000),
    delayMs: wholeFlag("--delay", values.delay, 0, 10_000),
    jitterMs: wholeFlag("--jitter", values.jitter, 0, 10_000),
    seed: wholeFlag("--seed", values.seed, 0, 2 ** 31),
    wav: values.wav,
    out: values.out,
    script: values.script,
    number: values.number,
    from: values.from,
    isJson: values.json,
    mayRefuse: values["expect-refused"],
  };
}

/** The port of the first URL that leads to this machine, where one does: `slimline call` is meant then. */
function loopbackPort(urls: string | undefined): number | undefined {
  const found = urls?.split(",").map((url) => URL.parse(url.trim()))
    .find((url) => url?.protocol === "http:" && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname));
  return found ? Number(found.port || 80) : undefined;
}

function path(flag: string, text: string): string {
  if (text.startsWith("/")) return text;
  throw new UsageError(`${flag} is ${JSON.stringify(text)}; a path such as /voice is wanted.`);
}

function origin(flag: string, text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new UsageError(
      `${flag} is ${JSON.stringify(text)}; a URL such as http://127.0.0.1:8080 is wanted.`,
    );
  }
  return text.replace(/\/$/, "");
}
