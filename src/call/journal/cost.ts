import { type ModelPrices, priceOf, type PriceTable, type TranscriptionPrices } from "./prices.ts";
import type { CallUsage, ResponseTokens, TranscriptionUse } from "./usage.ts";

const MILLION = 1_000_000;

/**
 * What a call's use of OpenAI costs, in USD; undefined where anything used has no known price, rather than wrong.
 *
 * @param model of the session
 * @param transcriptionModel undefined when nothing is transcribed
 */
export function costOf(
  usage: CallUsage,
  prices: PriceTable,
  model: string,
  transcriptionModel: string | undefined,
): number | undefined {
  const responses = responseCost(usage.tokens, priceOf(prices.models, model));
  const transcription = transcriptionCost(
    usage.transcription,
    transcriptionModel === undefined ? undefined : priceOf(prices.transcription, transcriptionModel),
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
