import type { ResumeReason } from "../carrier.ts";
import { hmacKey } from "../../util/hmac.ts";

/** What a stream must know that its `start` does not say. Signed, since webhook and stream may reach different processes. */
export interface StreamClaims {
  callSid: string;
  businessId: string;
  /** The caller's number, as Twilio gave it; for an outbound call ours. */
  from: string;
  /** The number called. */
  to: string;
  /** True when we placed the call. */
  isOutbound?: boolean;
  /** Why this stream begins, when it is not the first of an answered call. */
  resume?: ResumeReason;
}

/** How long a token is valid after the webhook's answer: Twilio connects within seconds. */
export const TOKEN_LIFETIME_MS = 60_000;
/** How many used tokens are remembered, each until it expires. Beyond that, streams are refused rather than replays allowed. */
export const MAX_USED_TOKENS = 20_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Keeps these signatures apart from any other use of the same secret. */
const PURPOSE = "slimline stream token 1:";

/** Makes and redeems the one-time tokens that bind a stream to its webhook. */
export class StreamTokens {
  readonly #key: Promise<CryptoKey>;
  readonly #epochMs: () => number;
  /** Nonce of each redeemed token and when it expires, in order of redemption. */
  readonly #used = new Map<string, number>();

  /**
   * @param secret shared by all processes that may accept each other's streams; the auth token serves
   * @param epochMs Unix time in milliseconds
   */
  constructor(secret: string, epochMs: () => number) {
    this.#epochMs = epochMs;
    this.#key = hmacKey(secret, "SHA-256");
  }

  /** A token for one stream of one call, in characters that XML and URLs need not escape. */
  async issue(claims: StreamClaims): Promise<string> {
    const nonce = toBase64Url(crypto.getRandomValues(new Uint8Array(9)));
    const expires = this.#epochMs() + TOKEN_LIFETIME_MS;
    const { callSid, businessId, from, to, isOutbound = false, resume } = claims;
    const fields = [nonce, expires, callSid, businessId, from, to, isOutbound, resume];
    const body = toBase64Url(encoder.encode(JSON.stringify(fields)));
    const signature = await crypto.subtle.sign("HMAC", await this.#key, encoder.encode(PURPOSE + body));
    return `${body}.${toBase64Url(new Uint8Array(signature))}`;
  }

  /** The claims of a genuine, unexpired token that was not redeemed before; otherwise what is wrong with it. */
  async redeem(token: string): Promise<StreamClaims | TokenProblem> {
    const [body, signature] = token.split(".", 2).map(fromBase64Url);
    if (!body || !signature) return "token_malformed";
    const signed = encoder.encode(PURPOSE + token.slice(0, token.indexOf(".")));
    if (!await crypto.subtle.verify("HMAC", await this.#key, signature, signed)) return "token_forged";
    const [nonce, expires, callSid, businessId, from, to, isOutbound, resume] = JSON.parse(
      decoder.decode(body),
    );
    const now = this.#epochMs();
    if (expires <= now) return "token_expired";
    this.#forgetExpired(now);
    if (this.#used.has(nonce)) return "token_used";
    if (this.#used.size >= MAX_USED_TOKENS) return "too_many_tokens";
    this.#used.set(nonce, expires);
    return { callSid, businessId, from, to, ...isOutbound && { isOutbound }, ...resume && { resume } };
  }

  /** Tokens are redeemed nearly in the order in which they expire, so only the oldest entries need a look. */
  #forgetExpired(now: number): void {
    for (const [nonce, expires] of this.#used) {
      if (expires > now) return;
      this.#used.delete(nonce);
    }
  }
}

/** Why a token was not accepted. */
export type TokenProblem =
  | "token_malformed"
  | "token_forged"
  | "token_expired"
  | "token_used"
  | "too_many_tokens";

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(
      atob(text.replaceAll("-", "+").replaceAll("_", "/")),
      (char) => char.charCodeAt(0),
    );
  } catch {
    return undefined; // not base64, so not a token of ours
  }
}
