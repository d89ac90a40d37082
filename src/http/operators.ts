import { isLoopback } from "../config/loopback.ts";
import { type Handler, text } from "./router.ts";

/** Headers by which proxies tell of themselves. Not all do: behind one, there should be an admin token. */
const PROXY_HEADERS = [
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
];

/**
 * Lets only operators in: with `adminToken`, whoever sends it as bearer token; without one, whoever comes from this machine
 * itself, as {@link isFromHere} sees it.
 */
export function forOperators(adminToken: string | undefined, handler: Handler): Handler {
  return async (request, peer) => {
    if (adminToken === undefined) {
      if (isFromHere(request, peer)) return await handler(request, peer);
      return notFromHere();
    }
    if (await hasBearer(request, adminToken)) return await handler(request, peer);
    return text(401, "A bearer token is needed.", { "www-authenticate": "Bearer" });
  };
}

/**
 * True for a request that was made on this machine, to a loopback address, and passed on by nobody who would tell. A page
 * in this machine's browser is from elsewhere, even where DNS leads its name here.
 */
export function isFromHere({ url, headers }: Request, peer: string): boolean {
  const origin = headers.get("origin");
  return isLoopback(peer) && isLoopback(new URL(url).hostname) &&
    (origin === null || isLoopback(URL.parse(origin)?.hostname ?? "")) &&
    !PROXY_HEADERS.some((name) => headers.has(name));
}

/** The answer to who is not from here, where there is no admin token. */
export function notFromHere(): Response {
  return text(403, "Set ADMIN_TOKEN to reach this from elsewhere than localhost.");
}

/** Whether a request has `adminToken` as its bearer token. */
export async function hasBearer(request: Request, adminToken: string): Promise<boolean> {
  const given = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
  return given !== undefined && await sameSecret(given, adminToken);
}

/** Compares digests, whose comparison tells an attacker nothing about the secret. */
export async function sameSecret(given: string, wanted: string): Promise<boolean> {
  const [a, b] = await Promise.all(
    [given, wanted].map(async (secret) =>
      new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret)))
    ),
  );
  return a.every((byte, index) => byte === b[index]);
}
