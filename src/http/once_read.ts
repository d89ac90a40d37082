import { json, type Routes } from "./router.ts";

/** Why nothing can be said about a call: what describes the businesses has been out of reach since the start. */
export const BUSINESSES_UNREAD = "businesses_unread";

/**
 * Answers 503 as long as nobody knows which business answers. Twilio then asks the number's fallback URL: better than to tell
 * a caller that there is nobody.
 */
export function onceRead(businesses: { readonly isRead: boolean }, routes: Routes): Routes {
  return Object.fromEntries(
    Object.entries(routes).map(([route, handler]) => [
      route,
      (request, peer) =>
        businesses.isRead ? handler(request, peer) : json(503, { status: BUSINESSES_UNREAD }),
    ]),
  );
}
