/** The forms that Twilio's Calls resource takes. Source: Twilio docs "Call resource", and the types of Twilio's SDK. */

/** What a live call is told to do: end, or leave its TwiML for another. */
export type CallChange = { status: "completed" } | { twiml: string };

/** Stages of a call that `statusCallback` can be told of. */
export type StatusCallbackEvent = "initiated" | "ringing" | "answered" | "completed";

/** An outbound call. Numbers are E.164. */
export interface OutboundCall {
  /** The account that pays, and owns or has verified `from`. */
  accountSid: string;
  to: string;
  from: string;
  /** Asked for TwiML by POST once the call is answered. */
  url: string;
  statusCallback: string;
  statusCallbackEvents: readonly StatusCallbackEvent[];
  /** How long it rings, in seconds; Twilio may add 5. At most 600. */
  timeoutSeconds: number;
  /**
   * Whether a machine answered is told as `AnsweredBy`: as soon as it is known (`Enable`), or when the machine's greeting
   * is over (`DetectMessageEnd`). Undefined does not ask.
   */
  machineDetection?: "Enable" | "DetectMessageEnd";
  /** True asks `url` without waiting for the detection, whose result then comes by a callback of its own. Default false. */
  asyncAmd?: boolean;
}

export function changeForm(change: CallChange): URLSearchParams {
  return "status" in change
    ? new URLSearchParams({ Status: change.status })
    : new URLSearchParams({ Twiml: change.twiml });
}

export function outboundForm(call: OutboundCall): URLSearchParams {
  const form = new URLSearchParams({
    To: call.to,
    From: call.from,
    Url: call.url,
    Method: "POST",
    StatusCallback: call.statusCallback,
    StatusCallbackMethod: "POST",
    Timeout: String(call.timeoutSeconds),
  });
  for (const event of call.statusCallbackEvents) form.append("StatusCallbackEvent", event);
  if (call.machineDetection) form.set("MachineDetection", call.machineDetection);
  if (call.asyncAmd) form.set("AsyncAmd", "true");
  return form;
}
