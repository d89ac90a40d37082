import { hmacKey, toHex } from "../../util/hmac.ts";

/** How long a login lasts. */
export const LOGIN_LIFETIME_MS = 12 * 3_600_000;
export const COOKIE = "slimline_operator";

/** Keeps other things signed with the same secret from passing as a login. */
const PURPOSE = "dashboard login until ";

const encoder = new TextEncoder();

/**
 * The cookie of an operator who has logged in: the end of the login, signed with a key derived from `ADMIN_TOKEN`. The server
 * keeps nothing, every process with the same token accepts it, and a new token ends every login.
 */
export class SessionCookie {
  readonly #key: Promise<CryptoKey>;
  readonly #epochMs: () => number;

  constructor(adminToken: string, epochMs: () => number) {
    this.#epochMs = epochMs;
    this.#key = hmacKey(adminToken, "SHA-256");
  }

  /** `Set-Cookie` of a new login. @param isSecure the browser came by https and must send the cookie only by https */
  async issue(isSecure: boolean): Promise<string> {
    const expires = this.#epochMs() + LOGIN_LIFETIME_MS;
    const signature = await crypto.subtle.sign("HMAC", await this.#key, encoder.encode(PURPOSE + expires));
    const value = `${expires}.${toHex(signature)}`;
    return setCookie(value, LOGIN_LIFETIME_MS / 1000, isSecure);
  }

  /** Whether a request's `Cookie` header holds a login that has not expired. Compared in constant time. */
  async isValid(header: string | null): Promise<boolean> {
    const [, expires, signature] = new RegExp(`(?:^|; *)${COOKIE}=(\\d{1,15})\\.([0-9a-f]{64})(?:;|$)`)
      .exec(header ?? "") ?? [];
    if (!expires || Number(expires) <= this.#epochMs()) return false;
    const signed = encoder.encode(PURPOSE + expires);
    return await crypto.subtle.verify("HMAC", await this.#key, hexBytes(signature), signed);
  }
}

/** `Set-Cookie` of a logout. */
export function endLogin(isSecure: boolean): string {
  return setCookie("", 0, isSecure);
}

function setCookie(value: string, seconds: number, isSecure: boolean): string {
  const secure = isSecure ? "; Secure" : "";
  return `${COOKIE}=${value}; Path=/dashboard; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
}

function hexBytes(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
