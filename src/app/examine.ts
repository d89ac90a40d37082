import type { Business } from "../businesses/business.ts";
import { readSource } from "../businesses/settle.ts";
import type { BusinessSource } from "../businesses/source.ts";
import { readHoldFile } from "../call/hold/hold_file.ts";
import { incomingNumber } from "../carrier/twilio/incoming_numbers.ts";
import { type TwilioRest, TwilioRestError } from "../carrier/twilio/twilio_rest.ts";
import { PATHS } from "../carrier/twilio/webhook_urls.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../util/clock.ts";
import { messageOf, reasonOf } from "../util/errors.ts";
import { examineSessions } from "./examine_sessions.ts";
import { bad, doubtful, type Finding, good, someOf } from "./finding.ts";
import { restOf } from "./number_settings.ts";
import { networkHosts } from "./network_hosts.ts";
import { countDescriptors, LEAST_DESCRIPTORS } from "./process_sockets.ts";
import { shownUrl } from "../util/shown_url.ts";

/** Checks everything that calls will need, one thing after the other. Leaves nothing changed. */
export async function* examine(
  config: Config,
  source: BusinessSource,
  clock: Clock,
): AsyncGenerator<Finding> {
  const { businesses, findings } = await examineBusinesses(source);
  yield* findings;
  yield* examineHoldFiles(businesses);
  yield good("Network", `serve needs no hosts but ${someOf(networkHosts(config, businesses))}`);
  yield await examineDataFolder(config.dataDir);
  yield await examineDescriptors(config);
  yield* examineSessions(config, businesses, clock);
  yield* examineTwilio(config, businesses, restOf(config, clock));
  yield await examinePublicUrl(config.publicUrl);
  yield examineAdminToken(config);
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
      `copy one of ${example}`,
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

/** Numbers that Twilio is asked about; the rest are counted. */
const MAX_NUMBERS = 20;

/** Asks Twilio whether the account has the businesses' numbers, and whether they ring here. */
async function* examineTwilio(config: Config, businesses: readonly Business[], rest: TwilioRest) {
  const { twilioAccountSid, twilioAuthToken } = config;
  if (twilioAccountSid === undefined || twilioAuthToken === undefined) {
    const remedy = "set TWILIO_ACCOUNT_SID, which outbound calls need too";
    yield doubtful("Twilio", "not asked: no account is configured", remedy);
    return;
  }
  const numbers = businesses.flatMap((business) => business.numbers);
  if (numbers.length === 0) yield doubtful("Twilio", "not asked: no business has a number");
  try {
    for (const number of numbers.slice(0, MAX_NUMBERS)) {
      yield await examineNumber(config, twilioAccountSid, number, rest);
    }
  } catch (error) {
    if (!(error instanceof TwilioRestError)) throw error;
    const remedy = error.httpStatus === 401
      ? "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN to those of one account"
      : `see that this machine reaches ${config.twilioApiUrl}`;
    yield bad("Twilio", error.message, remedy);
  }
  const unasked = numbers.length - MAX_NUMBERS;
  if (unasked > 0) yield doubtful("Twilio", `${unasked} more numbers not asked about`);
}

async function examineNumber(
  { publicUrl }: Config,
  accountSid: string,
  number: string,
  rest: TwilioRest,
): Promise<Finding> {
  const wanted = publicUrl + PATHS.voice;
  const found = await incomingNumber(rest, accountSid, number);
  if (found === undefined) {
    return bad("Twilio", `the account does not own ${number}`, "buy it, or take it out of the business file");
  }
  const { VoiceUrl: voiceUrl, VoiceMethod: voiceMethod } = found.settings;
  if (voiceUrl === wanted && voiceMethod === "POST") return good("Twilio", `${number} rings here`);
  return bad(
    "Twilio",
    `${number} asks ${voiceMethod} ${voiceUrl || "nobody"} when it rings`,
    `set its "A call comes in" to webhook, ${wanted}, HTTP POST`,
  );
}

/** How long the server may take to answer at `PUBLIC_URL`. */
const PUBLIC_URL_TIMEOUT_MS = 5_000;

/**
 * Asks the server by the address that Twilio uses. That may not work from inside its network, so failure
 * proves nothing.
 */
async function examinePublicUrl(publicUrl: string): Promise<Finding> {
  const remedy = "start slimline serve, and see that DNS, certificate and proxy lead to it";
  try {
    const answer = await fetch(`${publicUrl}/healthz`, {
      signal: AbortSignal.timeout(PUBLIC_URL_TIMEOUT_MS),
    });
    await answer.body?.cancel();
    if (answer.ok) return good("PUBLIC_URL", `a server answers at ${shownUrl(publicUrl)}`);
    return doubtful("PUBLIC_URL", `${shownUrl(publicUrl)}/healthz answers ${answer.status}`, remedy);
  } catch (error) {
    return doubtful("PUBLIC_URL", `not reached from here: ${reasonOf(error)}`, remedy);
  }
}

/** Where operators get their token from. */
function examineAdminToken({ adminToken }: Pick<Config, "adminToken">): Finding {
  const isSet = adminToken !== undefined;
  return good(
    "ADMIN_TOKEN",
    isSet ? "set" : "unset: serve makes one at each start and prints a sign-in link",
  );
}
