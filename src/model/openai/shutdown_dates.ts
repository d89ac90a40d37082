/** From when on OpenAI has a model no more, and what it may be replaced by. */
export interface ModelShutdown {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly replacement: string;
}

const REALTIME_2026 = { date: "2026-05-07", replacement: "gpt-realtime-2.1" };
const REALTIME_2027 = { date: "2027-01-20", replacement: "gpt-realtime-2.1" };
const TRANSCRIPTION_2027 = { date: "2027-02-26", replacement: "gpt-transcribe" };

/**
 * Models whose end is announced, dated forms included. Sources: npm `openai` 7.57.0, comments on `model` of
 * realtime sessions and of transcriptions; https://developers.openai.com/api/docs/deprecations. The previews
 * ended by public reports.
 */
const SHUTDOWNS: readonly (readonly [RegExp, ModelShutdown])[] = [
  [/^gpt-4o(?:-mini)?-realtime-preview(?:-|$)/, REALTIME_2026],
  [/^gpt-realtime(?:-2025-08-28)?$/, REALTIME_2027],
  [/^gpt-realtime-mini(?:-2025-12-15)?$/, { ...REALTIME_2027, replacement: "gpt-realtime-2.1-mini" }],
  [/^(?:whisper-1|gpt-4o(?:-mini)?-transcribe(?:-.+)?)$/, TRANSCRIPTION_2027],
];

/** When a model ends; undefined where no end is known. */
export function modelShutdown(model: string): ModelShutdown | undefined {
  return SHUTDOWNS.find(([names]) => names.test(model))?.[1];
}
