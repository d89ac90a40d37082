import type { Business } from "../businesses/business.ts";
import { HoldWords } from "../call/hold/hold_words.ts";
import { DEFAULT_PRICES, type PriceTable, usageCost, withPrices } from "../call/journal/cost.ts";
import type { Config } from "../config/config.ts";
import type { Log } from "../observability/log.ts";
import type { AudioEngines } from "../services/audio_engines.ts";
import type { Clock } from "../util/clock.ts";
import { modelFor, type ModelSessions } from "./model_sessions.ts";

/** What the sentences for callers who wait are made with. */
export interface HoldVoices {
  readonly sessions: ModelSessions;
  readonly engines: AudioEngines;
  /** What making them has cost, where that is known, counts against the limits of the business. */
  readonly onCost: (business: Business, costUsd: number) => void;
}

/** What OpenAI charges, as far as it is known. */
export function knownPrices({ prices }: Pick<Config, "prices">): PriceTable {
  return withPrices(DEFAULT_PRICES, prices);
}

/** The sentences for callers who wait, spoken in the voice of each business's agent by its own model. */
export function holdWords(
  { config, clock, log }: { readonly config: Config; readonly clock: Clock; readonly log: Log },
  { sessions, engines, onCost }: HoldVoices,
): HoldWords {
  const prices = knownPrices(config);
  return new HoldWords({
    folder: `${config.dataDir}/hold`,
    clock,
    log,
    voiceOf(business) {
      const { voice, answers: { speed }, audioFormat: format = config.audioFormat } = business;
      return {
        made: [modelFor(business, config), voice, speed ?? null, format],
        open: (handler) => sessions.openRecital(business, handler),
        engine: () => engines.of(format),
      };
    },
    onUsed: (business, usage) =>
      onCost(business, usageCost(usage, prices, modelFor(business, config), undefined) ?? 0),
  });
}
