import type { Business } from "../businesses/business.ts";
import { readSource } from "../businesses/settle.ts";
import type { BusinessSource } from "../businesses/source.ts";
import { readHoldFile } from "../call/hold/hold_file.ts";
import type { Config } from "../config/config.ts";
import { ENV_FILE } from "../config/env_file.ts";
import type { Log } from "../observability/log.ts";
import type { SharedServices } from "../services/shared_services.ts";
import type { Clock } from "../util/clock.ts";
import { messageOf } from "../util/errors.ts";
import { examineClock } from "./examine_clock.ts";
import { examineKnowledge } from "./examine_knowledge.ts";
import { examineNumbers } from "./examine_numbers.ts";
import { examinePublicUrl, HOLD_MS, holdTime } from "./examine_public_url.ts";
import { examineSessions } from "./examine_sessions.ts";
import { examineUrls } from "./examine_urls.ts";
import { bad, doubtful, type Finding, good, safely, someOf } from "./finding.ts";
import { networkHosts } from "./network_hosts.ts";
import { countDescriptors, LEAST_DESCRIPTORS } from "./process_sockets.ts";

/** What is looked at, and with what. */
export interface ExamineOptions {
  readonly config: Config;
  readonly source: BusinessSource;
  readonly services: SharedServices;
  readonly clock: Clock;
  readonly log: Log;
  /** Where variables may stand; default `.env` in the current folder. */
  readonly envFile?: string;
  /** How long a WebSocket at `PUBLIC_URL` must stay open; default {@link HOLD_MS}. */
  readonly holdMs?: number;
  /** Called when it is there, with how long it will be held: that takes longer than all else together. */
  readonly onHold?: (ms: number) => void;
}

/** Checks everything that calls will need. Leaves nothing changed. Never throws. */
export async function* examine(options: ExamineOptions): AsyncGenerator<Finding> {
  const { config, source, services, clock, log, onHold } = options;
  const holdMs = holdTime(config, options.holdMs ?? HOLD_MS);
  // Begun first, since it takes longest; told last.
  const reached = Array.fromAsync(safely("PUBLIC_URL", () => examinePublicUrl(config, holdMs, onHold)));
  let businesses: readonly Business[] = [];
  yield* safely("Businesses", async function* () {
    const read = await examineBusinesses(source);
    businesses = read.businesses;
    yield* read.findings;
    yield* examineHoldFiles(businesses);
  });
  yield* safely("Secrets", () => examineEnvFile(options.envFile ?? ENV_FILE));
  yield* safely("Network", () => [
    good("Network", `serve needs no hosts but ${someOf(networkHosts(config, businesses))}`),
  ]);
  yield await examineDataFolder(config.dataDir);
  yield* safely("Descriptors", async function* () {
    yield await examineDescriptors(config);
  });
  yield* safely("Clock", () => examineClock(config, clock));
  yield* safely("OpenAI", () => examineSessions(config, businesses, clock));
  yield* safely("Tools", () => examineUrls(config, businesses));
  const { registry, mongo } = services;
  yield* safely("Knowledge", () => examineKnowledge({ config, registry, mongo, clock, log }, businesses));
  yield* safely("Twilio", () => examineNumbers(config, businesses, clock));
  yield examineAdminToken(config);
  yield* await reached;
}

/**
 * Reads the descriptions of the businesses as the server would: who would serve, and everything that is
 * wrong.
 */
async function examineBusinesses(
  source: BusinessSource,
): Promise<{ businesses: readonly Business[]; findings: Finding[] }> {
  const { businesses, problems } = await readSource(source);
  const findings = problems.map((detail) => bad("Businesses", detail));
  if (businesses.length > 0) {
    findings.push(good("Businesses", someOf(businesses.map(({ id }) => id))));
  }
  if (findings.length > 0) return { businesses, findings };
  const { name, ifNone } = source;
  const example = "businesses/*.example.json";
  const finding = ifNone.length > 0
    ? doubtful(
      "Businesses",
      `none in ${name}: one built-in business answers every number`,
      "slimline init NAME makes one",
    )
    : bad(
      "Businesses",
      `none in ${name}: no number is answered`,
      `insert a document for each business, in the form of ${example}`,
    );
  return { businesses: ifNone, findings: [finding] };
}

/** Reads the WAV files that businesses have for callers who wait. */
async function* examineHoldFiles(businesses: readonly Business[]): AsyncGenerator<Finding> {
  for (const { id, holdWords = [] } of businesses) {
    for (const sentence of holdWords) {
      if (typeof sentence === "string") continue;
      try {
        await readHoldFile(sentence.file, sentence.text);
      } catch (error) {
        yield bad("Businesses", `holdWords of ${id}: ${messageOf(error)}`);
      }
    }
  }
}

/** What others may do with a file, of its mode. */
const OTHERS = 0o077;

/** Whether other users of the machine can read the keys in `.env`. */
async function* examineEnvFile(path: string): AsyncGenerator<Finding> {
  let mode: number | null;
  try {
    ({ mode } = await Deno.stat(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return;
    throw error;
  }
  if (mode === null || (mode & OTHERS) === 0) yield good("Secrets", `${path} is for its owner alone`);
  else yield doubtful("Secrets", `${path} can be read by other users of this machine`, `chmod 600 ${path}`);
}

/** Writes a file into the folder of records and knowledge, and removes it again. */
async function examineDataFolder(folder: string): Promise<Finding> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    const file = await Deno.makeTempFile({ dir: folder, prefix: "doctor-" });
    await Deno.remove(file);
    return good("DATA_DIR", `${folder} can be written`);
  } catch (error) {
    const remedy = "let the user that runs the server own it; deno run takes --allow-read and --allow-write";
    return bad("DATA_DIR", `${folder} cannot be written: ${messageOf(error)}`, remedy);
  }
}

/**
 * Whether this process, and so a server that is started in the same way, may open as many files and sockets
 * as calls need.
 */
async function examineDescriptors(config: Config): Promise<Finding> {
  const subject = "Descriptors";
  const { free, wanted } = await countDescriptors(config);
  if (free >= wanted) return good(subject, `at least ${wanted} are free, which is enough`);
  const calls = config.maxCalls === undefined ? "500 calls" : `MAX_CALLS (${config.maxCalls})`;
  const remedy = `raise the limit "nofile": ulimit -n, LimitNOFILE= of systemd, --ulimit nofile= of Docker`;
  const detail = `${free} are free, and ${calls} take ${wanted}`;
  return free < LEAST_DESCRIPTORS ? bad(subject, detail, remedy) : doubtful(subject, detail, remedy);
}

/** Where operators get their token from. */
function examineAdminToken({ adminToken }: Pick<Config, "adminToken">): Finding {
  const isSet = adminToken !== undefined;
  return good(
    "ADMIN_TOKEN",
    isSet ? "set" : "unset: serve makes one at each start and prints a sign-in link",
  );
}
