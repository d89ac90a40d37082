import { isSignedByAny, TwilioSigner } from "./signature.ts";

/** One entry of `TWILIO_AUTH_TOKEN`: a token, or the SID of a sub-account, a colon and its token. */
const ENTRY = /^(?:(AC[0-9a-fA-F]{32}):)?(.+)$/s;

/**
 * The auth tokens of the accounts whose calls are taken: tokens separated by commas, and `ACxxx:token` for
 * the token of a sub-account. An account with tokens of its own is believed by those alone, every other one
 * by those without a SID. Several for one account are for its rotation: Twilio may sign with any, and the
 * REST API is asked with the first that it takes.
 */
export class AuthTokens {
  /** By account; under the empty text for those that have none of their own. */
  readonly #accounts = new Map<string, AuthToken[]>();

  /** @param list as in `TWILIO_AUTH_TOKEN` */
  constructor(list: string) {
    for (const entry of list.split(",").map((text) => text.trim())) {
      const [, account = "", text = entry] = ENTRY.exec(entry) ?? [];
      const tokens = this.#accounts.get(account) ?? [];
      this.#accounts.set(account, [...tokens, { text, signer: new TwilioSigner(text) }]);
    }
  }

  /** The tokens of an account, in the order in which they are tried. */
  of(accountSid: string): readonly AuthToken[] {
    return this.#accounts.get(accountSid) ?? this.#accounts.get("") ?? [];
  }

  /** The account that is asked for, or one that has tokens where that has none. */
  believed(accountSid: string): string {
    if (this.of(accountSid).length > 0) return accountSid;
    const [first = accountSid] = this.#accounts.keys();
    return first;
  }

  /** Puts the token that the REST API has taken before the account's others. */
  prefer(accountSid: string, token: AuthToken): void {
    const account = this.#accounts.has(accountSid) ? accountSid : "";
    const others = this.#accounts.get(account)?.filter((other) => other !== token) ?? [];
    this.#accounts.set(account, [token, ...others]);
  }

  /** Whether a token of the account has made `signature` over one of `urls` and the form. */
  verify(
    accountSid: string,
    signature: string | null,
    urls: Iterable<string>,
    params?: URLSearchParams,
  ): Promise<boolean> {
    return isSignedByAny(this.of(accountSid).map(({ signer }) => signer), signature, urls, params);
  }
}

/** An auth token, and what it signs. */
export interface AuthToken {
  readonly text: string;
  readonly signer: TwilioSigner;
}
