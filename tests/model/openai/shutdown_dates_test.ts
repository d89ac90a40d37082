import assert from "node:assert/strict";
import { modelShutdown } from "../../../src/model/openai/shutdown_dates.ts";

/** From the comments of npm `openai` 7.57.0 on realtime and transcription models. */
const ENDS: Record<string, string | undefined> = {
  "gpt-realtime": "2027-01-20",
  "gpt-realtime-2025-08-28": "2027-01-20",
  "gpt-realtime-mini": "2027-01-20",
  "gpt-realtime-mini-2025-12-15": "2027-01-20",
  "gpt-4o-realtime-preview-2025-06-03": "2026-05-07",
  "whisper-1": "2027-02-26",
  "gpt-4o-transcribe": "2027-02-26",
  "gpt-4o-mini-transcribe-2025-12-15": "2027-02-26",
  "gpt-4o-transcribe-diarize": "2027-02-26",
  "gpt-realtime-1.5": undefined,
  "gpt-realtime-2": undefined,
  "gpt-realtime-2.1-mini": undefined,
  "gpt-transcribe": undefined,
  "gpt-live-transcribe": undefined,
  "gpt-realtime-whisper": undefined,
};

Deno.test("modelShutdown() knows the announced ends of models, dated ones too", () => {
  for (const [model, date] of Object.entries(ENDS)) assert.equal(modelShutdown(model)?.date, date, model);
});
