import { hmacKey, toHex } from "../../util/hmac.ts";
import { SESSION_LIFETIME_MS } from "../operator_sessions.ts";

export const COOKIE = "slimline_operator";

/** Keeps other things signed with the same secret from passing as a session. */
const PURPOSE = "dashboard session ";
/** The id of a session, and its signature. */
const VALUE = new RegExp(`(?:^|; *)${COOKIE}=((?:\\d{1,2}\\.)?[0-9a-f-]{36})\\.([0-9a-f]{64})(?:;|$)`);

const encoder = new TextEncoder();

/**
 * The cookie of an operator who has signed in: the id of the session, signed with a key derived from the
 * admin token. The signature spares a server from looking for sessions that never were.
 */
export class SessionCookie {
  readonly #key: Promise<CryptoKey>;

  constructor(adminToken: string) {
    this.#key = hmacKey(adminToken, "SHA-256");
  }

  /**
   * `Set-Cookie` of a session.
   * @param isSecure the browser came by https and must send the cookie only by https
   */
  async issue(id: string, isSecure: boolean): Promise<string> {
    const signature = await crypto.subtle.sign("HMAC", await this.#key, encoder.encode(PURPOSE + id));
    return setCookie(`${id}.${toHex(signature)}`, SESSION_LIFETIME_MS / 1000, isSecure);
  }

  /**
   * The id of a session in a request's `Cookie` header; undefined when its signature is not right. Compared
   * in constant time.
   */
  async idIn(header: string | null): Promise<string | undefined> {
    const [, id, signature] = VALUE.exec(header ?? "") ?? [];
    if (id === undefined) return undefined;
    const signed = encoder.encode(PURPOSE + id);
    const isRight = await crypto.subtle.verify("HMAC", await this.#key, hexBytes(signature), signed);
    return isRight ? id : undefined;
  }
}

/** `Set-Cookie` of a sign-out. */
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
