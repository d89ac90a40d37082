import { RESERVATION_LIFETIME_MS } from "../../admission/admission.ts";
import type { CallVariables } from "../../businesses/call_variables.ts";
import type { ResumeReason } from "../carrier.ts";
import { fromBase64Url, toBase64Url } from "../../util/base64_url.ts";

/**
 * What a stream must know that its `start` does not say. Sealed, since webhook and stream may reach different
 * processes.
 */
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
  /** What was given for the call when it was placed. */
  variables?: CallVariables;
  /** The call was let in by its business's limit, over all instances: nobody looks at that again. */
  isCounted?: boolean;
  /** The only processes that take the token, by their name. Default: any that can ask the others. */
  boundTo?: string;
}

/** The order in which a token has them; a new one comes last, since processes of two versions may share. */
const FIELDS = [
  "callSid",
  "accountSid",
  "businessId",
  "from",
  "to",
  "isOutbound",
  "resume",
  "variables",
  "isCounted",
  "boundTo",
] as const satisfies readonly (keyof StreamClaims)[];

/** What a genuine token says. */
export interface OpenedToken {
  /** Names the token: no other has it. */
  readonly nonce: string;
  readonly claims: StreamClaims;
}

/**
 * How long a token is valid after the webhook's answer: no longer than the slot that is reserved for its
 * stream, since whoever was let in is not counted again. Twilio connects within seconds.
 */
export const TOKEN_LIFETIME_MS = RESERVATION_LIFETIME_MS;
/**
 * How many used tokens are remembered, each until it expires. Beyond that, streams are refused rather than
 * replays allowed.
 */
export const MAX_USED_TOKENS = 20_000;
/**
 * Longest token that is looked at: one for two addresses of the greatest length has about 2,400 characters,
 * and variables take 2,000 at most.
 */
export const MAX_TOKEN_CHARS = 5_000;

/** Nothing that a URL's path or XML would escape. */
const TOKEN_FORM = new RegExp(`^[A-Za-z0-9_-]{40,${MAX_TOKEN_CHARS}}$`);
/** Bytes of the nonce that AES-GCM wants, which also names the token. */
const NONCE_BYTES = 12;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Keeps this key apart from any other use of the same secret. */
const PURPOSE = "slimline stream token 2:";

/**
 * Makes and redeems the one-time tokens that bind a stream to its webhook. A token is part of the stream's
 * URL, which proxies may log: its claims are encrypted (AES-GCM, which signs them too), so that no number can
 * be read there.
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
    const fields = [expires, ...FIELDS.map((name) => claims[name])];
    return await this.#seal(JSON.stringify(fields), iv);
  }

  /**
   * Seals the variables of a call that is being placed, for the URL that Twilio requests when it is answered:
   * they are nobody else's business, and a URL is written down in many places.
   *
   * @param slot names the call; they can be opened for no other
   */
  async sealVariables(variables: CallVariables, slot: string): Promise<string> {
    const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    return await this.#seal(JSON.stringify(variables), iv, slot);
  }

  /** The variables that were sealed for a call; undefined for anything else. */
  async openVariables(sealed: string, slot: string): Promise<CallVariables | undefined> {
    const opened = await this.#unseal(sealed, slot);
    return typeof opened === "string" ? undefined : JSON.parse(opened.plain);
  }

  /** @param context must be the same to open it; what opens variables opens no token */
  async #seal(plain: string, iv: Uint8Array<ArrayBuffer>, context = ""): Promise<string> {
    const algorithm = { name: "AES-GCM", iv, additionalData: encoder.encode(context) };
    const sealed = await crypto.subtle.encrypt(algorithm, await this.#encryptionKey(), encoder.encode(plain));
    return toBase64Url(new Uint8Array([...iv, ...new Uint8Array(sealed)]));
  }

  async #unseal(
    text: string,
    context = "",
  ): Promise<{ plain: string; iv: Uint8Array } | "token_malformed" | "token_forged"> {
    if (!TOKEN_FORM.test(text)) return "token_malformed";
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = fromBase64Url(text);
    } catch {
      return "token_malformed"; // not of a length that base64 has
    }
    // The last character may have bits that count for nothing: of the texts of one token only ours is taken.
    if (toBase64Url(bytes) !== text) return "token_forged";
    const iv = bytes.subarray(0, NONCE_BYTES);
    const algorithm = { name: "AES-GCM", iv, additionalData: encoder.encode(context) };
    try {
      const rest = bytes.subarray(NONCE_BYTES);
      const plain = await crypto.subtle.decrypt(algorithm, await this.#encryptionKey(), rest);
      return { plain: decoder.decode(plain), iv };
    } catch {
      return "token_forged"; // the runtime says no more than that
    }
  }

  /**
   * What a genuine token says that has not expired and was not redeemed before; otherwise what is wrong with
   * it.
   */
  async open(token: string): Promise<OpenedToken | TokenProblem> {
    const opened = await this.#unseal(token);
    if (typeof opened === "string") return opened;
    const { plain, iv } = opened;
    const [expires, ...fields] = JSON.parse(plain);
    if (expires <= this.#epochMs()) return "token_expired";
    const nonce = toBase64Url(iv);
    if (this.#used.has(nonce)) return "token_used";
    const said = FIELDS.map((name, index) => [name, fields[index]])
      .filter(([, value]) => value !== null && value !== false && value !== undefined);
    return { nonce, claims: Object.fromEntries(said) };
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
