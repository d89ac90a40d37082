import { type Business, DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { BusinessDirectory } from "../../src/businesses/directory.ts";
import { EndedCalls } from "../../src/call/ended_calls.ts";
import { SuspendedCalls } from "../../src/call/suspended_calls.ts";
import { parseTwiml, type Verb } from "../../src/lab/twilio/parse_twiml.ts";
import { NO_PEERS, type PeerInstances } from "../../src/cluster/peer_instances.ts";
import { type Handler, router } from "../../src/http/router.ts";
import { AuthTokens } from "../../src/carrier/twilio/auth_tokens.ts";
import { type StreamClaims, StreamTokens } from "../../src/carrier/twilio/stream_token.ts";
import type { WebhookServices } from "../../src/carrier/twilio/webhooks/signed_webhook.ts";
import { NotedCalls } from "../../src/carrier/twilio/webhooks/noted_calls.ts";
import { webhookRoutes } from "../../src/carrier/twilio/webhooks/webhook_routes.ts";
import { Admission } from "../../src/admission/admission.ts";
import { LagGate, MemoryGate } from "../../src/admission/gates.ts";
import { OutboundLimits } from "../../src/admission/outbound_limits.ts";
import { DayLimits } from "../../src/admission/day_limits.ts";
import { TwilioSigner } from "../../src/carrier/twilio/signature.ts";
import { ManualClock } from "./manual_clock.ts";
import { RecordingLog } from "./recording_log.ts";

export const PUBLIC_URL = "https://voice.test";
export const CALL_SID = "CA0123456789abcdef0123456789abcdef";
export const ACCOUNT_SID = "AC0123456789abcdef0123456789abcdef";
export const CALLER = "+15550100001";
export const CALLED = "+15550100000";

/** A webhook's answer. `verbs` is its TwiML as Twilio would read it; empty when there is none. */
export interface HookAnswer {
  status: number;
  verbs: Verb[];
}

/** The webhooks of one business, called without sockets, with requests signed as Twilio signs them. */
export class WebhookRig implements WebhookServices {
  readonly clock = new ManualClock();
  readonly log = new RecordingLog();
  readonly signer = new TwilioSigner("a test's auth token");
  readonly authTokens: AuthTokens | undefined = new AuthTokens("a test's auth token");
  readonly tokens: StreamTokens = new StreamTokens("a test's secret", () => this.clock.epoch());
  readonly suspended: SuspendedCalls = new SuspendedCalls(() => this.clock.now());
  readonly ended: EndedCalls = new EndedCalls(() => this.clock.now());
  readonly noted: NotedCalls = new NotedCalls(() => this.clock.now());
  /** Keeps nothing, unless a test puts its own in here. */
  notes: WebhookServices["notes"];
  /** Calls that a Realtime session was opened ahead for. */
  readonly prepared: string[] = [];
  readonly business: Business;
  readonly businesses: BusinessDirectory;
  readonly lag = new LagGate();
  /** Of the machine, in bytes; undefined: nobody knows. */
  readonly memory: { available: number | undefined } = { available: undefined };
  readonly admission: Admission;
  readonly dayLimits: DayLimits = new DayLimits(() => this.clock.epoch());
  readonly outboundLimits: OutboundLimits = new OutboundLimits(() => this.clock.epoch());
  /** Other processes; none, unless a test puts its own in here. */
  readonly peers: PeerInstances = { ...NO_PEERS };
  readonly publicUrl: string = PUBLIC_URL;
  readonly handle: Handler;

  /** @param number the business's only number; undefined: it answers every number, and has none to call from */
  constructor(business: Partial<Business> = {}, maxCalls: number = 2, number?: string) {
    const numbers = number === undefined ? [] : [number];
    this.business = { ...DEFAULT_BUSINESS, id: "acme", numbers, ...business };
    this.businesses = new BusinessDirectory([this.business]);
    this.admission = new Admission(maxCalls, () => this.clock.now(), {
      lag: this.lag,
      memory: new MemoryGate(undefined, () => ({ rss: 0, available: this.memory.available })),
    });
    this.handle = router(webhookRoutes(this), this.log);
  }

  readonly prepare: WebhookServices["prepare"] = (callSid) => void this.prepared.push(callSid);

  readonly safetyIdFor: WebhookServices["safetyIdFor"] = () => Promise.resolve(undefined);

  /** Requests `target` (path and query, or a URL out of TwiML) with `form` beside the fields of every webhook. */
  async post(target: string, form: Record<string, string> = {}): Promise<HookAnswer> {
    const url = target.startsWith("/") ? PUBLIC_URL + target : target;
    const body = new URLSearchParams({
      AccountSid: ACCOUNT_SID,
      CallSid: CALL_SID,
      From: CALLER,
      To: CALLED,
      ...form,
    });
    return await this.send(url, body, await this.signer.sign(url, body));
  }

  /** Sends a request with a signature of its own, or with none. */
  async send(url: string, body: URLSearchParams, signature?: string): Promise<HookAnswer> {
    const headers: Record<string, string> = signature === undefined
      ? {}
      : { "x-twilio-signature": signature };
    const response = await this.handle(new Request(url, { method: "POST", body, headers }), "203.0.113.1");
    const text = await response.text();
    const isTwiml = response.headers.get("content-type")?.startsWith("text/xml");
    return { status: response.status, verbs: isTwiml ? parseTwiml(text) : [] };
  }

  /** What the token of the one `<Connect>` in `answer` says; undefined when it does not stream the call. */
  async claims({ verbs }: HookAnswer): Promise<StreamClaims | undefined> {
    const [connect] = verbs;
    if (connect?.verb !== "Connect") return undefined;
    const opened = await this.tokens.open(connect.stream.url.split("/").at(-1)!);
    const problem = typeof opened === "string" ? opened : this.tokens.redeem(opened);
    if (problem || typeof opened === "string") throw new Error(`The token is no good: ${problem}`);
    return opened.claims;
  }
}
