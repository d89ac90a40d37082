import { TwilioSigner } from "../../carrier/twilio/signature.ts";
import { AppError, reasonOf } from "../../util/errors.ts";
import type { Line } from "./line.ts";
import { type Link, MAX_DOCUMENT_BYTES } from "./parse_twiml.ts";
import { readBeginning } from "../../util/read_text.ts";

/** Twilio gives a webhook 15 seconds. */
export const TWILIO_WEBHOOK_TIMEOUT_MS = 15_000;
/** What Twilio says it is when it opens a media stream, as captured in May 2026. */
const STREAM_USER_AGENT = "Twilio.TmeWs/1.0";

/** The server's answer to a webhook. */
export interface ServerAnswer {
  /** The public URL that was requested: what relative URLs in the answer are relative to. */
  url: string;
  status: number;
  contentType: string;
  body: string;
  /** From the request to the end of the answer. */
  tookMs: number;
}

/**
 * A webhook that could not be fetched. `twilioCode`: 11200 the answer was wrong, 11205 there was none, 12300
 * it was no XML.
 */
export class WebhookError extends AppError {
  override readonly name = "WebhookError";
  constructor(readonly twilioCode: number, message: string, options: { cause?: unknown } = {}) {
    super("webhook_failed", message, options);
  }
}

/**
 * Twilio's requests to the server. They are signed over the server's public URL and sent to its real address,
 * so that a server on loopback is called just as one on the internet is.
 */
export class Webhooks {
  readonly #line: Line;
  readonly #signer: TwilioSigner;
  readonly #publicUrl: string;
  readonly #server: string;

  constructor(line: Line) {
    this.#line = line;
    this.#signer = new TwilioSigner(line.authToken);
    this.#publicUrl = line.publicUrl.replace(/\/$/, "");
    this.#server = line.server.replace(/\/$/, "");
  }

  /** The public form of a path of the server's, such as `/voice`. */
  publicUrl(path: string): string {
    return this.#publicUrl + path;
  }

  /**
   * Sends a webhook. With GET the form travels in the query.
   *
   * @param base the URL of the document that holds the link
   * @throws {WebhookError}
   */
  async request(link: Link, base: string, form: Record<string, string>): Promise<ServerAnswer> {
    const params = new URLSearchParams(form);
    const isPost = link.method === "POST";
    const url = isPost ? resolve(link.url, base) : withQuery(resolve(link.url, base), params);
    const headers: Record<string, string> = {
      "x-twilio-signature": await this.#signer.sign(url, isPost ? params : undefined),
      "user-agent": "TwilioProxy/1.1",
    };
    const realUrl = this.#realUrl(url);
    const abort = new AbortController();
    const { clock } = this.#line;
    const timer = clock.at(clock.now() + TWILIO_WEBHOOK_TIMEOUT_MS, () => abort.abort());
    const startMs = clock.now();
    try {
      const response = await fetch(realUrl, {
        method: link.method,
        headers,
        body: isPost ? params : undefined,
        redirect: "manual",
        signal: abort.signal,
      });
      // More than is allowed, even where the cut leaves a character's bytes out: the reader of the TwiML
      // reports the size.
      const { text: body } = await readBeginning(response.body, MAX_DOCUMENT_BYTES + 4);
      const contentType = response.headers.get("content-type") ?? "";
      return { url, status: response.status, contentType, body, tookMs: clock.now() - startMs };
    } catch (error) {
      if (error instanceof WebhookError) throw error;
      const why = abort.signal.aborted ? `no answer within ${TWILIO_WEBHOOK_TIMEOUT_MS} ms` : reasonOf(error);
      const signed = realUrl === url ? "" : `, signed as ${url},`;
      throw new WebhookError(11205, `${link.method} ${realUrl}${signed} failed: ${why}`, { cause: error });
    } finally {
      timer.cancel();
    }
  }

  /** Where a media stream is to be opened really, and the headers of its upgrade. */
  async streamRequest(url: string, base: string): Promise<{ url: string; headers: Record<string, string> }> {
    const publicUrl = resolve(url, base.replace(/^http/, "ws"));
    const realUrl = this.#realUrl(publicUrl.replace(/^ws/, "http")).replace(/^http/, "ws");
    return {
      url: realUrl,
      headers: {
        "user-agent": STREAM_USER_AGENT,
        "x-twilio-signature": await this.#signer.sign(publicUrl),
      },
    };
  }

  #realUrl(url: string): string {
    const rest = url.slice(this.#publicUrl.length);
    if (url.startsWith(this.#publicUrl) && (rest === "" || "/?".includes(rest[0]))) {
      return this.#server + rest;
    }
    // Anything else would be a request to a stranger, made because of what a server under test answered.
    throw new WebhookError(11200, `${url} is not under the public URL ${this.#publicUrl}.`);
  }
}

/** The URL as it was written, where it is absolute: parsing would rewrite what is to be signed. */
function resolve(url: string, base: string): string {
  if (/^[a-z]+:\/\//i.test(url)) return url;
  return new URL(url, base).href;
}

function withQuery(url: string, params: URLSearchParams): string {
  return url + (url.includes("?") ? "&" : "?") + params;
}
