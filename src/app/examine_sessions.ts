import type { Business } from "../businesses/business.ts";
import { businessWith } from "../businesses/call_variables.ts";
import { sessionTerms } from "../call/conversation/instructions.ts";
import { createTools } from "../call/tools/business_tools.ts";
import { searchKnowledge } from "../call/tools/search_knowledge.ts";
import type { Config } from "../config/config.ts";
import { GuardedRequests } from "../egress/guarded_requests.ts";
import { openSocket } from "../model/openai/connect.ts";
import { RealtimeSession } from "../model/openai/realtime_session.ts";
import { sessionRequest } from "../model/openai/session_request.ts";
import { modelShutdown } from "../model/openai/shutdown_dates.ts";
import { RealtimeError } from "../model/realtime_error.ts";
import type { Clock } from "../util/clock.ts";
import { messageOf } from "../util/errors.ts";
import { settledWithin } from "../util/deadline.ts";
import { bad, doubtful, type Finding, good, someOf, unknown } from "./finding.ts";
import { McpLists } from "./mcp_lists.ts";
import { modelFor } from "./model_sessions.ts";

/** Businesses whose session is tried; the rest are counted. */
export const MAX_TRIED_SESSIONS = 200;
/** Sessions that are tried at the same time: more could meet a limit of OpenAI's. */
const TRIED_AT_ONCE = 4;
/** After this long no further session is tried. Each ends by itself within seconds. */
const TRY_WITHIN_MS = 60_000;
/** Refusals that are told one by one; the rest are counted. */
const MAX_REFUSALS = 20;

/** How long OpenAI may take to ask a session's MCP servers for their tools. */
const LISTED_WITHIN_MS = 10_000;

/** What became of a session. */
interface Tried {
  readonly business: Business;
  readonly model: string;
  readonly tookMs: number;
  readonly error: RealtimeError | undefined;
  /** Whether OpenAI has listed the tools of its MCP servers, by their labels; undefined: not in time. */
  readonly mcp: ReadonlyMap<string, boolean | undefined>;
}

/**
 * Opens the session of every business as its calls do, and closes it once the API has accepted its
 * configuration: what one business sets may be refused where another's is not. Costs nothing: nobody speaks.
 */
export async function* examineSessions(
  config: Config,
  businesses: readonly Business[],
  clock: Clock,
): AsyncGenerator<Finding> {
  const waiting = businesses.slice(0, MAX_TRIED_SESSIONS);
  const tried: Tried[] = [];
  const untilMs = clock.now() + TRY_WITHIN_MS;
  const tryOnes = async () => {
    for (;;) {
      const business = waiting.shift();
      if (business === undefined || clock.now() > untilMs || tried.some(isOfAll)) return;
      tried.push(await trySession(config, business, clock));
    }
  };
  await Promise.all(Array.from({ length: TRIED_AT_ONCE }, tryOnes));
  tried.sort((a, b) => businesses.indexOf(a.business) - businesses.indexOf(b.business));
  yield* tellTried(config, tried);
  yield* tellMcp(tried);
  const untried = businesses.length - tried.length;
  if (untried > 0) yield unknown("OpenAI", `the sessions of ${untried} more businesses were not tried`);
  yield* examineShutdowns(config, businesses, clock);
}

function isRefused(tried: Tried): tried is Tried & { readonly error: RealtimeError } {
  return tried.error !== undefined;
}

/** The key or the account is refused: no other session would fare better. */
function isOfAll({ error }: Tried): boolean {
  return error !== undefined && OF_ALL.has(error.code);
}

const OF_ALL: ReadonlySet<string> = new Set([
  "account_deactivated",
  "billing_hard_limit_reached",
  "insufficient_quota",
  "invalid_api_key",
]);

function* tellTried({ realtimeUrl }: Config, tried: readonly Tried[]): Generator<Finding> {
  const refused = tried.filter(isRefused);
  // Sessions that were under way when the key turned out to be refused say the same.
  const told = refused.some(isOfAll) ? refused.filter(isOfAll).slice(0, 1) : refused.slice(0, MAX_REFUSALS);
  for (const { model, business, error } of told) {
    yield bad(
      "OpenAI",
      `${model} refused the session of ${business.id}: ${error.message} (${error.code})`,
      REMEDIES.get(error.code) ??
        `see that the business file sets only what ${model} takes, that OPENAI_API_KEY may ` +
          `use it, and that this machine reaches ${realtimeUrl}`,
    );
  }
  if (refused.length > told.length) {
    yield bad("OpenAI", `${refused.length - told.length} more sessions were refused`);
  }
  const taken = tried.filter(({ error }) => error === undefined);
  for (const [model, ones] of Map.groupBy(taken, ({ model }) => model)) {
    const slowestMs = Math.max(...ones.map(({ tookMs }) => tookMs));
    const sessions = ones.length === 1 ? "session" : "sessions";
    const names = someOf(ones.map(({ business }) => business.id));
    yield good("OpenAI", `${model} took the ${sessions} of ${names} in ${slowestMs} ms`);
  }
}

async function trySession(config: Config, described: Business, clock: Clock): Promise<Tried> {
  const business = businessWith(described);
  const { realtimeUrl, openaiApiKey, audioFormat } = config;
  const model = modelFor(business, config);
  const startMs = clock.now();
  const lists = new McpLists(business.tools.mcp.map(({ server_label }) => server_label));
  const tried = (error: RealtimeError | undefined, tookMs = Math.round(clock.now() - startMs)) => ({
    business: described,
    model,
    tookMs,
    error,
    mcp: lists.settled,
  });
  let request;
  try {
    request = sessionRequest({
      business,
      ...sessionTerms(business),
      format: business.audioFormat ?? audioFormat,
      model,
      tools: toolsOf(business, clock),
    });
  } catch (error) {
    return tried(new RealtimeError("fatal", "bad_tools", messageOf(error)));
  }
  const { promise, resolve } = Promise.withResolvers<RealtimeError | undefined>();
  const session = new RealtimeSession({
    open: () => openSocket({ url: realtimeUrl, apiKey: openaiApiKey, model }),
    session: request,
    clock,
  }, {
    onReady: () => resolve(undefined),
    onLost: resolve,
  });
  session.listen({ onError: resolve, onEvent: (event) => lists.event(event), onAudioDelta() {} });
  const error = await promise;
  const tookMs = Math.round(clock.now() - startMs);
  if (error === undefined) await settledWithin(clock, LISTED_WITHIN_MS, lists.done);
  session.close();
  return tried(error, tookMs);
}

/** Whether OpenAI reaches the MCP servers of the businesses. */
function* tellMcp(tried: readonly Tried[]): Generator<Finding> {
  for (const { business: { id }, error, mcp } of tried) {
    if (error !== undefined) continue; // which says enough
    for (const [label, isListed] of mcp) {
      const server = `the MCP server ${label} of ${id}`;
      if (isListed) yield good("Tools", `OpenAI has listed the tools of ${server}`);
      else if (isListed === false) {
        yield bad(
          "Tools",
          `OpenAI could not list the tools of ${server}`,
          "see that its URL is right, that the internet reaches it, and that it takes the authorization",
        );
      } else yield unknown("Tools", `OpenAI said nothing of ${server} within ${LISTED_WITHIN_MS / 1_000} s`);
    }
  }
}

/** As calls have them, since OpenAI looks at names and schemas. None is run. */
function toolsOf(business: Business, clock: Clock) {
  const { knowledge } = business;
  const never = () => Promise.reject(new Error("No tool is run here."));
  const search = knowledge ? [searchKnowledge(knowledge, never, clock)] : [];
  return createTools(business, clock, new GuardedRequests(), search);
}

const OTHER_MODEL = "name a model that the project has, by OPENAI_REALTIME_MODEL or in the business file";

/** By the code of the error. */
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ["invalid_api_key", "set OPENAI_API_KEY to a key of the project that pays"],
  ["insufficient_quota", "add credit to the OpenAI project, or raise its limit"],
  ["model_not_found", OTHER_MODEL],
  ["invalid_model", OTHER_MODEL],
]);

/** Models that will be, or were, shut down, and who uses them. */
function* examineShutdowns(
  config: Config,
  businesses: readonly Business[],
  clock: Clock,
): Generator<Finding> {
  const users = new Map<string, string[]>();
  const use = (model: string, { id }: Business) => users.set(model, [...users.get(model) ?? [], id]);
  for (const business of businesses) {
    use(modelFor(business, config), business);
    if (business.transcription) use(business.transcription.model, business);
  }
  const today = new Date(clock.epoch()).toISOString().slice(0, 10);
  for (const [model, ids] of users) {
    const shutdown = modelShutdown(model);
    if (!shutdown) continue;
    const { date, replacement } = shutdown;
    const remedy = `name another model in good time, such as ${replacement}`;
    const who = `, which ${someOf(ids)} ${ids.length === 1 ? "uses" : "use"}`;
    if (date > today) yield doubtful("Models", `OpenAI shuts ${model} down on ${date}${who}`, remedy);
    else yield bad("Models", `OpenAI has shut ${model} down on ${date}${who}`, remedy);
  }
}
