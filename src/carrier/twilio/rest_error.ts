import { AppError } from "../../util/errors.ts";

/** How a request to Twilio's REST API failed. */
export type TwilioRestCode =
  /** There is no auth token to ask with. Nothing was sent. */
  | "twilio_no_credentials"
  /** Twilio takes TwiML of at most 4,000 characters here. Nothing was sent. */
  | "twilio_twiml_too_long"
  /** No answer in time. Twilio may have done it all the same. */
  | "twilio_timeout"
  /** The connection failed. Twilio may have done it all the same. */
  | "twilio_unreachable"
  /** 5xx. Twilio may have done it all the same. */
  | "twilio_failed"
  /** 429: too many requests. Nothing was done. */
  | "twilio_limited"
  /** Any other status; `message` has Twilio's words. Nothing was done. */
  | "twilio_refused"
  /** Twilio did it, and its answer lacks what we need of it. */
  | "twilio_unreadable";

export interface TwilioRestErrorOptions {
  /** Undefined when there was no answer. */
  httpStatus?: number;
  /** The code of Twilio's error dictionary, such as 20404. */
  twilioCode?: number;
  cause?: unknown;
}

/** Twilio's REST API did not do what was asked, or may not have. */
export class TwilioRestError extends AppError {
  override readonly name = "TwilioRestError";
  readonly httpStatus: number | undefined;
  readonly twilioCode: number | undefined;

  constructor(override readonly code: TwilioRestCode, message: string, options: TwilioRestErrorOptions = {}) {
    super(code, message, options);
    this.httpStatus = options.httpStatus;
    this.twilioCode = options.twilioCode;
  }

  /** True when Twilio may have done what was asked, although it did not say so. */
  get isAmbiguous(): boolean {
    return ["twilio_timeout", "twilio_unreachable", "twilio_failed", "twilio_unreadable"].includes(this.code);
  }
}
