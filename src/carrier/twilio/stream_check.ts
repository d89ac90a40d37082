import { requestLog } from "../../http/request_ids.ts";
import { type Handler, textResponse } from "../../http/router.ts";
import type { Log } from "../../observability/log.ts";
import { after, type Clock } from "../../util/clock.ts";
import type { AuthTokens } from "./auth_tokens.ts";
import { streamUrls } from "./signature.ts";
import { unlessUpgrade, upgradeStream } from "./stream_socket.ts";
import { WebhookUrls } from "./webhook_urls.ts";

/** Checks that are open at once; further ones are answered 503. */
export const MAX_CHECKS = 4;
/** A check is closed after this long. */
const CHECK_MS = 120_000;
/** Longest message that is sent back. */
const MAX_ECHO_CHARS = 100;

/** What checks are answered with. */
export interface StreamCheckServices {
  readonly publicUrl: string;
  /** The account whose token signs checks; undefined: the one without a SID. */
  readonly twilioAccountSid: string | undefined;
  /** Undefined verifies nothing (`--insecure`). */
  readonly authTokens: AuthTokens | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * `GET /media/check`: a WebSocket by the way of a media stream, for whoever wants to know whether proxies let
 * it through and keep it open. It must be signed as Twilio signs a stream's. Sends the first message back,
 * and then says nothing, as an agent may who listens; there is no call.
 */
export function streamCheck(services: StreamCheckServices): Handler {
  const { publicUrl, twilioAccountSid = "", authTokens, clock, log } = services;
  const url = new WebhookUrls(publicUrl).check();
  let open = 0;
  return async (request) => {
    const notUpgrade = unlessUpgrade(request);
    if (notUpgrade) return notUpgrade;
    const signature = request.headers.get("x-twilio-signature");
    if (authTokens && !await authTokens.verify(twilioAccountSid, signature, streamUrls(url))) {
      requestLog(log, request).warn("stream_check_refused", { reason: "unsigned" });
      return textResponse(403, "The signature does not fit.");
    }
    if (open >= MAX_CHECKS) return textResponse(503, `There are ${MAX_CHECKS} checks already.`);
    const upgraded = upgradeStream(request);
    if (upgraded instanceof Response) return upgraded;
    const { socket, response } = upgraded;
    open++;
    const timer = after(clock, CHECK_MS, () => socket.close(1000));
    socket.onmessage = ({ data }) => {
      socket.onmessage = null;
      if (typeof data === "string" && data.length <= MAX_ECHO_CHARS) socket.send(data);
    };
    socket.onclose = () => {
      timer.cancel();
      open--;
    };
    return response;
  };
}
