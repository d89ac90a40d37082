/** A telephone number in E.164. */
const E164 = /^\+[1-9]\d{6,14}$/;

/**
 * What networks give in place of a number that is withheld: words on a keypad. Twilio passes them on as
 * numbers. Source: Twilio's help page on calls from these numbers.
 */
const WITHHELD: ReadonlySet<string> = new Set([
  "+266696687", // ANONYMOUS
  "+7378742833", // RESTRICTED
  "+2562533", // BLOCKED
  "+8656696", // UNKNOWN
  "+86282452253", // UNAVAILABLE
]);

/**
 * The number of somebody who can be called back there, in E.164. Undefined for a number that is withheld,
 * whatever the network gives for it, and for an address that is no number (SIP, a client).
 *
 * @param address `From` or `To` of a call, as the carrier gave it
 */
export function callableNumber(address: string): string | undefined {
  return E164.test(address) && !WITHHELD.has(address) ? address : undefined;
}

/**
 * A number as calls have it, of one that somebody typed: `+1 (555) 010-0001` and `0044 20 7946 0123` are
 * `+15550100001` and `+442079460123`. What is no number with its country stays as it is.
 */
export function typedNumber(text: string): string {
  const plain = text.trim().replace(/[\s()./-]/g, "").replace(/^00(?=[1-9])/, "+");
  return E164.test(plain) ? plain : text;
}

/**
 * The number that was called, in E.164, of what the carrier gave as called: SIP domains and trunks give
 * `sip:+15550100000@acme.sip.twilio.com`, or leave out the plus. Undefined where there is none in it.
 */
export function calledNumber(address: string): string | undefined {
  const [user] = address.trim().replace(/^sips?:/i, "").split(/[@;]/, 1);
  const number = typedNumber(user);
  return [number, `+${number}`].find((number) => E164.test(number));
}

/** Whether nothing is known of who is there; false for an address that is no number. */
export function isWithheld(address: string): boolean {
  if (callableNumber(address) !== undefined) return false;
  return !/^(?:sips?|client|whatsapp):/i.test(address) ||
    /^sips?:(?:anonymous|restricted|unknown|unavailable)@/i.test(address);
}
