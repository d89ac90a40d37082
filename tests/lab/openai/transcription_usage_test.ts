import assert from "node:assert/strict";
import { transcriptionUsage } from "../../../src/lab/openai/responses/response_usage.ts";
import { DEFAULT_PRICES, usageCost } from "../../../src/call/journal/cost.ts";
import { UsageMeter } from "../../../src/call/journal/usage.ts";

Deno.test("A transcription reports tokens or seconds, as its model is billed: each model of the price table has a cost", () => {
  for (const model of Object.keys(DEFAULT_PRICES.transcription)) {
    const meter = new UsageMeter();
    meter.addTranscription(transcriptionUsage(model, 30_000, "Half a minute."));
    const cost = usageCost(meter.usage, DEFAULT_PRICES, "gpt-realtime-2.1", model);
    assert.ok(cost !== undefined && cost > 0, `${model}: ${cost}`);
  }
  assert.deepEqual(transcriptionUsage("gpt-transcribe", 1_500, "Hi"), { type: "duration", seconds: 1.5 });
});
