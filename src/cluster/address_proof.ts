import { hmacKey, toHex } from "../util/hmac.ts";

/** Keeps other things signed with the same token from passing as one. */
const PURPOSE = "slimline instance address ";

/**
 * Shows that an instance's address was written by who has the operators' token. Whoever asks there sends that
 * token along; and the database, which the address comes from, may be written by others.
 *
 * @returns hexadecimal digits
 */
export async function addressProof(adminToken: string, address: string): Promise<string> {
  const key = await hmacKey(adminToken, "SHA-256");
  return toHex(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(PURPOSE + address)));
}
