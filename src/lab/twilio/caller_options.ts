import type { CallRegistry } from "./call_control.ts";
import type { CallEvent } from "./call_report.ts";
import type { DialOutcome } from "./dialled_leg.ts";
import type { TwimlSource } from "./documents.ts";
import type { Line } from "./line.ts";
import type { PlayerOptions } from "./player.ts";
import type { Speech } from "./speech.ts";
import type { Link } from "./twiml.ts";

/** How a call is placed and what it meets. */
export interface CallerOptions extends PlayerOptions {
  line: Line;
  /** Default a new one. */
  callSid?: string;
  /** Default `+15550100001`. */
  from?: string;
  /** Default `+15550100000`. */
  to?: string;
  /** What the caller says over and over while told nothing else; silence by default. */
  speech?: Speech;
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
