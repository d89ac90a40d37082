import type { Clock } from "../../util/clock.ts";
import type { Link } from "./parse_twiml.ts";

/** What a status callback tells of. */
export type StatusEvent = "initiated" | "ringing" | "answered" | "completed";

/** Where the states of one call are told, and which of them. */
export interface StatusCallbacksPort {
  clock: Clock;
  link: Link;
  /** Default the end alone, as Twilio does. */
  events?: readonly string[];
  /** The fields of the call as it is now. */
  fields(): Record<string, string>;
  /** Sends it. Does not reject. */
  send(link: Link, form: Record<string, string>): Promise<void>;
}

/**
 * Tells the states of one call, numbered from 0. Source: Twilio docs "Call resource", "StatusCallback".
 * A call that came in at a number has its end told alone; one that was placed by the API, and one that was
 * dialled, also the rest, where that is asked for.
 */
export class StatusCallbacks {
  readonly #port: StatusCallbacksPort;
  readonly #events: readonly string[];
  #sequence = 0;

  constructor(port: StatusCallbacksPort) {
    this.#port = port;
    this.#events = port.events?.length ? port.events : ["completed"];
  }

  /**
   * @param status in Twilio's words
   * @param talkedMs for the end of a call: how long it was answered, 0 where it was not
   */
  async tell(event: StatusEvent, status: string, talkedMs = 0): Promise<void> {
    if (!this.#events.includes(event)) return;
    const seconds = Math.round(talkedMs / 1000);
    await this.#port.send(this.#port.link, {
      ...this.#port.fields(),
      CallStatus: status,
      CallbackSource: "call-progress-events",
      SequenceNumber: String(this.#sequence++),
      // RFC 2822, as in every capture: "Mon, 30 Nov 2026 08:30:00 +0000"
      Timestamp: new Date(this.#port.clock.epoch()).toUTCString().replace("GMT", "+0000"),
      ...(event === "completed"
        ? { CallDuration: String(seconds), Duration: String(Math.ceil(seconds / 60)) }
        : {}),
    });
  }
}
