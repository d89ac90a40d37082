import { callableNumber } from "../../util/callable_number.ts";
import { hmacKey, toHex } from "../../util/hmac.ts";

const encoder = new TextEncoder();
/** Keeps these hashes apart from other uses of the same secret. */
const PURPOSE = "slimline safety id 1:";
/** Characters of an id. 32 hexadecimal ones tell any callers apart. */
const ID_CHARS = 32;

/**
 * Names callers to OpenAI without telling their numbers: the same number has the same id as long as the
 * secret stays, so that OpenAI can act on one caller's abuse alone (`OpenAI-Safety-Identifier`, OpenAI guide
 * "Realtime", "Safety identifiers").
 */
export class SafetyIds {
  readonly #key: Promise<CryptoKey>;

  /** @param secret not known to OpenAI, which could otherwise try all telephone numbers */
  constructor(secret: string) {
    this.#key = hmacKey(secret, "SHA-256");
  }

  /**
   * The id of a number in E.164; undefined for anything else, which does not name one caller: all whose
   * numbers are withheld would answer for each other.
   */
  async forNumber(number: string): Promise<string | undefined> {
    if (callableNumber(number) === undefined) return undefined;
    const signature = await crypto.subtle.sign("HMAC", await this.#key, encoder.encode(PURPOSE + number));
    return toHex(signature).slice(0, ID_CHARS);
  }
}
