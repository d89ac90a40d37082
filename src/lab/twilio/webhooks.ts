import { TwilioSigner } from "../../carrier/twilio/signature.ts";
import { AppError, messageOf, reasonOf } from "../../util/errors.ts";
import type { Line } from "./line.ts";
import type { Problem } from "./media_leg.ts";
import { type Link, MAX_DOCUMENT_BYTES } from "./parse_twiml.ts";
import { readBeginning } from "../../util/read_body.ts";

/** Twilio gives a webhook 15 seconds. */
const TWILIO_WEBHOOK_TIMEOUT_MS = 15_000;
/** HTTP redirects that are followed for one webhook; beyond it error 11215. */
const MAX_HTTP_REDIRECTS = 10;
/** What Twilio says it is when it opens a media stream, as captured in May 2026. */
const STREAM_USER_AGENT = "Twilio.TmeWs/1.0";
/** Where Twilio's requests come from, for proxies to tell of: an address that is kept for documentation. */
const TWILIO_ADDRESS = "203.0.113.10";

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
 * A webhook that could not be fetched. `twilioCode`: 11200 the answer was wrong, 11205 there was none, 11215
 * it led to ever more redirects, 12300 it was no XML.
 */
export class WebhookError extends AppError {
  override readonly name = "WebhookError";
  constructor(readonly twilioCode: number, message: string, options: { cause?: unknown } = {}) {
    super("webhook_failed", message, options);
  }
}

/**
 * Twilio's requests to the server. They are signed over the server's public URL and sent to its real address,
 * so that a server on loopback is called just as one on the internet is: with the public `Host`, and with
 * what the proxy before it would add. Without a token nothing is signed, and the server is called directly,
 * as one that verifies nobody wants it.
 */
export class Webhooks {
  readonly #line: Line;
  readonly #signer: TwilioSigner | undefined;
  readonly #publicUrl: string;
  readonly #server: string;
  readonly #forwarded: Record<string, string>;

  constructor(line: Line) {
    this.#line = line;
    this.#signer = line.authToken === undefined ? undefined : new TwilioSigner(line.authToken);
    this.#publicUrl = line.publicUrl.replace(/\/$/, "");
    this.#server = line.server.replace(/\/$/, "");
    this.#forwarded = this.#signer && hostOf(this.#publicUrl) !== hostOf(this.#server)
      ? forwardedHeaders(new URL(this.#publicUrl))
      : {};
  }

  /** The public form of a path of the server's, such as `/voice`. */
  publicUrl(path: string): string {
    return this.#publicUrl + path;
  }

  /**
   * Sends a webhook, and follows HTTP redirects. With GET the form travels in the query.
   *
   * @param base the URL of the document that holds the link
   * @throws {WebhookError}
   */
  async request(link: Link, base: string, form: Record<string, string>): Promise<ServerAnswer> {
    const params = new URLSearchParams(form);
    const abort = new AbortController();
    const { clock } = this.#line;
    const timer = clock.at(clock.now() + TWILIO_WEBHOOK_TIMEOUT_MS, () => abort.abort());
    const startMs = clock.now();
    // Host is no header that fetch() lets one set without this
    using client = Deno.createHttpClient({ allowHost: true });
    try {
      let next = { link, base };
      for (let redirects = 0; redirects <= MAX_HTTP_REDIRECTS; redirects++) {
        const { url, response } = await this.#send(next.link, next.base, params, client, abort.signal);
        const redirect = redirectOf(response, next.link.method);
        if (redirect) {
          await response.body?.cancel();
          next = { link: redirect, base: url };
          continue;
        }
        // More than is allowed, even where the cut leaves a character's bytes out: the reader of the TwiML
        // reports the size.
        const { text: body } = await readBeginning(response.body, MAX_DOCUMENT_BYTES + 4).catch((error) => {
          throw new WebhookError(11205, `${url} broke its answer off: ${reasonOf(error)}`, { cause: error });
        });
        const contentType = response.headers.get("content-type") ?? "";
        return { url, status: response.status, contentType, body, tookMs: clock.now() - startMs };
      }
      throw new WebhookError(11215, `${link.url} leads to more than ${MAX_HTTP_REDIRECTS} redirects.`);
    } finally {
      timer.cancel();
    }
  }

  /**
   * Sends a status callback, whose answer does not matter. Does not reject.
   *
   * @param base the URL of the document that holds the link
   * @returns what Twilio complains of, where it is refused or not answered
   */
  async tell(link: Link, base: string, form: Record<string, string>): Promise<Problem | undefined> {
    try {
      const { status } = await this.request(link, base, form);
      return status < 400 ? undefined : { code: 11200, message: `${link.url} answered ${status}.` };
    } catch (error) {
      return { code: 11200, message: messageOf(error) };
    }
  }

  async #send(
    link: Link,
    base: string,
    params: URLSearchParams,
    client: Deno.HttpClient,
    signal: AbortSignal,
  ): Promise<{ url: string; response: Response }> {
    const isPost = link.method === "POST";
    const url = isPost ? resolve(link.url, base) : withQuery(resolve(link.url, base), params);
    const realUrl = this.#realUrl(url);
    const signature = await this.#signer?.sign(url, isPost ? params : undefined);
    const headers = {
      accept: "*/*",
      "user-agent": "TwilioProxy/1.1",
      ...(isPost ? { "content-type": "application/x-www-form-urlencoded; charset=UTF-8" } : {}),
      ...(signature === undefined ? {} : { "x-twilio-signature": signature }),
      ...this.#forwarded,
    };
    const body = isPost ? params.toString() : undefined;
    try {
      return {
        url,
        response: await fetch(realUrl, {
          method: link.method,
          headers,
          body,
          redirect: "manual",
          signal,
          client,
        }),
      };
    } catch (error) {
      const why = signal.aborted ? `no answer within ${TWILIO_WEBHOOK_TIMEOUT_MS} ms` : reasonOf(error);
      const signed = realUrl === url || signature === undefined ? "" : `, signed as ${url},`;
      throw new WebhookError(11205, `${link.method} ${realUrl}${signed} failed: ${why}`, { cause: error });
    }
  }

  /** Where a media stream is to be opened really, and the headers of its upgrade. */
  async streamRequest(url: string, base: string): Promise<{ url: string; headers: Record<string, string> }> {
    const publicUrl = resolve(url, base.replace(/^http/, "ws"));
    const realUrl = this.#realUrl(publicUrl).replace(/^http/, "ws");
    const signature = await this.#signer?.sign(publicUrl);
    return {
      url: realUrl,
      headers: {
        "user-agent": STREAM_USER_AGENT,
        ...(signature === undefined ? {} : { "x-twilio-signature": signature }),
        ...this.#forwarded,
      },
    };
  }

  /** @param url of `http` or `ws`, with TLS or without: the host says whose it is */
  #realUrl(url: string): string {
    const host = hostOf(url);
    if (host !== undefined && host === hostOf(this.#publicUrl)) {
      const path = this.#publicUrl.replace(ORIGIN, "");
      const target = url.replace(ORIGIN, "");
      const rest = target.slice(path.length);
      if (target.startsWith(path) && (rest === "" || "/?".includes(rest[0]))) return this.#server + rest;
    }
    // Anything else would be a request to a stranger, made because of what a server under test answered.
    throw new WebhookError(11200, `${url} is not under the public URL ${this.#publicUrl}.`);
  }
}

/** Scheme and host, as they are written. */
const ORIGIN = /^[a-z]+:\/\/[^/?#]*/i;

/**
 * Host and port, without the scheme's own port. The scheme does not count: a stream is always `wss:`, also of
 * a server that has no TLS.
 */
function hostOf(url: string): string | undefined {
  return URL.parse(url.replace(/^ws/i, "http"))?.host;
}

/** What a proxy or tunnel in front of the server adds to Twilio's requests, which name the public host. */
function forwardedHeaders({ host, protocol }: URL): Record<string, string> {
  return {
    host,
    "x-forwarded-for": TWILIO_ADDRESS,
    "x-forwarded-host": host,
    "x-forwarded-proto": protocol.replace(":", ""),
  };
}

/**
 * Where an answer sends the request on to. 307 and 308 keep the method; after the others a POST becomes a
 * GET, as of a browser, which Twilio's docs compare it with.
 */
function redirectOf({ status, headers }: Response, method: Link["method"]): Link | undefined {
  const url = headers.get("location");
  if (url === null || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  return { url, method: status < 307 ? "GET" : method };
}

/** The URL as it was written, where it is absolute: parsing would rewrite what is to be signed. */
function resolve(url: string, base: string): string {
  if (/^[a-z]+:\/\//i.test(url)) return url;
  return new URL(url, base).href;
}

function withQuery(url: string, params: URLSearchParams): string {
  return url + (url.includes("?") ? "&" : "?") + params;
}
