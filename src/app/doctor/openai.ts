import type { Business } from "../../businesses/business.ts";
import { sessionTerms } from "../../call/conversation/session_terms.ts";
import { sessionRequest } from "../../model/openai/session_request.ts";
import type { Config } from "../../config/config.ts";
import { openSocket } from "../../model/openai/connect.ts";
import type { RealtimeError } from "../../model/realtime_error.ts";
import { RealtimeSession } from "../../model/openai/realtime_session.ts";
import type { Clock } from "../../util/clock.ts";
import type { Finding } from "./finding.ts";

/** Most models that sessions are opened for; what is beyond is said. */
const MAX_MODELS = 5;

/**
 * Opens one session of the Realtime API for each model that the businesses use, and closes it when its configuration has
 * been taken. Costs nothing: nobody speaks.
 */
export async function* examineOpenAi(
  config: Config,
  businesses: readonly Business[],
  clock: Clock,
): AsyncGenerator<Finding> {
  const models = new Map<string, Business>();
  for (const business of businesses) {
    const model = business.model ?? config.realtimeModel;
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
    onError: (error) => resolve(error),
    onAudioDelta: () => {},
    onEvent: () => {},
  });
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
