import type { ResumeReason } from "../carrier.ts";

/** Paths that Twilio requests: by POST, except for the stream's upgrade. */
export const PATHS = {
  voice: "/voice",
  /** A stream is over. */
  afterStream: "/voice/after-stream",
  /** A dialled number was busy, did not answer, or has finished talking. */
  dialDone: "/voice/dial-done",
  /** Somebody answered a transfer, and hears first who is coming. */
  whisper: "/voice/whisper",
  /** The call comes back to its conversation. */
  resume: "/voice/resume",
  /** A message was recorded. */
  voicemail: "/voice/voicemail",
  /** The recording of a message can be fetched. */
  recorded: "/voice/recorded",
  /** The status of a call changed. */
  status: "/voice/status",
  /** Below it, the one-time token of the stream. */
  stream: "/media/stream",
  /** Where `slimline doctor` tries the way of a stream. Twilio does not ask for it. */
  check: "/media/check",
} as const;

/**
 * What a caller gets instead of the model: when that is out of reach, when all lines are busy, and after
 * hours.
 */
export const CALL_TREATMENTS = ["fallback", "busy", "after_hours"] as const;
/** One of those treatments. */
export type CallTreatment = typeof CALL_TREATMENTS[number];

/** Why a number is dialled. When nobody answers, a transfer leads back into the conversation. */
export type DialPurpose = "transfer" | CallTreatment;

/** What the webhooks of an outbound call must know that Twilio does not say. */
export interface OutboundRoute {
  businessId: string;
  /** The admission slot that waits for this call while it rings. */
  slot: string;
  /** What to do when a machine answers; undefined does not detect machines. */
  onMachine: "hang_up" | "leave_message" | undefined;
  /** The call's variables, sealed for its slot; undefined when it has none. */
  variables?: string;
}

/** The URLs that our TwiML and REST requests give to Twilio. Their queries are part of what Twilio signs. */
export class WebhookUrls {
  readonly #publicUrl: string;

  /** @param publicUrl the https URL that Twilio sees, without a slash at its end */
  constructor(publicUrl: string) {
    this.#publicUrl = publicUrl;
  }

  /**
   * `wss` URL of a call's media stream. Its token is in the path, which Twilio signs; a query is not
   * supported.
   */
  stream(token: string): string {
    return `${this.#socketUrl(PATHS.stream)}/${token}`;
  }

  /** `wss` URL of a check of that way. */
  check(): string {
    return this.#socketUrl(PATHS.check);
  }

  /** @param isSecond the call has begun once more: it does not a third time. Default false */
  afterStream(businessId: string, isSecond: boolean = false): string {
    return this.#url(PATHS.afterStream, { business: businessId, ...isSecond && { again: "1" } });
  }

  dialDone(businessId: string, purpose: DialPurpose): string {
    return this.#url(PATHS.dialDone, {
      business: businessId,
      ...purpose !== "transfer" && { way: purpose },
    });
  }

  /** @param target name of the transfer target; its number and words stay out of the URL */
  whisper(businessId: string, target: string): string {
    return this.#url(PATHS.whisper, { business: businessId, target });
  }

  /** Where a call that was put off asks again. `tries`: how often it has been put off. */
  voiceAgain(businessId: string, tries: number): string {
    return this.#url(PATHS.voice, { business: businessId, tries: String(tries) });
  }

  resume(businessId: string, resume: ResumeReason): string {
    return this.#url(PATHS.resume, { business: businessId, resume });
  }

  voicemail(businessId: string): string {
    return this.#url(PATHS.voicemail, { business: businessId });
  }

  recorded(businessId: string): string {
    return this.#url(PATHS.recorded, { business: businessId });
  }

  /** What an outbound call runs once it is answered. */
  outboundVoice({ businessId, slot, onMachine, variables }: OutboundRoute): string {
    return this.#url(PATHS.voice, {
      business: businessId,
      slot,
      ...onMachine && { machine: onMachine },
      ...variables && { variables },
    });
  }

  outboundStatus({ businessId, slot }: OutboundRoute): string {
    return this.#url(PATHS.status, { business: businessId, slot });
  }

  #socketUrl(path: string): string {
    return this.#publicUrl.replace(/^http/, "ws") + path;
  }

  #url(path: string, query: Record<string, string>): string {
    // Forms write a space as `+`; Twilio signs the URL as it was given, and `%20` survives every parser.
    return `${this.#publicUrl}${path}?${new URLSearchParams(query).toString().replaceAll("+", "%20")}`;
  }
}
