import type { AudioFormat } from "../audio/transcoder.ts";
import type { Business } from "../businesses/business.ts";
import type { SessionRequest } from "../realtime/events.ts";

/** How long the caller must be quiet before the turn is over; the API's docs and examples disagree on its default. */
const SILENCE_DURATION_MS = 500;
const PREFIX_PADDING_MS = 300;
const VAD_THRESHOLD = 0.5;

/** The session that a business's calls run in. */
export function sessionRequest(business: Business, format: AudioFormat, model: string): SessionRequest {
  // `audio/pcmu` takes no rate: the API refuses it as unknown.
  const wire = format === "pcmu"
    ? { type: "audio/pcmu" as const }
    : { type: "audio/pcm" as const, rate: 24000 as const };
  return {
    type: "realtime",
    model,
    output_modalities: ["audio"],
    instructions: business.instructions,
    audio: {
      input: {
        format: wire,
        turn_detection: {
          type: "server_vad",
          threshold: VAD_THRESHOLD,
          prefix_padding_ms: PREFIX_PADDING_MS,
          silence_duration_ms: SILENCE_DURATION_MS,
          create_response: true,
          interrupt_response: true,
        },
      },
      output: { format: wire, voice: business.voice },
    },
  };
}
