import { type Business, NO_BUSINESS } from "../../businesses/business.ts";
import { businessWith } from "../../businesses/call_variables.ts";
import { businessAt } from "../../businesses/opening_hours.ts";
import type { CallEngine, CallServices } from "../../call/call_services.ts";
import { MAX_EARLIER_CALLS } from "../../call/conversation/call_context.ts";
import type { LiveCalls } from "../../call/live_calls.ts";
import type { PeerInstances, TokenUse } from "../../cluster/peer_instances.ts";
import { requestLog } from "../../http/request_ids.ts";
import { type Handler, textResponse } from "../../http/router.ts";
import { callableNumber } from "../../util/callable_number.ts";
import { reasonOf } from "../../util/errors.ts";
import { isReturningCall, isTakenUp, type MediaStreamHandler } from "../carrier.ts";
import { MediaStream, type StreamViolation } from "./media_stream.ts";
import type { StreamStart } from "./stream_protocol.ts";
import { isSignatureForm, streamUrls } from "./signature.ts";
import { unlessUpgrade, upgradeStream } from "./stream_socket.ts";
import type { StreamClaims } from "./stream_token.ts";
import { PATHS, WebhookUrls } from "./webhook_urls.ts";
import type { WebhookServices } from "./webhooks/signed_webhook.ts";

/**
 * The only sub-protocol that clients of Media Streams have been seen to offer. Echoed when offered, never
 * required.
 */
const SUBPROTOCOL = "audio.twilio.com";

/** What counts the calls on record. */
interface EarlierCalls {
  countCalls(
    business: Business,
    query: { number: string; callSid: string; most: number },
  ): Promise<number | undefined>;
}

/** What streams are accepted with, beside what the webhooks work with. */
export interface StreamServices extends WebhookServices {
  calls: LiveCalls;
  /** What calls work with. */
  call: CallServices;
  /** The audio engine for a business's calls. */
  engineFor: (business: Business) => Promise<CallEngine>;
  /** Counts the earlier calls that are on record; undefined when none are kept. */
  earlierCalls: EarlierCalls | undefined;
}

/**
 * `GET /media/stream/TOKEN`: Twilio opens a call's WebSocket. The path must hold a token that the voice
 * webhook issued, and that was not used before; and Twilio must have signed that very URL. Only then is there
 * a WebSocket. Its `start` must bring the token's call, or the socket is closed with 1008. Source:
 * https://www.twilio.com/docs/voice/twiml/stream, and
 * https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export function streamUpgrade(services: StreamServices): Handler {
  const { authTokens, tokens, admission, peers, log, call: { clock, metrics } } = services;
  const webhookUrls = new WebhookUrls(services.publicUrl);
  const observer = {
    onViolation: ({ callSid, ...violation }: StreamViolation) =>
      log.warn("stream_violation", { ...callSid !== undefined && { call: callSid }, ...violation }),
    onHandlerError: (error: unknown, callSid: string | undefined) =>
      log.error("stream_failed", { ...callSid !== undefined && { call: callSid }, message: reasonOf(error) }),
  };
  return async (request) => {
    const refuse = (reason: string, callSid?: string) => {
      metrics.count("streamsRefused", reason);
      requestLog(log, request).warn("stream_refused", {
        ...callSid !== undefined && { call: callSid },
        reason,
      });
      return textResponse(403, "The token or the signature does not fit.");
    };
    const notUpgrade = unlessUpgrade(request);
    if (notUpgrade) return notUpgrade;
    const signature = request.headers.get("x-twilio-signature");
    if (authTokens && !isSignatureForm(signature)) return refuse("unsigned");
    const token = tokenInPath(request.url);
    const opened = await tokens.open(token);
    if (typeof opened === "string") return refuse(opened);
    const { nonce, claims } = opened;
    const { callSid, accountSid } = claims;
    // Whatever stands in front of the fleet takes it to another instance; its token is not used up.
    const isBound = claims.boundTo !== undefined;
    if (isBound && claims.boundTo !== peers.tokenBinding.name) {
      return textResponse(503, "Another instance takes this stream.");
    }
    if (peers.takesStreams && !admission.hasReserved(callSid) && admission.refusal !== undefined) {
      return textResponse(503, "This instance takes no more calls.");
    }
    const urls = streamUrls(webhookUrls.stream(token));
    if (authTokens && !await authTokens.verify(accountSid, signature, urls)) {
      return refuse("unsigned", callSid);
    }
    // Used up here before others are asked: of two that come to two processes at once, neither finds the
    // other's unused.
    const begins = isReturningCall(claims.resume) ? undefined : callSid;
    const problem = tokens.redeem(opened) ?? await usedElsewhere(peers, nonce, { begins, isBound });
    if (problem) return refuse(problem, callSid);
    const offered = request.headers.get("sec-websocket-protocol")?.split(",").map((name) => name.trim()) ??
      [];
    const upgraded = upgradeStream(request, offered.includes(SUBPROTOCOL) ? SUBPROTOCOL : undefined);
    if (upgraded instanceof Response) return upgraded;
    const { socket, response } = upgraded;
    new MediaStream(socket, clock, acceptor(services, claims), observer);
    return response;
  };
}

/** Why a token that was not used here is not to be taken. */
async function usedElsewhere(
  peers: PeerInstances,
  nonce: string,
  use: TokenUse,
): Promise<string | undefined> {
  const isFirst = await peers.redeem(nonce, use);
  // Twilio asks what comes next, and gets a token that needs nobody's word.
  return isFirst === undefined ? "token_unconfirmed" : isFirst ? undefined : "token_used";
}

/** Made apart from the request, which would else be held as long as the call is. */
function acceptor(services: StreamServices, claims: StreamClaims) {
  return (start: StreamStart, live: MediaStream) => acceptStream(services, claims, start, live);
}

/** What follows the stream's path; Twilio may add a slash. */
function tokenInPath(url: string): string {
  const path = URL.parse(url)?.pathname ?? "";
  return path.slice(path.indexOf(PATHS.stream) + PATHS.stream.length + 1).replace(/\/$/, "");
}

/** Joins a stream that has said whose it is to its call. Undefined refuses it. */
async function acceptStream(
  services: StreamServices,
  claims: StreamClaims,
  start: StreamStart,
  live: MediaStream,
): Promise<MediaStreamHandler | undefined> {
  // The closures below live as long as the call, and need no more of `start`.
  const { accountSid, callSid } = start;
  const refuse = (reason: string) => {
    services.call.metrics.count("streamsRefused", reason);
    services.log.warn("stream_refused", { call: callSid, reason });
    return undefined;
  };
  if (claims.callSid !== callSid) return refuse("token_of_another_call");
  if (claims.accountSid && claims.accountSid !== accountSid) return refuse("token_of_another_account");
  const { admission, ended, suspended, peers } = services;
  if (ended.ending(callSid) && !suspended.has(callSid)) return refuse("call_over");
  const isAdmitted = isTakenUp(claims.resume);
  const claim = () =>
    admission.claim(callSid, {
      business: services.businesses.byId(claims.businessId),
      isBack: suspended.has(callSid),
      isCounted: claims.isCounted,
      isAdmitted,
    });
  // First: where there is no room, what a call that was handed over goes on with stays there for its next
  // try.
  const first = isAdmitted ? claim() : undefined;
  if (isAdmitted && !first) return refuse("no_slot");
  // Where another process answered the webhook, it keeps the slot, and what a returning call takes up again.
  const { resume } = claims;
  if (await peers.arrive(callSid, isReturningCall(resume), resume === "rescued") === "live") {
    if (first) admission.leaveLive(first);
    return refuse("live_elsewhere");
  }
  const slot = first ?? claim();
  if (!slot) return refuse("no_slot");
  const release = (isMoved = false) => {
    if (isMoved) return admission.leaveLive(slot);
    if (suspended.has(callSid)) return admission.hold(slot);
    admission.release(slot);
    // Unless a later stream of the call has taken over.
    if (!admission.isLive(callSid)) ended.noteOver(callSid);
  };
  try {
    const before = suspended.get(callSid);
    const began = before?.business;
    const claimed = began ?? claimedBusiness(services, claims);
    if (claimed === NO_BUSINESS) {
      release();
      return refuse("no_business");
    }
    const isLookedUp = !began && !claims.isOutbound && claims.variables === undefined && claimed.lookup;
    const variables = claims.variables ??
      (isLookedUp ? await services.lookups?.take(claimed, claims) : before?.variables);
    const business = businessWith(claimed, variables);
    // Its webhook came elsewhere, perhaps; its limits are looked at here.
    if (before) void peers.knowSpending(business);
    const party = claims.isOutbound ? claims.to : claims.from;
    const [safetyId, earlierCalls, engine] = await Promise.all([
      services.safetyIdFor(party),
      before ? before.earlierCalls : earlierCallsWith(services, business, party, callSid),
      services.engineFor(business),
    ]);
    const info = { ...claims, accountSid, business, safetyId, earlierCalls, variables };
    return services.calls.start(live, info, services.call, engine, release);
  } catch (error) {
    release();
    throw error;
  }
}

function earlierCallsWith(
  { earlierCalls }: StreamServices,
  business: Business,
  party: string,
  callSid: string,
): Promise<number | undefined> | undefined {
  const number = business.callContext ? callableNumber(party) : undefined;
  return number === undefined
    ? undefined
    : earlierCalls?.countCalls(business, { number, callSid, most: MAX_EARLIER_CALLS });
}

/** The business of a call that nothing is kept of: this is its first stream, or a peer had the one before. */
function claimedBusiness(
  { businesses, call: { clock } }: StreamServices,
  { businessId, isOutbound, resume }: StreamClaims,
): Business {
  const business = businesses.byId(businessId);
  return isOutbound || resume ? business : businessAt(business, clock.epoch());
}
