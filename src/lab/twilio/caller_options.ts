import type { CallRegistry } from "./emulated_call.ts";
import type { CallEvent } from "./call_report.ts";
import type { DialOutcome } from "./dialled_leg.ts";
import type { TwimlSource } from "./twiml_documents.ts";
import type { Line } from "./line.ts";
import type { PlayerOptions } from "./player.ts";
import type { CallerSpeech } from "./caller_speech.ts";
import type { Link } from "./parse_twiml.ts";

/** How a call is placed and what it meets. */
export interface SimulatedCallerOptions extends PlayerOptions {
  line: Line;
  /** Default a new one. */
  callSid?: string;
  /** Default `+15550100001`. */
  from?: string;
  /** Default `+15550100000`. */
  to?: string;
  /** What the caller says over and over while told nothing else; silence by default. */
  speech?: CallerSpeech;
  direction?: "inbound" | "outbound-api";
  /** TwiML to run, or where it is fetched; default a POST to `/voice`. */
  answer?: TwimlSource;
  /** Requested once when `answer` fails, with `ErrorCode` and `ErrorUrl`. */
  fallback?: Link;
  /** Told when the call is over, with `CallStatus` and `CallDuration`. */
  statusCallback?: Link;
  /** Sent with every webhook, beside or instead of what Twilio's own fields are. */
  form?: Record<string, string>;
  /** What becomes of a dialled number; default `completed` after 0 ms of talk. */
  onDial?: (number: string) => DialOutcome;
  /** Where REST updates find the call. */
  registry?: CallRegistry;
  onEvent?: (event: CallEvent) => void;
}
