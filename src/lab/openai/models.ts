/**
 * Models that a session can be opened with: those of the SDK's session type list that speak, less the previews that
 * were shut down in May 2026.
 */
const MODELS = new Set([
  "gpt-realtime",
  "gpt-realtime-1.5",
  "gpt-realtime-2",
  "gpt-realtime-2.1",
  "gpt-realtime-2.1-mini",
  "gpt-realtime-2025-08-28",
  "gpt-realtime-mini",
  "gpt-realtime-mini-2025-10-06",
  "gpt-realtime-mini-2025-12-15",
]);

export function isKnownModel(model: string): boolean {
  return MODELS.has(model);
}
