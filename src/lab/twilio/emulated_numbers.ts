import { notFound, RestError } from "./rest_error.ts";

/**
 * What is set for a number of the account, by the names of Twilio's API; what is left out is empty, and
 * methods are POST. Source: https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
 */
export interface EmulatedNumber {
  /** Asked when it rings. */
  readonly voiceUrl?: string;
  /** GET or POST. */
  readonly voiceMethod?: string;
  /** Asked when that fails. */
  readonly voiceFallbackUrl?: string;
  /** GET or POST. */
  readonly voiceFallbackMethod?: string;
  /** Told how a call goes. */
  readonly statusCallback?: string;
  /** GET or POST. */
  readonly statusCallbackMethod?: string;
  /** `AP…`: goes before the URLs. */
  readonly voiceApplicationSid?: string;
  /** `TK…`: goes before all of them. */
  readonly trunkSid?: string;
}

type Name = keyof EmulatedNumber;

interface KnownNumber {
  readonly number: string;
  readonly settings: Record<Name, string>;
}

/** Each field of an update, with the form that its value must have. */
const FIELDS: Readonly<Record<string, [name: Name, kind: "url" | "method" | "AP" | "TK"]>> = {
  VoiceUrl: ["voiceUrl", "url"],
  VoiceMethod: ["voiceMethod", "method"],
  VoiceFallbackUrl: ["voiceFallbackUrl", "url"],
  VoiceFallbackMethod: ["voiceFallbackMethod", "method"],
  StatusCallback: ["statusCallback", "url"],
  StatusCallbackMethod: ["statusCallbackMethod", "method"],
  VoiceApplicationSid: ["voiceApplicationSid", "AP"],
  TrunkSid: ["trunkSid", "TK"],
};

/** Most numbers on a page. */
const MAX_PAGE_SIZE = 1_000;

/** `IncomingPhoneNumbers` of an account: listed, read and updated. */
export class EmulatedNumbers {
  readonly #accountSid: string;
  readonly #numbers = new Map<string, KnownNumber>();

  /**
   * Knows what is set at first.
   * @param numbers in E.164, with what is set for them
   */
  constructor(accountSid: string, numbers: Readonly<Record<string, EmulatedNumber>>) {
    this.#accountSid = accountSid;
    for (const [index, [number, given]] of Object.entries(numbers).entries()) {
      const settings = Object.fromEntries(
        Object.values(FIELDS).map(([name, kind]) => [name, given[name] ?? (kind === "method" ? "POST" : "")]),
      ) as Record<Name, string>;
      this.#numbers.set(`PN${String(index + 1).padStart(32, "0")}`, { number, settings });
    }
  }

  /** What is set for a number now; undefined when the account has no such number. */
  settings(number: string): Readonly<Record<keyof EmulatedNumber, string>> | undefined {
    return [...this.#numbers.values()].find((one) => one.number === number)?.settings;
  }

  /**
   * Answers a request.
   * @param method of HTTP
   * @param sid undefined: all that the query asks for
   * @throws {RestError}
   */
  answer(method: string, sid: string | undefined, url: URL, form: URLSearchParams): Response {
    if (sid === undefined) {
      if (method !== "GET") throw new RestError(405, 20004, "Method not allowed");
      return this.#list(url.searchParams);
    }
    const found = this.#numbers.get(sid);
    if (!found) throw notFound(url.pathname);
    if (method === "POST") update(found.settings, form);
    else if (method !== "GET") throw new RestError(405, 20004, "Method not allowed");
    return Response.json(this.#describe(sid, found));
  }

  #list(query: URLSearchParams): Response {
    const wanted = query.get("PhoneNumber");
    const size = Math.min(Number(query.get("PageSize") ?? 50), MAX_PAGE_SIZE);
    const found = [...this.#numbers].filter(([, { number }]) => wanted === null || number === wanted);
    return Response.json({
      incoming_phone_numbers: found.slice(0, size).map(([sid, known]) => this.#describe(sid, known)),
      page: 0,
      page_size: size,
    });
  }

  #describe(sid: string, { number, settings }: KnownNumber): Record<string, unknown> {
    return {
      sid,
      account_sid: this.#accountSid,
      phone_number: number,
      friendly_name: number,
      voice_url: settings.voiceUrl,
      voice_method: settings.voiceMethod,
      voice_fallback_url: settings.voiceFallbackUrl,
      voice_fallback_method: settings.voiceFallbackMethod,
      status_callback: settings.statusCallback,
      status_callback_method: settings.statusCallbackMethod,
      // Twilio has null where there is none.
      voice_application_sid: settings.voiceApplicationSid || null,
      trunk_sid: settings.trunkSid || null,
      uri: `/2010-04-01/Accounts/${this.#accountSid}/IncomingPhoneNumbers/${sid}.json`,
    };
  }
}

/** @throws {RestError} before anything is changed */
function update(settings: Record<Name, string>, form: URLSearchParams): void {
  const changes: Partial<Record<Name, string>> = {};
  for (const [field, value] of form) {
    const known = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
    if (!known) throw new RestError(400, 20001, `${field} is not emulated.`);
    const [name, kind] = known;
    if (kind === "url" && value !== "" && !/^https?:\/\//.test(value)) {
      throw new RestError(400, 21402, `${field} is not valid: ${value}`);
    }
    if (kind === "method" && value !== "GET" && value !== "POST") {
      throw new RestError(400, 21403, `${field} is not valid: ${value}`);
    }
    if (kind.length === 2 && value !== "" && !new RegExp(`^${kind}[0-9a-fA-F]{32}$`).test(value)) {
      throw new RestError(400, 20001, `${field} is not valid: ${value}`);
    }
    changes[name] = value;
  }
  // A number has one of them at most.
  if (changes.trunkSid) changes.voiceApplicationSid = "";
  else if (changes.voiceApplicationSid) changes.trunkSid = "";
  Object.assign(settings, changes);
}
