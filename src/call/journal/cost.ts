import type { CallUsage, ResponseTokens, TranscriptionUse } from "./usage.ts";

/**
 * What a speech model costs, in USD for a million tokens. Cached input is billed at its own price.
 */
export interface ModelPrices {
  readonly textIn: number;
  readonly cachedTextIn: number;
  readonly textOut: number;
  readonly audioIn: number;
  readonly cachedAudioIn: number;
  readonly audioOut: number;
}

/** What a transcription model costs: USD for a million tokens, or for a minute of audio, as it is billed. */
export interface TranscriptionPrices {
  readonly tokensIn?: number;
  readonly tokensOut?: number;
  readonly minute?: number;
}

/** Prices by model name. A name also stands for its dated snapshots: `gpt-x` for `gpt-x-2026-01-31`. */
export interface PriceTable {
  readonly models: Readonly<Record<string, ModelPrices>>;
  readonly transcription: Readonly<Record<string, TranscriptionPrices>>;
}

const REALTIME_2: ModelPrices = {
  textIn: 4,
  cachedTextIn: 0.4,
  textOut: 24,
  audioIn: 32,
  cachedAudioIn: 0.4,
  audioOut: 64,
};

/**
 * Figures from third-party notes of August 2026, the same as on the models' pages in OpenAI's documentation
 * when last looked up. Prices change: configuration can override each.
 */
export const DEFAULT_PRICES: PriceTable = {
  models: {
    "gpt-realtime-2.1": REALTIME_2,
    "gpt-realtime-2.1-mini": {
      textIn: 0.6,
      cachedTextIn: 0.06,
      textOut: 2.4,
      audioIn: 10,
      cachedAudioIn: 0.3,
      audioOut: 20,
    },
    "gpt-realtime-2": REALTIME_2,
    "gpt-realtime-1.5": { ...REALTIME_2, textOut: 16 },
  },
  transcription: {
    "gpt-transcribe": { minute: 0.0045 },
    "gpt-live-transcribe": { minute: 0.017 },
    "gpt-realtime-whisper": { minute: 0.017 },
    "gpt-4o-transcribe": { tokensIn: 2.5, tokensOut: 10 },
    "gpt-4o-mini-transcribe": { tokensIn: 1.25, tokensOut: 5 },
  },
};

/** What follows a model's name in that of a dated snapshot. */
const SNAPSHOT = /^-\d{4}-\d{2}-\d{2}$/;

/**
 * The prices of a model, or undefined when they are not known. A longer name that begins the same is another
 * model: its price is not guessed.
 */
export function findPrice<T>(prices: Readonly<Record<string, T>>, model: string): T | undefined {
  if (Object.hasOwn(prices, model)) return prices[model];
  const name = Object.keys(prices).find((name) =>
    model.startsWith(name) && SNAPSHOT.test(model.slice(name.length))
  );
  return name === undefined ? undefined : prices[name];
}

/** `table` with the prices of `changes` in place of its own, model by model. */
export function withPrices(table: PriceTable, changes: Partial<PriceTable>): PriceTable {
  return {
    models: { ...table.models, ...changes.models },
    transcription: { ...table.transcription, ...changes.transcription },
  };
}

const MILLION = 1_000_000;

/**
 * The cost of what a call used at OpenAI, in USD; undefined, rather than wrong, when anything used has no
 * known price.
 *
 * @param model of the session
 * @param transcriptionModel undefined when nothing is transcribed
 */
export function usageCost(
  usage: CallUsage,
  prices: PriceTable,
  model: string,
  transcriptionModel: string | undefined,
): number | undefined {
  const responses = responseCost(usage.tokens, findPrice(prices.models, model));
  const transcription = transcriptionCost(
    usage.transcription,
    transcriptionModel === undefined ? undefined : findPrice(prices.transcription, transcriptionModel),
  );
  return responses === undefined || transcription === undefined ? undefined : responses + transcription;
}

function responseCost(tokens: ResponseTokens, prices: ModelPrices | undefined): number | undefined {
  const { unknown, ...known } = tokens;
  if (unknown > 0) return undefined;
  const kinds = Object.keys(known) as (keyof ModelPrices)[];
  return sum(kinds.map((kind) => part(known[kind], prices?.[kind], MILLION)));
}

function transcriptionCost(
  { tokensIn, tokensOut, seconds }: TranscriptionUse,
  prices: TranscriptionPrices | undefined,
): number | undefined {
  return sum([
    part(tokensIn, prices?.tokensIn, MILLION),
    part(tokensOut, prices?.tokensOut, MILLION),
    part(seconds, prices?.minute, 60),
  ]);
}

/** Nothing costs nothing, even where the price is not known. */
function part(amount: number, price: number | undefined, per: number): number | undefined {
  if (amount === 0) return 0;
  return price === undefined ? undefined : amount * price / per;
}

function sum(parts: (number | undefined)[]): number | undefined {
  return parts.reduce(
    (total, part) => total === undefined || part === undefined ? undefined : total + part,
    0,
  );
}
