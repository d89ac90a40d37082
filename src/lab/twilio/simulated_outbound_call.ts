import { sleep } from "../../util/clock.ts";
import { type CallUpdate, type EmulatedCall, newSid } from "./emulated_call.ts";
import type { CallStatus } from "./call_report.ts";
import { SimulatedCaller, type SimulatedCallerOptions } from "./simulated_caller.ts";
import type { OutboundRequest } from "./emulated_twilio_api.ts";
import { StatusCallbacks, type StatusEvent } from "./status_callbacks.ts";
import { voiceFields } from "./voice_fields.ts";
import { Webhooks } from "./webhooks.ts";

/** What the called party does. */
export interface SimulatedOutboundCallOptions
  extends Omit<SimulatedCallerOptions, "answer" | "from" | "to" | "direction"> {
  /** How long it rings; default 0 ms. */
  ringMs?: number;
  /** Default `answered`. */
  outcome?: "answered" | "busy" | "no-answer" | "failed";
  /** Told as `AnsweredBy` where the request has `MachineDetection`; default `human`. */
  answeredBy?: string;
  /** Gets the call once it is answered, to speak in it and to look at it. */
  onAnswered?: (caller: SimulatedCaller) => void;
}

/**
 * A call that the server placed over the REST API: it rings, is answered or not, and goes on as any call.
 * Status callbacks go to `StatusCallback`, for the events that the request asks for (default: only the end).
 */
export class SimulatedOutboundCall implements EmulatedCall {
  /** The server placed it. */
  readonly direction: "outbound-api" = "outbound-api";
  /** Resolves when the call is over and its last status callback was sent. */
  readonly ended: Promise<void>;
  /** The answered call. */
  caller: SimulatedCaller | undefined;
  /** Status callbacks that failed. */
  readonly problems: string[] = [];

  readonly #request: OutboundRequest;
  readonly #options: SimulatedOutboundCallOptions;
  readonly #webhooks: Webhooks;
  readonly #callSid = newSid("CA");
  #status: CallStatus = "queued";
  #wasCanceled = false;
  readonly #callbacks: StatusCallbacks | undefined;

  /** Rings at once. */
  constructor(request: OutboundRequest, options: SimulatedOutboundCallOptions) {
    this.#request = request;
    this.#options = options;
    this.#webhooks = new Webhooks(options.line);
    this.#callbacks = this.#createCallbacks();
    this.ended = this.#run();
  }

  /** Identifies the call. */
  get callSid(): string {
    return this.#callSid;
  }

  /** The number that calls. */
  get from(): string {
    return this.#request.from;
  }

  /** Who is called. */
  get to(): string {
    return this.#request.to;
  }

  /** As Twilio would tell it now. */
  get status(): CallStatus {
    return this.caller && this.#status === "in-progress" ? this.caller.status : this.#status;
  }

  /** Does what a REST update of the call asks for. Returns false when that cannot be. */
  update(update: CallUpdate): boolean {
    if (this.caller) return this.caller.update(update);
    if (!("status" in update)) return false; // there is nothing to redirect before the call is answered
    this.#wasCanceled = true;
    return true;
  }

  async #run(): Promise<void> {
    const { line, ringMs = 0, outcome = "answered" } = this.#options;
    await this.#enter("initiated", "queued");
    await this.#enter("ringing", "ringing");
    await sleep(line.clock, ringMs);
    if (this.#wasCanceled) return await this.#enter("completed", "canceled");
    if (outcome !== "answered") return await this.#enter("completed", outcome);
    await this.#enter("answered", "in-progress");
    const { form } = this.#request;
    const detection = form.get("MachineDetection");
    const { answeredBy = "human" } = this.#options;
    this.caller = new SimulatedCaller({
      ...this.#options,
      registry: undefined, // the REST API knows this call by its own entry
      callSid: this.#callSid,
      from: this.from,
      to: this.to,
      direction: this.direction,
      answer: this.#request.answer,
      form: { ...this.#options.form, ...(detection ? { AnsweredBy: answeredBy } : {}) },
    });
    this.#options.onAnswered?.(this.caller);
    const report = await this.caller.place();
    await this.#enter("completed", report.status);
  }

  async #enter(event: StatusEvent, status: CallStatus): Promise<void> {
    this.#status = status;
    const told = event === "initiated" ? "initiated" : status;
    await this.#callbacks?.tell(event, told, this.caller?.report().durationMs);
  }

  #createCallbacks(): StatusCallbacks | undefined {
    const { form } = this.#request;
    const { line, forwardedFrom } = this.#options;
    const url = form.get("StatusCallback");
    if (!url) return undefined;
    const { callSid, from, to, direction } = this;
    return new StatusCallbacks({
      clock: line.clock,
      link: { url, method: form.get("StatusCallbackMethod") === "GET" ? "GET" : "POST" },
      events: form.getAll("StatusCallbackEvent"),
      fields: () => {
        const { accountSid } = line;
        return voiceFields({
          accountSid,
          callSid,
          status: this.#status,
          from,
          to,
          direction,
          forwardedFrom,
        });
      },
      send: async (link, fields) => {
        const problem = await this.#webhooks.tell(link, url, fields);
        if (problem) this.problems.push(problem.message);
      },
    });
  }
}
