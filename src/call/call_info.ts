import type { Business } from "../businesses/business.ts";
import type { ResumeReason } from "../carrier/carrier.ts";

/** Which call it is. Numbers are personal data: only the redacting log may have them. */
export interface CallInfo {
  callSid: string;
  /** The Twilio account that the call belongs to. */
  accountSid: string;
  from: string;
  to: string;
  business: Business;
  /** True when we placed the call. */
  isOutbound?: boolean;
  /** Names the caller to OpenAI without the number; undefined when there is no number. */
  safetyId?: string;
  /** Why the call comes back from somewhere; undefined when it is new. */
  resume?: ResumeReason;
}

/** Who talks to whom, for the log: the business's own number is no secret, the far party's is masked by its name. */
export function partiesOf({ from, to, isOutbound }: Pick<CallInfo, "from" | "to" | "isOutbound">) {
  return isOutbound ? { to, businessNumber: from } : { from, businessNumber: to };
}
