import { readBody } from "../../../http/request_body.ts";
import { textResponse } from "../../../http/router.ts";
import type { Clock } from "../../../util/clock.ts";
import { isObject } from "../../../util/is_object.ts";
import type { AuthTokens } from "../auth_tokens.ts";
import { fitsBodyDigest, isSignatureForm, namesBodyDigest, webhookUrls } from "../signature.ts";

/** Longest webhook body accepted; Twilio's are about 1 kB, and more with headers of SIP or add-ons. */
export const MAX_FORM_BYTES = 32_768;
/** Most parameters of a webhook; Twilio's have about 30. */
export const MAX_FORM_PARAMETERS = 256;
/** Longest name of a parameter, in characters. */
export const MAX_FORM_NAME_CHARS = 256;
/** Longest value of a parameter, in characters. */
export const MAX_FORM_VALUE_CHARS = 16_384;
/**
 * Longest number or address. A number has 16 characters, `client:` and an identity 128; the domain of a SIP
 * address has at most 253.
 */
export const MAX_ADDRESS_CHARS = 320;

const ADDRESS = new RegExp(`^[^\\p{C}\\p{Zl}\\p{Zp}]{0,${MAX_ADDRESS_CHARS}}$`, "u");
/** A value of a list that Twilio may add to. */
const WORD = /^[\w .-]{0,64}$/;
const SECONDS = /^-?\d{0,9}$/;

/** The values that are used, and what each must look like. What else Twilio sends is only signed. */
const VALUE_FORMS: Readonly<Record<string, RegExp>> = {
  AccountSid: /^AC[0-9a-fA-F]{32}$/,
  AnsweredBy: WORD,
  CallDuration: SECONDS,
  CallSid: /^CA[0-9a-fA-F]{32}$/,
  CallStatus: WORD,
  DialCallStatus: WORD,
  Direction: WORD,
  From: ADDRESS,
  RecordingDuration: SECONDS,
  RecordingStatus: WORD,
  RecordingUrl: /^https?:\/\/[\x21-\x7e]{1,1000}$/,
  To: ADDRESS,
};

/** What verifies a webhook. */
export interface FormVerifier {
  /** Undefined verifies nothing (`--insecure`). */
  authTokens: AuthTokens | undefined;
  /** The URL that Twilio requested, up to our paths; request headers are never believed. */
  publicUrl: string;
  /** What of it is in a request's path too. */
  basePath?: string;
  clock: Clock;
}

/**
 * The form of a webhook that Twilio signed, or the answer that refuses it: 400 without a signature, 403 with
 * a wrong one, 413, 408 or 400 for a body that Twilio would not send. Whatever can be refused without
 * computing anything is refused first, and what is computed is bounded: a stranger's request costs no more
 * than a few digests of one short text.
 */
export async function readSignedForm(
  request: Request,
  { authTokens, publicUrl, basePath = "", clock }: FormVerifier,
): Promise<URLSearchParams | Response> {
  const signature = request.headers.get("x-twilio-signature");
  if (authTokens && signature === null) {
    return textResponse(400, "The X-Twilio-Signature header is missing.");
  }
  if (authTokens && !isSignatureForm(signature)) return wrongSignature();
  const body = await readBody(request, MAX_FORM_BYTES, clock);
  if (body instanceof Response) return body;
  if (countParameters(body) > MAX_FORM_PARAMETERS) {
    return textResponse(413, `A form has at most ${MAX_FORM_PARAMETERS} parameters.`);
  }
  const url = publicUrl + requestTarget(request.url).slice(basePath.length);
  const isDigested = namesBodyDigest(url);
  const isJson = isDigested && /^application\/json\b/i.test(request.headers.get("content-type") ?? "");
  const form = isJson ? readJsonForm(body) : new URLSearchParams(body);
  const problem = form ? problemOf(form) : "The body is not a JSON object.";
  if (!form || problem !== undefined) return textResponse(400, problem ?? "");
  if (!authTokens) return form;
  const signed = isDigested ? undefined : form;
  const account = form.get("AccountSid") ?? "";
  const isGenuine = await authTokens.verify(account, signature, webhookUrls(url), signed) &&
    (!isDigested || await fitsBodyDigest(url, body));
  return isGenuine ? form : wrongSignature();
}

/** Path and query in the characters of the request, which are what was signed. */
function requestTarget(url: string): string {
  return url.replace(/^[^/]*\/\/[^/?#]*/, "");
}

function wrongSignature(): Response {
  return textResponse(
    403,
    "The signature does not fit. Are PUBLIC_URL and TWILIO_AUTH_TOKEN those of this number?",
  );
}

function countParameters(body: string): number {
  let count = 1;
  for (let at = body.indexOf("&"); at >= 0; at = body.indexOf("&", at + 1)) count++;
  return count;
}

/** What is wrong with the parameters, without their values: these may be anything, and are somebody's. */
function problemOf(form: URLSearchParams): string | undefined {
  for (const [name, value] of form) {
    if (name.length > MAX_FORM_NAME_CHARS) return `A name has at most ${MAX_FORM_NAME_CHARS} characters.`;
    if (value.length > MAX_FORM_VALUE_CHARS) return `A value has at most ${MAX_FORM_VALUE_CHARS} characters.`;
    if (Object.hasOwn(VALUE_FORMS, name) && !VALUE_FORMS[name].test(value)) {
      return `${name} is not of the form that Twilio's documentation gives it.`;
    }
  }
  return undefined;
}

/** The texts and numbers of a JSON object. Undefined for anything else. */
function readJsonForm(body: string): URLSearchParams | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (!isObject(json)) return undefined;
  const texts = Object.entries(json).filter(([, value]) => ["string", "number"].includes(typeof value));
  return new URLSearchParams(texts.map(([name, value]) => [name, String(value)]));
}
