import { isLoopback } from "../config/loopback.ts";
import { type Handler, text } from "./router.ts";

/**
 * Lets only operators in: with `adminToken`, whoever sends it as bearer token; without one, whoever comes from this machine
 * itself. A request that a proxy passed on did not.
 */
export function forOperators(adminToken: string | undefined, handler: Handler): Handler {
  return async (request, peer) => {
    if (adminToken === undefined) {
      if (isFromHere(request, peer)) return await handler(request, peer);
      return text(403, "Set ADMIN_TOKEN to reach this from another machine.");
    }
    if (await hasBearer(request, adminToken)) return await handler(request, peer);
    return text(401, "A bearer token is needed.", { "www-authenticate": "Bearer" });
  };
}

/** True for a request that was made on this machine and passed on by nobody. */
export function isFromHere(request: Request, peer: string): boolean {
  return isLoopback(peer) && !request.headers.has("x-forwarded-for") && !request.headers.has("forwarded");
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
