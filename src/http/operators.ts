import { isLoopback } from "../util/loopback.ts";
import { type Handler, textResponse } from "./router.ts";

/** Headers that proxies add. Not every proxy does: set an admin token behind any of them. */
const PROXY_HEADERS = [
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
];

/**
 * Lets only operators in: with an `adminToken`, requests that carry it as a bearer token; without one, requests from this
 * machine, as {@link isFromHere} defines it.
 */
export function forOperators(adminToken: string | undefined, handler: Handler): Handler {
  return async (request, peer) => {
    if (adminToken === undefined) {
      if (isFromHere(request, peer)) return await handler(request, peer);
      return notFromHere();
    }
    if (await hasBearer(request, adminToken)) return await handler(request, peer);
    return textResponse(401, "A bearer token is needed.", { "www-authenticate": "Bearer" });
  };
}

/**
 * True for a request made on this machine, to a loopback address, with no sign of a proxy. A page of another site in this
 * machine's browser does not count, even when DNS resolves that site's name to this machine.
 */
export function isFromHere({ url, headers }: Request, peer: string): boolean {
  const origin = headers.get("origin");
  return isLoopback(peer) && isLoopback(new URL(url).hostname) &&
    (origin === null || isLoopback(URL.parse(origin)?.hostname ?? "")) &&
    !PROXY_HEADERS.some((name) => headers.has(name));
}

/** The answer to requests from other machines when there is no admin token. */
export function notFromHere(): Response {
  return textResponse(403, "Set ADMIN_TOKEN to reach this from anywhere but localhost.");
}

/** Whether a request has `adminToken` as its bearer token. */
export async function hasBearer(request: Request, adminToken: string): Promise<boolean> {
  const given = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
  return given !== undefined && await sameSecret(given, adminToken);
}

/** Compares digests, so that the time it takes reveals nothing about the secret. */
export async function sameSecret(given: string, wanted: string): Promise<boolean> {
  const [a, b] = await Promise.all(
    [given, wanted].map(async (secret) =>
      new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret)))
    ),
  );
  return a.every((byte, index) => byte === b[index]);
}
