/** A new identifier of Twilio's form: two letters and 32 hexadecimal digits. */
export function newSid(kind: "AC" | "CA" | "MZ" | "RE"): string {
  return kind + crypto.randomUUID().replaceAll("-", "");
}
