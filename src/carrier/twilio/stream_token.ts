import type { ResumeReason } from "../carrier.ts";

/** What a stream must know that its `start` does not say. Sealed, since webhook and stream may reach different processes. */
export interface StreamClaims {
  callSid: string;
  /** Whose auth token the stream's upgrade is signed with. */
  accountSid: string;
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

/** What a genuine token says. */
export interface OpenedToken {
  /** Names the token: no other has it. */
  readonly nonce: string;
  readonly claims: StreamClaims;
}

/** How long a token is valid after the webhook's answer: Twilio connects within seconds. */
export const TOKEN_LIFETIME_MS = 60_000;
/** How many used tokens are remembered, each until it expires. Beyond that, streams are refused rather than replays allowed. */
export const MAX_USED_TOKENS = 20_000;
/** Longest token that is looked at: one for two addresses of the greatest length has about 2,400 characters. */
export const MAX_TOKEN_CHARS = 3_000;

/** Nothing that a URL's path or XML would escape. */
const TOKEN_FORM = new RegExp(`^[A-Za-z0-9_-]{40,${MAX_TOKEN_CHARS}}$`);
/** Bytes of the nonce that AES-GCM wants, which also names the token. */
const NONCE_BYTES = 12;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Keeps this key apart from any other use of the same secret. */
const PURPOSE = "slimline stream token 2:";

/**
 * Makes and redeems the one-time tokens that bind a stream to its webhook. A token is part of the stream's URL, which proxies
 * may log: its claims are encrypted (AES-GCM, which signs them too), so that no number can be read there.
 */
export class StreamTokens {
  readonly #secret: string;
  /** Made when the first call comes. */
  #key: Promise<CryptoKey> | undefined;
  readonly #epochMs: () => number;
  /** Nonce of each redeemed token and when it may be forgotten, in order of redemption. */
  readonly #used = new Map<string, number>();

  /**
   * @param secret shared by all processes that may accept each other's streams; the auth token serves
   * @param epochMs Unix time in milliseconds
   */
  constructor(secret: string, epochMs: () => number) {
    this.#epochMs = epochMs;
    this.#secret = secret;
  }

  /** A token for one stream of one call, in characters that XML and URLs need not escape. */
  async issue(claims: StreamClaims): Promise<string> {
    const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const expires = this.#epochMs() + TOKEN_LIFETIME_MS;
    const { callSid, accountSid, businessId, from, to, isOutbound = false, resume } = claims;
    const fields = [expires, callSid, accountSid, businessId, from, to, isOutbound, resume];
    const plain = encoder.encode(JSON.stringify(fields));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await this.#encryptionKey(), plain);
    return toBase64Url(new Uint8Array([...iv, ...new Uint8Array(sealed)]));
  }

  /** What a genuine token says that has not expired and was not redeemed before; otherwise what is wrong with it. */
  async open(token: string): Promise<OpenedToken | TokenProblem> {
    if (!TOKEN_FORM.test(token)) return "token_malformed";
    const bytes = fromBase64Url(token);
    if (!bytes) return "token_malformed";
    const iv = bytes.subarray(0, NONCE_BYTES);
    let plain: ArrayBuffer;
    try {
      plain = await crypto.subtle.decrypt(
        { name: "AES-GCM", iv },
        await this.#encryptionKey(),
        bytes.subarray(NONCE_BYTES),
      );
    } catch {
      return "token_forged"; // the runtime says no more than that
    }
    const [expires, callSid, accountSid, businessId, from, to, isOutbound, resume] = JSON.parse(
      decoder.decode(plain),
    );
    if (expires <= this.#epochMs()) return "token_expired";
    const nonce = toBase64Url(iv);
    if (this.#used.has(nonce)) return "token_used";
    const claims = { callSid, accountSid, businessId, from, to };
    return { nonce, claims: { ...claims, ...isOutbound && { isOutbound }, ...resume && { resume } } };
  }

  /** Uses a token up. Undefined when that was its first time; otherwise why it does not count. */
  redeem({ nonce }: Pick<OpenedToken, "nonce">): TokenProblem | undefined {
    const now = this.#epochMs();
    this.#forgetExpired(now);
    if (this.#used.has(nonce)) return "token_used";
    if (this.#used.size >= MAX_USED_TOKENS) return "too_many_tokens";
    this.#used.set(nonce, now + TOKEN_LIFETIME_MS); // it expires by then, whenever it was issued
    return undefined;
  }

  /** Whether the token of this nonce was redeemed here. */
  wasRedeemed(nonce: string): boolean {
    return this.#used.has(nonce);
  }

  #encryptionKey(): Promise<CryptoKey> {
    return this.#key ??= encryptionKey(this.#secret);
  }

  #forgetExpired(now: number): void {
    for (const [nonce, forgetAt] of this.#used) {
      if (forgetAt > now) return;
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

/** A key of 256 bits: the digest of the secret, which is long and random itself. */
async function encryptionKey(secret: string): Promise<CryptoKey> {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(PURPOSE + secret));
  return await crypto.subtle.importKey("raw", digest, "AES-GCM", false, ["encrypt", "decrypt"]);
}

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
    return undefined; // not of a length that base64 has
  }
}
