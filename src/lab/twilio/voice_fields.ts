/** What the fields of a request about a call are made from. */
export interface CallIdentity {
  accountSid: string;
  callSid: string;
  /** In Twilio's words. */
  status: string;
  from: string;
  to: string;
  direction: string;
  /** The number that sent the call on to `to`, where one did. */
  forwardedFrom?: string;
}

/**
 * The fields of every voice request. Source: Twilio docs "TwiML Voice: Twilio's request"; `Called…` and
 * `Caller…` repeat `To…` and `From…` in each request that was captured, though the docs no longer list them.
 */
export function voiceFields(call: CallIdentity): Record<string, string> {
  const { accountSid, callSid, status, from, to, direction, forwardedFrom } = call;
  return {
    AccountSid: accountSid,
    ApiVersion: "2010-04-01",
    CallSid: callSid,
    CallStatus: status,
    Called: to,
    ...placeFields("Called", to),
    Caller: from,
    ...placeFields("Caller", from),
    Direction: direction,
    From: from,
    ...placeFields("From", from),
    To: to,
    ...placeFields("To", to),
    ...(forwardedFrom === undefined ? {} : { ForwardedFrom: forwardedFrom, CalledVia: forwardedFrom }),
  };
}

/** Countries by their calling code, for numbers that tests and rehearsals use. Others get none. */
const COUNTRIES: readonly (readonly [code: string, country: string])[] = [
  ["+1", "US"],
  ["+31", "NL"],
  ["+33", "FR"],
  ["+34", "ES"],
  ["+39", "IT"],
  ["+41", "CH"],
  ["+43", "AT"],
  ["+44", "GB"],
  ["+49", "DE"],
  ["+61", "AU"],
  ["+81", "JP"],
];

/**
 * Where a number is registered. Twilio knows city, state and ZIP code in North America alone, and leaves
 * them empty elsewhere; what is no number, such as `client:…` or `anonymous`, has no place.
 */
function placeFields(prefix: string, number: string): Record<string, string> {
  if (!/^\+\d+$/.test(number)) return {};
  const country = COUNTRIES.find(([code]) => number.startsWith(code))?.[1] ?? "";
  const [city, state, zip] = country === "US" ? ["SPRINGFIELD", "IL", "62701"] : ["", "", ""];
  return {
    [`${prefix}City`]: city,
    [`${prefix}Country`]: country,
    [`${prefix}State`]: state,
    [`${prefix}Zip`]: zip,
  };
}
