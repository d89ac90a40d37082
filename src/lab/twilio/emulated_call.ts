import { EmulatedRecordings } from "./emulated_recordings.ts";
import type { CallStatus } from "./call_report.ts";
import type { TwimlSource } from "./twiml_documents.ts";

/** What a REST update of a live call may ask for: an end, or other TwiML. */
export type CallUpdate = { status: "completed" | "canceled" } | TwimlSource;

/** A call as the REST API sees it. */
export interface EmulatedCall {
  /** Identifies the call. */
  readonly callSid: string;
  /** The caller's number. */
  readonly from: string;
  /** The number called. */
  readonly to: string;
  /** Who placed it. */
  readonly direction: "inbound" | "outbound-api";
  /** In Twilio's words. */
  readonly status: CallStatus;
  /** Ends what the call does now and goes on with something else. Returns false when the call is over. */
  update(update: CallUpdate): boolean;
}

/** Calls remembered by one registry; the oldest is forgotten beyond it. */
const MAX_REGISTERED_CALLS = 10_000;

/** Where REST requests find the calls of this process. */
export class CallRegistry {
  /** What callers have left after the beep. */
  readonly recordings: EmulatedRecordings = new EmulatedRecordings();
  readonly #calls = new Map<string, EmulatedCall>();

  /** Lets REST requests find the call. */
  add(call: EmulatedCall): void {
    this.#calls.set(call.callSid, call);
    if (this.#calls.size <= MAX_REGISTERED_CALLS) return;
    const [oldest] = this.#calls.keys();
    this.#calls.delete(oldest);
  }

  /** The call; undefined when it is not known. */
  get(callSid: string): EmulatedCall | undefined {
    return this.#calls.get(callSid);
  }
}

/** A new identifier of Twilio's form: two letters and 32 hexadecimal digits. */
export function newSid(kind: "AC" | "CA" | "MZ" | "RE"): string {
  return kind + crypto.randomUUID().replaceAll("-", "");
}
