import type { Clock } from "../util/clock.ts";
import { isLoopback } from "../util/loopback.ts";
import { GuessLimit, sourceOf } from "./guess_limit.ts";
import { type Handler, textResponse } from "./router.ts";

/** Headers that proxies and tunnels add. */
const PROXY_HEADERS = [
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-original-host",
  "x-real-ip",
  "cf-connecting-ip",
];

/** Decides who is an operator: who has the token. No address alone is trusted. */
export class OperatorAccess {
  readonly #token: string | undefined;
  readonly #limit: GuessLimit;
  #lastTry: Promise<unknown> = Promise.resolve();

  /**
   * @param token undefined: nobody is an operator
   * @param share as of a {@link GuessLimit}
   */
  constructor(token: string | undefined, clock: Clock, share?: number) {
    this.#token = token;
    this.#limit = new GuessLimit(clock, share);
  }

  /** Lets in requests with the token as their bearer token, and answers all others. */
  guard(handler: Handler): Handler {
    return async (request, peer) => await this.refusal(request, peer) ?? await handler(request, peer);
  }

  /**
   * The answer to a request that does not have the token as its bearer token: 401, 403 or 429; undefined to
   * an operator's.
   */
  async refusal(request: Request, peer: string): Promise<Response | undefined> {
    const given = bearerOf(request);
    if (this.#token === undefined) return closed();
    if (given === undefined) return unauthorized();
    const tried = await this.tries(request, peer, (token) => sameSecret(given, token));
    return tried === true ? undefined : tried === false ? unauthorized() : tried;
  }

  /**
   * Lets a request try whether it knows a secret, as often as the limit allows. Resolves with what `isRight`
   * says, or with an answer that refuses: 429, or 403 when there is no token. One is tried at a time: right
   * tokens that come at once would count as guesses until they are compared.
   *
   * @param isLocal false: another process says it, which nobody else is to wait for. Default true
   */
  tries(
    request: Request,
    peer: string,
    isRight: (token: string) => Promise<boolean>,
    isLocal = true,
  ): Promise<boolean | Response> {
    if (!isLocal) return this.#try(sourceOf(request, peer), isRight);
    const tried = this.#lastTry.then(() => this.#try(sourceOf(request, peer), isRight));
    this.#lastTry = tried.catch(() => {}); // whoever asked is told
    return tried;
  }

  async #try(source: string, isRight: (token: string) => Promise<boolean>): Promise<boolean | Response> {
    if (this.#token === undefined) return closed();
    const seconds = this.#limit.take(source);
    if (seconds > 0) {
      return textResponse(429, "Too many wrong tokens. Try again later.", { "retry-after": `${seconds}` });
    }
    if (!await isRight(this.#token)) return false;
    this.#limit.passed(source);
    return true;
  }
}

/**
 * Lets in requests that carry `secret` as their bearer token, a random one that only this program's processes
 * know.
 */
export function withSecret(secret: string, handler: Handler): Handler {
  return async (request, peer) => {
    const given = bearerOf(request);
    return given !== undefined && await sameSecret(given, secret)
      ? await handler(request, peer)
      : unauthorized();
  };
}

/**
 * Lets in only requests that are made on this machine, to a loopback address, with no sign of a proxy or a
 * tunnel: all that protects a server that verifies nobody. A page of another site in this machine's browser
 * does not count, even when DNS resolves that site's name to this machine.
 */
export function onlyFromHere(handler: Handler): Handler {
  return (request, peer) =>
    isFromHere(request, peer) ? handler(request, peer) : textResponse(
      403,
      "With --insecure only this machine is answered, and nothing that is passed on to it.",
    );
}

/** Whether a request was made on this machine, to a loopback address, with no sign of a proxy or a tunnel. */
export function isFromHere({ url, headers }: Request, peer: string): boolean {
  const origin = headers.get("origin");
  const host = headers.get("host"); // a target in absolute form has a host of its own
  return isLoopback(peer) && isLoopback(URL.parse(url)?.hostname ?? "") &&
    (host === null || isLoopback(URL.parse(`http://${host}`)?.hostname ?? "")) &&
    (origin === null || isLoopback(URL.parse(origin)?.hostname ?? "")) &&
    !PROXY_HEADERS.some((name) => headers.has(name));
}

function closed(): Response {
  return textResponse(403, "This is closed: no admin token is set.");
}

function unauthorized(): Response {
  return textResponse(401, "A bearer token is needed.", { "www-authenticate": "Bearer" });
}

function bearerOf({ headers }: Request): string | undefined {
  return /^Bearer (.+)$/.exec(headers.get("authorization") ?? "")?.[1];
}

/** Compares digests, so that the time it takes reveals nothing about the secret. */
export async function sameSecret(given: string, wanted: string): Promise<boolean> {
  const [a, b] = await Promise.all(
    [given, wanted].map(async (secret) =>
      new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret)))
    ),
  );
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= a[index] ^ b[index];
  return difference === 0;
}
