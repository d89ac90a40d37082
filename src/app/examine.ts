import type { Business } from "../businesses/business.ts";
import { readSource } from "../businesses/settle.ts";
import type { BusinessSource } from "../businesses/source.ts";
import { sessionTerms } from "../call/conversation/instructions.ts";
import { TwilioRest, TwilioRestError } from "../carrier/twilio/twilio_rest.ts";
import { PATHS } from "../carrier/twilio/webhook_urls.ts";
import { type Config, lacksAdminToken } from "../config/config.ts";
import { openSocket } from "../model/openai/connect.ts";
import { RealtimeSession } from "../model/openai/realtime_session.ts";
import { sessionRequest } from "../model/openai/session_request.ts";
import type { RealtimeError } from "../model/realtime_error.ts";
import type { Clock } from "../util/clock.ts";
import { messageOf, reasonOf } from "../util/errors.ts";
import { modelFor } from "./model_sessions.ts";

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

/** Checks everything that calls will need, one thing after the other. Leaves nothing changed. */
export async function* examine(
  config: Config,
  source: BusinessSource,
  clock: Clock,
): AsyncGenerator<Finding> {
  const { businesses, findings } = await examineBusinesses(source);
  yield* findings;
  yield await examineDataFolder(config.dataDir);
  yield* examineOpenAi(config, businesses, clock);
  const { twilioApiUrl: apiUrl, twilioAuthToken: authToken } = config;
  yield* examineTwilio(config, businesses, new TwilioRest({ apiUrl, authToken, clock }));
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
  const findings = problems.map((detail): Finding => ({ subject: "Businesses", state: "bad", detail }));
  if (businesses.length > 0) {
    const names = businesses.slice(0, MAX_NAMES).map(({ id }) => id).join(", ");
    const more = businesses.length > MAX_NAMES ? ` and ${businesses.length - MAX_NAMES} more` : "";
    findings.push({ subject: "Businesses", state: "good", detail: `${names}${more}` });
  }
  if (findings.length > 0) return { businesses, findings };
  const { name, ifNone } = source;
  const finding: Finding = ifNone.length > 0
    ? {
      subject: "Businesses",
      state: "doubtful",
      detail: `none in ${name}: one built-in business answers every number`,
      remedy: "copy one of businesses/*.example.json",
    }
    : {
      subject: "Businesses",
      state: "bad",
      detail: `none in ${name}: no number is answered`,
      remedy: "insert a document for each business, in the form of businesses/*.example.json",
    };
  return { businesses: ifNone, findings: [finding] };
}

/** Writes a file into the folder of records and knowledge, and removes it again. */
async function examineDataFolder(folder: string): Promise<Finding> {
  const subject = "DATA_DIR";
  try {
    await Deno.mkdir(folder, { recursive: true });
    const file = await Deno.makeTempFile({ dir: folder, prefix: "doctor-" });
    await Deno.remove(file);
    return { subject, state: "good", detail: `${folder} can be written` };
  } catch (error) {
    const remedy = "let the user that runs the server own it; deno run takes --allow-read and --allow-write";
    return { subject, state: "bad", detail: `${folder} cannot be written: ${messageOf(error)}`, remedy };
  }
}

/** Models that a session is opened for; the rest are counted. */
const MAX_MODELS = 5;

/**
 * Opens one session of the Realtime API for each model that the businesses use, and closes it once the API has accepted its
 * configuration. Costs nothing: nobody speaks.
 */
async function* examineOpenAi(
  config: Config,
  businesses: readonly Business[],
  clock: Clock,
): AsyncGenerator<Finding> {
  const models = new Map<string, Business>();
  for (const business of businesses) {
    const model = modelFor(business, config);
    if (!models.has(model)) models.set(model, business);
  }
  for (const [model, business] of [...models].slice(0, MAX_MODELS)) {
    yield await examineModel(config, model, business, clock);
  }
  if (models.size > MAX_MODELS) {
    yield {
      subject: "OpenAI",
      state: "doubtful",
      detail: `${models.size - MAX_MODELS} more models not tried`,
    };
  }
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
    const detail = `${model} took the session of ${business.id} in ${Math.round(clock.now() - startMs)} ms`;
    return { subject: "OpenAI", state: "good", detail };
  }
  return {
    subject: "OpenAI",
    state: "bad",
    detail: `${model} refused the session of ${business.id}: ${error.message} (${error.code})`,
    remedy: REMEDIES[error.code] ??
      `see that OPENAI_API_KEY is good and may use ${model}, and that this machine reaches ${realtimeUrl}`,
  };
}

/** By the code of the error. */
const REMEDIES: Readonly<Record<string, string>> = {
  invalid_api_key: "set OPENAI_API_KEY to a key of the project that shall pay",
  insufficient_quota: "add credit to the OpenAI project, or raise its limit",
  model_not_found: "name a model that the project has, by OPENAI_REALTIME_MODEL or in the business file",
};

/** Numbers that Twilio is asked about; the rest are counted. */
const MAX_NUMBERS = 20;

/** Asks Twilio whether the account has the businesses' numbers, and whether they ring here. */
async function* examineTwilio(
  config: Config,
  businesses: readonly Business[],
  rest: TwilioRest,
): AsyncGenerator<Finding> {
  const { twilioAccountSid, twilioAuthToken } = config;
  if (twilioAccountSid === undefined || twilioAuthToken === undefined) {
    const remedy = "set TWILIO_ACCOUNT_SID, which outbound calls need too";
    yield { subject: "Twilio", state: "doubtful", detail: "not asked: no account is configured", remedy };
    return;
  }
  const numbers = businesses.flatMap((business) => business.numbers);
  if (numbers.length === 0) {
    yield { subject: "Twilio", state: "doubtful", detail: "not asked: no business has a number" };
  }
  try {
    for (const number of numbers.slice(0, MAX_NUMBERS)) {
      yield await examineNumber(config, twilioAccountSid, number, rest);
    }
  } catch (error) {
    if (!(error instanceof TwilioRestError)) throw error;
    const isRefused = error.httpStatus === 401;
    yield {
      subject: "Twilio",
      state: "bad",
      detail: error.message,
      remedy: isRefused
        ? "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN to those of one account"
        : `see that this machine reaches ${config.twilioApiUrl}`,
    };
  }
  if (numbers.length > MAX_NUMBERS) {
    yield {
      subject: "Twilio",
      state: "doubtful",
      detail: `${numbers.length - MAX_NUMBERS} more numbers not asked about`,
    };
  }
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
    return {
      subject: "Twilio",
      state: "bad",
      detail: `the account does not own ${number}`,
      remedy: "buy it, or take it out of the business file",
    };
  }
  if (settings.voiceUrl === wanted && settings.voiceMethod === "POST") {
    return { subject: "Twilio", state: "good", detail: `${number} rings here` };
  }
  return {
    subject: "Twilio",
    state: "bad",
    detail: `${number} asks ${settings.voiceMethod} ${settings.voiceUrl || "nobody"} when it rings`,
    remedy: `set its "A call comes in" to webhook, ${wanted}, HTTP POST`,
  };
}

/** How long the server may take to answer at `PUBLIC_URL`. */
const PUBLIC_URL_TIMEOUT_MS = 5_000;

/** Asks the server by the address that Twilio uses. That may not work from inside its network, so failure proves nothing. */
async function examinePublicUrl(publicUrl: string): Promise<Finding> {
  const subject = "PUBLIC_URL";
  const remedy = "start slimline serve, and see that DNS, certificate and proxy lead to it";
  try {
    const answer = await fetch(`${publicUrl}/healthz`, {
      signal: AbortSignal.timeout(PUBLIC_URL_TIMEOUT_MS),
    });
    await answer.body?.cancel();
    if (answer.ok) return { subject, state: "good", detail: `a server answers at ${publicUrl}` };
    return { subject, state: "doubtful", detail: `${publicUrl}/healthz answers ${answer.status}`, remedy };
  } catch (error) {
    return { subject, state: "doubtful", detail: `not reached from here: ${reasonOf(error)}`, remedy };
  }
}

/** Whether strangers may reach the operations endpoints. */
function examineAdminToken(config: Pick<Config, "adminToken" | "publicUrl">): Finding {
  const subject = "ADMIN_TOKEN";
  if (config.adminToken !== undefined) return { subject, state: "good", detail: "set" };
  if (!lacksAdminToken(config)) {
    return { subject, state: "good", detail: "not needed: PUBLIC_URL is loopback" };
  }
  return {
    subject,
    state: "doubtful",
    detail: "unset: a proxy on this machine may open /calls, /records and /dashboard to everybody",
    remedy: "set it to a long random text",
  };
}
