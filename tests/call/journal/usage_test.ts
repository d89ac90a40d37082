import assert from "node:assert/strict";
import { DEFAULT_PRICES, findPrice, usageCost, withPrices } from "../../../src/call/journal/cost.ts";
import { UsageMeter } from "../../../src/call/journal/usage.ts";

/** As in OpenAI's reference for `response.done`. */
const sample = {
  total_tokens: 253,
  input_tokens: 132,
  output_tokens: 121,
  input_token_details: {
    text_tokens: 119,
    audio_tokens: 13,
    image_tokens: 0,
    cached_tokens: 64,
    cached_tokens_details: { text_tokens: 64, audio_tokens: 0, image_tokens: 0 },
  },
  output_token_details: { text_tokens: 30, audio_tokens: 91 },
};

const MODEL = "gpt-realtime-2.1";

function meterWith(...responses: Parameters<UsageMeter["addResponse"]>[0][]): UsageMeter {
  const meter = new UsageMeter();
  for (const usage of responses) meter.addResponse(usage);
  return meter;
}

Deno.test("UsageMeter takes cached tokens out of the input and adds responses up", () => {
  const { responses, tokens } = meterWith(sample, sample).usage;
  assert.equal(responses, 2);
  assert.deepEqual(tokens, {
    textIn: 110,
    audioIn: 26,
    cachedTextIn: 128,
    cachedAudioIn: 0,
    textOut: 60,
    audioOut: 182,
    unknown: 0,
  });
});

Deno.test("UsageMeter counts nothing for a response without usage, or with none but zeros", () => {
  const zeros = {
    total_tokens: 0,
    input_tokens: 0,
    output_tokens: 0,
    input_token_details: { text_tokens: 0 },
  };
  const meter = meterWith(null, undefined, {}, zeros);
  assert.equal(meter.usage.responses, 0);
  assert.equal(usageCost(meter.usage, DEFAULT_PRICES, MODEL, "gpt-transcribe"), 0);
});

Deno.test("UsageMeter is not put off by odd figures", () => {
  const odd = `{"input_tokens":-5,"output_token_details":{"text_tokens":null,"audio_tokens":"9"}}`;
  assert.equal(meterWith(JSON.parse(odd)).usage.responses, 0);
});

Deno.test("UsageMeter adds transcription up in tokens and in seconds", () => {
  const meter = new UsageMeter();
  meter.addTranscription({ type: "tokens", total_tokens: 22, input_tokens: 13, output_tokens: 9 });
  meter.addTranscription({ type: "duration", seconds: 3.2 });
  meter.addTranscription({ type: "duration", seconds: 1.8 });
  meter.addTranscription(null);
  assert.deepEqual(meter.usage.transcription, { tokensIn: 13, tokensOut: 9, seconds: 5 });
});

Deno.test("usageCost prices each kind of token and the transcription", () => {
  const meter = meterWith(sample);
  meter.addTranscription({ type: "duration", seconds: 60 });
  const expected = (55 * 4 + 13 * 32 + 64 * 0.4 + 30 * 24 + 91 * 64) / 1e6 + 0.0045;
  const cost = usageCost(meter.usage, DEFAULT_PRICES, MODEL, "gpt-transcribe");
  assert.ok(Math.abs(cost! - expected) < 1e-12, `${cost} is not ${expected}`);
});

Deno.test("usageCost does not guess: unknown model, unknown unit, tokens of no known kind", () => {
  const meter = meterWith(sample);
  assert.equal(usageCost(meter.usage, DEFAULT_PRICES, "gpt-realtime-9", undefined), undefined);
  meter.addTranscription({ type: "tokens", total_tokens: 22, input_tokens: 13, output_tokens: 9 });
  assert.equal(usageCost(meter.usage, DEFAULT_PRICES, MODEL, "gpt-transcribe"), undefined);
  assert.equal(usageCost(meter.usage, DEFAULT_PRICES, MODEL, undefined), undefined);
  assert.equal(usageCost(meterWith({ input_tokens: 10 }).usage, DEFAULT_PRICES, MODEL, undefined), undefined);
  const unsplit = { input_token_details: { text_tokens: 10, cached_tokens: 5 } };
  assert.equal(usageCost(meterWith(unsplit).usage, DEFAULT_PRICES, MODEL, undefined), undefined);
});

Deno.test("findPrice knows a model and its dated snapshots, and no other that begins the same", () => {
  const { models } = DEFAULT_PRICES;
  assert.equal(findPrice(models, "gpt-realtime-2.1")?.audioIn, 32);
  assert.equal(findPrice(models, "gpt-realtime-2.1-mini")?.audioIn, 10);
  assert.equal(findPrice(models, "gpt-realtime-2.1-2026-09-30")?.audioIn, 32);
  assert.equal(findPrice(models, "gpt-realtime-2.1-mini-2026-09-30")?.audioIn, 10);
  assert.equal(findPrice(models, "gpt-realtime-2.1-nano"), undefined);
  assert.equal(findPrice(models, "toString"), undefined);
});

Deno.test("withPrices overrides models one by one", () => {
  const own = { ...DEFAULT_PRICES.models[MODEL], audioOut: 1 };
  const table = withPrices(DEFAULT_PRICES, { models: { [MODEL]: own } });
  assert.equal(findPrice(table.models, MODEL)?.audioOut, 1);
  assert.equal(findPrice(table.models, "gpt-realtime-2.1-mini")?.audioOut, 20);
  assert.equal(table.transcription["gpt-transcribe"].minute, 0.0045);
});
