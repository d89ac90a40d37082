import { setTimeout } from "node:timers/promises";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import robotsParser from "robots-parser";
import type { GuardedDocument, GuardedRequests } from "../../egress/guarded_requests.ts";
import { AppError, messageOf } from "../../util/errors.ts";
import { keptLoad } from "../../util/kept_load.ts";

/** Longest time for one request, in milliseconds. */
const REQUEST_MS = 20_000;
/** Largest page, in bytes, as it is sent and unpacked. */
export const MAX_PAGE_BYTES = 16 * 2 ** 20;
/** Most of a robots.txt that is read, in bytes (RFC 9309 asks for 500 KiB at least). */
const MAX_ROBOTS_BYTES = 512 * 1024;
/** Redirects of one page. */
const MAX_REDIRECTS = 5;
/** How often a site is asked for its robots.txt while that cannot be had. */
const MAX_ROBOTS_TRIES = 3;
/** Longest delay between requests that a site may ask for, in milliseconds. */
const MAX_DELAY_MS = 10_000;
/** Waits of one page for a site that is busy. */
const MAX_WAITS = 2;
/** A page that sends visitors on within so many seconds is none itself. */
const MAX_REFRESH_SECONDS = 5;
/** Most of a page that is searched for where it sends visitors on, in bytes: it stands at its beginning. */
const MAX_REFRESH_BYTES = 4_096;
/** What robots.txt knows us by. */
const ROBOT = "slimline";

/** The library is CommonJS, and exports the function itself; its types say that it exports a `default`. */
const parseRobots = robotsParser as unknown as (url: string, text: string) => {
  isAllowed(url: string, robot: string): boolean | undefined;
  getCrawlDelay(robot: string): number | undefined;
  getSitemaps(): string[];
};

/** How a site is asked. */
export interface SiteOptions {
  readonly requests: GuardedRequests;
  /** Between two requests, in milliseconds, unless the site asks for more. */
  readonly delayMs: number;
  readonly userAgent: string;
  /** Ends all of it. */
  readonly signal: AbortSignal;
}

/** A page of a site. */
export interface SitePage {
  /** Its address after redirects. */
  readonly url: URL;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of its content, without parameters, in lower case; empty where the server does not say. */
  readonly type: string;
  readonly charset: string | undefined;
}

interface Robots {
  readonly sitemaps: readonly string[];
  readonly delayMs: number;
  allows(url: string): boolean;
}

/**
 * One web site, asked one request at a time, with a delay between them, within what its robots.txt allows.
 */
export class Site {
  readonly #options: SiteOptions;
  readonly #origin: string;
  #robotsTries = 0;
  #robotsProblem: unknown;
  #askedMs = -Infinity;

  constructor(origin: string, options: SiteOptions) {
    this.#origin = origin;
    this.#options = options;
  }

  /** The sitemaps that its robots.txt names. @throws {AppError} `page_unreachable` */
  async sitemaps(): Promise<readonly string[]> {
    return (await this.#rules()).sitemaps;
  }

  /**
   * A page, by way of redirects within the site.
   * @throws {AppError} `page_unreachable`, `page_disallowed`, `page_elsewhere`, `page_too_large`,
   *   `url_refused`
   */
  async page(address: URL): Promise<SitePage> {
    let url = address;
    for (let step = 0; step <= MAX_REDIRECTS; step++) {
      const robots = await this.#rules();
      if (!robots.allows(url.href)) {
        throw new AppError("page_disallowed", "The site's robots.txt asks not to read it.");
      }
      const answer = await this.#askPatiently(url, robots.delayMs, MAX_PAGE_BYTES);
      const { status, headers, isCut } = answer;
      if (status >= 300 && status < 400 && headers.location) {
        url = this.#within(headers.location, url);
        continue;
      }
      if (status !== 200) throw new AppError("page_unreachable", `The server answers with ${status}.`);
      if (isCut) throw tooLarge();
      const [type, ...parameters] = (headers["content-type"] ?? "").toLowerCase().split(";");
      const charset = /charset="?([^";\s]+)/.exec(parameters.join(";"))?.[1];
      const bytes = unpacked(answer);
      const onward = /html/.test(type) ? refreshOf(bytes) : undefined;
      if (onward === undefined) return { url, bytes, type: type.trim(), charset };
      url = this.#within(onward, url);
    }
    throw new AppError("page_unreachable", `It is redirected more than ${MAX_REDIRECTS} times.`);
  }

  /** Asks again, within bounds, where the site is busy and says for how long. */
  async #askPatiently(url: URL, delayMs: number, maxBytes: number): Promise<GuardedDocument> {
    for (let waits = 0;; waits++) {
      const answer = await this.#ask(url, delayMs, maxBytes);
      const waitMs = busyMs(answer);
      if (waitMs === undefined || waits === MAX_WAITS) return answer;
      await pause(waitMs, this.#options.signal);
    }
  }

  #within(location: string, from: URL): URL {
    const url = URL.parse(location, from);
    if (url?.origin !== this.#origin) {
      const target = url ? `${url.protocol}//${url.host}` : "nowhere";
      throw new AppError("page_elsewhere", `It is redirected to ${target}: give that address.`);
    }
    return url;
  }

  readonly #rules: () => Promise<Robots> = keptLoad(async () => {
    if (this.#robotsTries === MAX_ROBOTS_TRIES) throw this.#robotsProblem;
    this.#robotsTries++;
    try {
      return await this.#readRobots();
    } catch (problem) {
      this.#robotsProblem = problem;
      throw problem;
    }
  });

  async #readRobots(): Promise<Robots> {
    const { delayMs } = this.#options;
    const url = new URL("/robots.txt", this.#origin);
    let at = url;
    let answer = await this.#askPatiently(at, delayMs, MAX_ROBOTS_BYTES);
    for (let step = 0; step < MAX_REDIRECTS && answer.status >= 300 && answer.status < 400; step++) {
      at = this.#within(answer.headers.location ?? "", at);
      answer = await this.#askPatiently(at, delayMs, MAX_ROBOTS_BYTES);
    }
    // RFC 9309, 2.3.1: without the file all is allowed, and nothing while it cannot be had.
    if (answer.status >= 500) {
      throw new AppError("page_unreachable", `Its robots.txt is not to be had: ${answer.status}.`);
    }
    const text = answer.status === 200 ? new TextDecoder().decode(unpacked(answer)) : "";
    const rules = parseRobots(url.href, text);
    return {
      sitemaps: rules.getSitemaps(),
      delayMs: Math.min(
        Math.max(this.#options.delayMs, 1_000 * (rules.getCrawlDelay(ROBOT) ?? 0)),
        MAX_DELAY_MS,
      ),
      allows: (page) => rules.isAllowed(page, ROBOT) !== false,
    };
  }

  async #ask(url: URL, delayMs: number, maxBytes: number): Promise<GuardedDocument> {
    const { requests, userAgent, signal } = this.#options;
    try {
      await pause(this.#askedMs + delayMs - performance.now(), signal);
      this.#askedMs = performance.now();
      return await requests.get({
        url: url.href,
        headers: {
          "user-agent": userAgent,
          accept: "text/html,*/*;q=0.8",
          "accept-encoding": "gzip, deflate, br",
        },
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]),
        maxBytes,
      });
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw new AppError("page_unreachable", `It cannot be reached: ${messageOf(cause)}`, { cause });
    }
  }
}

function unpacked({ bytes, headers }: GuardedDocument): Uint8Array<ArrayBuffer> {
  const unpack = UNPACK.get((headers["content-encoding"] ?? "").toLowerCase());
  if (!unpack) return bytes;
  try {
    return new Uint8Array(unpack(bytes, { maxOutputLength: MAX_PAGE_BYTES }));
  } catch (cause) {
    if ((cause as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge();
    throw new AppError("page_unreachable", `It is packed wrongly: ${messageOf(cause)}`, { cause });
  }
}

/** How long a site that is busy asks to wait; undefined for one that is not, or asks for too much. */
function busyMs({ status, headers }: GuardedDocument): number | undefined {
  const after = headers["retry-after"] ?? "";
  if ((status !== 429 && status !== 503) || !/^\d{1,6}$/.test(after)) return undefined;
  const waitMs = Number(after) * 1_000;
  return waitMs <= MAX_DELAY_MS ? waitMs : undefined;
}

/** Where a page sends its visitors on by itself (`<meta http-equiv="refresh">`). */
function refreshOf(bytes: Uint8Array): string | undefined {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, MAX_REFRESH_BYTES));
  const [tag = ""] = /<meta\s[^>]*http-equiv\s*=\s*["']?refresh\b[^>]*>/i.exec(head) ?? [];
  const [, seconds, address] =
    /content\s*=\s*["']?\s*(\d+)[^;,>]*[;,]\s*url\s*=\s*["']?([^"'>\s]+)/i.exec(tag) ?? [];
  return address !== undefined && Number(seconds) <= MAX_REFRESH_SECONDS
    ? address.replaceAll("&amp;", "&")
    : undefined;
}

const UNPACK: ReadonlyMap<string, typeof gunzipSync> = new Map([
  ["gzip", gunzipSync],
  ["x-gzip", gunzipSync],
  ["deflate", inflateSync],
  ["br", brotliDecompressSync],
]);

function tooLarge(): AppError {
  return new AppError("page_too_large", `It has more than ${MAX_PAGE_BYTES >> 20} MiB.`);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await setTimeout(ms, undefined, { signal }).catch(() => {}); // called off: see below
  signal.throwIfAborted();
}
