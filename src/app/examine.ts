import type { Business } from "../businesses/business.ts";
import { readSource } from "../businesses/settle.ts";
import type { BusinessSource } from "../businesses/source.ts";
import { sessionTerms } from "../call/conversation/instructions.ts";
import { AuthTokens } from "../carrier/twilio/auth_tokens.ts";
import { TwilioRest, TwilioRestError } from "../carrier/twilio/twilio_rest.ts";
import { PATHS } from "../carrier/twilio/webhook_urls.ts";
import type { Config } from "../config/config.ts";
import { openSocket } from "../model/openai/connect.ts";
import { RealtimeSession } from "../model/openai/realtime_session.ts";
import { sessionRequest } from "../model/openai/session_request.ts";
import type { RealtimeError } from "../model/realtime_error.ts";
import type { Clock } from "../util/clock.ts";
import { messageOf, reasonOf } from "../util/errors.ts";
import { modelFor } from "./model_sessions.ts";
import { countDescriptors, LEAST_DESCRIPTORS } from "./process_sockets.ts";
import { shownUrl } from "../util/shown_url.ts";

/** One thing that was looked at, and what was found. */
export interface Finding {
  /** What was looked at, such as `OpenAI`. */
  readonly subject: string;
  /** `bad`: calls will fail. `doubtful`: they may, or it could not be found out from here. */
  readonly state: "good" | "doubtful" | "bad";
  readonly detail: string;
  /** What to do about it. */
  readonly remedy?: string;
}

function good(subject: string, detail: string): Finding {
  return { subject, state: "good", detail };
}

function doubtful(subject: string, detail: string, remedy?: string): Finding {
  return { subject, state: "doubtful", detail, remedy };
}

function bad(subject: string, detail: string, remedy?: string): Finding {
  return { subject, state: "bad", detail, remedy };
}

/** Checks everything that calls will need, one thing after the other. Leaves nothing changed. */
export async function* examine(
  config: Config,
  source: BusinessSource,
  clock: Clock,
): AsyncGenerator<Finding> {
  const { businesses, findings } = await examineBusinesses(source);
  yield* findings;
  yield await examineDataFolder(config.dataDir);
  yield await examineDescriptors(config);
  yield* examineOpenAi(config, businesses, clock);
  const { twilioApiUrl: apiUrl, twilioAuthToken } = config;
  const authTokens = twilioAuthToken === undefined ? undefined : new AuthTokens(twilioAuthToken);
  yield* examineTwilio(config, businesses, new TwilioRest({ apiUrl, authTokens, clock }));
  yield await examinePublicUrl(config.publicUrl);
  yield examineAdminToken(config);
}

/** Businesses listed by name; the rest are counted. */
const MAX_NAMES = 5;

/** Reads the descriptions of the businesses as the server would: who would serve, and everything that is wrong. */
async function examineBusinesses(
  source: BusinessSource,
): Promise<{ businesses: readonly Business[]; findings: Finding[] }> {
  const { businesses, problems } = await readSource(source);
  const findings = problems.map((detail) => bad("Businesses", detail));
  if (businesses.length > 0) {
    const names = businesses.slice(0, MAX_NAMES).map(({ id }) => id).join(", ");
    const more = businesses.length > MAX_NAMES ? ` and ${businesses.length - MAX_NAMES} more` : "";
    findings.push(good("Businesses", names + more));
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

/** Whether this process, and so a server that is started in the same way, may open as many files and sockets as calls need. */
async function examineDescriptors(config: Config): Promise<Finding> {
  const subject = "Descriptors";
  const { free, wanted } = await countDescriptors(config);
  if (free >= wanted) return good(subject, `at least ${wanted} are free, which is enough`);
  const calls = config.maxCalls === undefined ? "500 calls" : `MAX_CALLS (${config.maxCalls})`;
  const remedy = `raise the limit "nofile": ulimit -n, LimitNOFILE= of systemd, --ulimit nofile= of Docker`;
  const detail = `${free} are free, and ${calls} take ${wanted}`;
  return free < LEAST_DESCRIPTORS ? bad(subject, detail, remedy) : doubtful(subject, detail, remedy);
}

/** Models that a session is opened for; the rest are counted. */
const MAX_MODELS = 5;

/**
 * Opens one session of the Realtime API for each model that the businesses use, and closes it once the API has accepted its
 * configuration. Costs nothing: nobody speaks.
 */
async function* examineOpenAi(config: Config, businesses: readonly Business[], clock: Clock) {
  const models = new Map<string, Business>();
  for (const business of businesses) {
    const model = modelFor(business, config);
    if (!models.has(model)) models.set(model, business);
  }
  for (const [model, business] of [...models].slice(0, MAX_MODELS)) {
    yield await examineModel(config, model, business, clock);
  }
  const untried = models.size - MAX_MODELS;
  if (untried > 0) yield doubtful("OpenAI", `${untried} more models not tried`);
}

async function examineModel(
  config: Config,
  model: string,
  business: Business,
  clock: Clock,
): Promise<Finding> {
  const { realtimeUrl, openaiApiKey, audioFormat } = config;
  const startMs = clock.now();
  const { promise, resolve } = Promise.withResolvers<RealtimeError | undefined>();
  const session = new RealtimeSession({
    open: () => openSocket({ url: realtimeUrl, apiKey: openaiApiKey, model }),
    session: sessionRequest({
      business,
      ...sessionTerms(business),
      format: business.audioFormat ?? audioFormat,
      model,
      tools: [],
    }),
    clock,
  }, {
    onReady: () => resolve(undefined),
    onLost: resolve,
  });
  session.listen({ onError: resolve, onEvent() {}, onAudioDelta() {} });
  const error = await promise;
  session.close();
  if (error === undefined) {
    const tookMs = Math.round(clock.now() - startMs);
    return good("OpenAI", `${model} took the session of ${business.id} in ${tookMs} ms`);
  }
  return bad(
    "OpenAI",
    `${model} refused the session of ${business.id}: ${error.message} (${error.code})`,
    REMEDIES[error.code] ??
      `see that OPENAI_API_KEY is good and may use ${model}, and that this machine reaches ${realtimeUrl}`,
  );
}

const OTHER_MODEL = "name a model that the project has, by OPENAI_REALTIME_MODEL or in the business file";

/** By the code of the error. */
const REMEDIES: Readonly<Record<string, string>> = {
  invalid_api_key: "set OPENAI_API_KEY to a key of the project that shall pay",
  insufficient_quota: "add credit to the OpenAI project, or raise its limit",
  model_not_found: OTHER_MODEL,
  invalid_model: OTHER_MODEL,
};

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
  const settings = await rest.incomingNumber(accountSid, number);
  if (settings === undefined) {
    return bad("Twilio", `the account does not own ${number}`, "buy it, or take it out of the business file");
  }
  const { voiceUrl, voiceMethod } = settings;
  if (voiceUrl === wanted && voiceMethod === "POST") return good("Twilio", `${number} rings here`);
  return bad(
    "Twilio",
    `${number} asks ${voiceMethod} ${voiceUrl || "nobody"} when it rings`,
    `set its "A call comes in" to webhook, ${wanted}, HTTP POST`,
  );
}

/** How long the server may take to answer at `PUBLIC_URL`. */
const PUBLIC_URL_TIMEOUT_MS = 5_000;

/** Asks the server by the address that Twilio uses. That may not work from inside its network, so failure proves nothing. */
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
