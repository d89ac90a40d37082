import type { TransferTarget } from "../../businesses/business.ts";
import type { EndedCalls } from "../../call/ended_calls.ts";
import type { Log } from "../../observability/log.ts";
import { after, type Clock, sleep } from "../../util/clock.ts";
import { AppError, messageOf } from "../../util/errors.ts";
import type { CallControl, CallExit, ControlledCall } from "../carrier.ts";
import { callLeaving } from "../control_errors.ts";
import { digitsTwiml, transferTwiml, treatmentTwiml, type TwimlContext } from "./twiml.ts";
import type { CallChange } from "./twilio_rest.ts";
import type { WebhookUrls } from "./webhook_urls.ts";

/** Twilio ends the stream within moments of confirming a change; after this long we close it ourselves. */
export const STOP_WITHIN_MS = 5_000;

/** A caller who is to be put through hears a word when Twilio has not answered after this long. */
export const SLOW_CONTROL_MS = 1_500;
/**
 * A hang-up that Twilio has not confirmed after this long is done by ending the stream, which nothing
 * follows.
 */
export const HANG_UP_WITHIN_MS = 1_500;

/** What the controls of all calls share. */
export interface CallControlServices {
  /** Changes a call by Twilio's REST API. */
  updateCall: (
    accountSid: string,
    callSid: string,
    change: CallChange,
    isMoot: () => boolean,
  ) => Promise<"updated" | "gone">;
  urls: WebhookUrls;
  ended: EndedCalls;
  clock: Clock;
}

/**
 * Changes a live call by Twilio's REST API, in the order that Twilio needs: first the caller hears what was
 * said, then the call is updated, and only when Twilio has confirmed that may the stream end. Closing the
 * stream first would let the old TwiML go on. A call leaves once: when several exits are asked for at a time,
 * the first is taken. A hang-up takes its turn when that one fails, so that none is lost; and a hang-up that
 * was called off does not block others. Source:
 * https://www.twilio.com/docs/voice/tutorials/how-to-modify-calls-in-progress
 */
export class TwilioCallControl implements CallControl {
  readonly #services: CallControlServices;
  readonly #call: ControlledCall;
  readonly #route: TwimlContext;
  readonly #log: Log;
  /** The exit that is being taken, or has been. */
  #leaving: Promise<void> | undefined;
  /** Calls that exit off, if anything may. */
  #callingOff: AbortSignal | undefined;
  #exit: CallExit | undefined;

  constructor(services: CallControlServices, call: ControlledCall, log: Log) {
    this.#services = services;
    this.#call = call;
    this.#route = { urls: services.urls, business: call.business, callerId: call.callerId };
    this.#log = log;
  }

  get exit(): CallExit | undefined {
    return this.#exit;
  }

  hangUp(signal?: AbortSignal): Promise<void> {
    return this.#leaving?.catch(() => this.hangUp(signal)) ?? this.#leave(() => this.#hangUp(signal), signal);
  }

  async transfer(target: TransferTarget, calledOff?: AbortSignal): Promise<void> {
    await this.#leaveFor("transferred", transferTwiml(this.#route, target), calledOff);
  }

  async sendDigits(digits: string, calledOff?: AbortSignal): Promise<void> {
    await this.#leaveFor("suspended", digitsTwiml(this.#route, digits), calledOff);
  }

  async fallBack(): Promise<void> {
    if (this.#leaving) return;
    await this.#leave(async () =>
      void await this.#update({ twiml: treatmentTwiml(this.#route, "fallback") })
    );
  }

  async #leaveFor(exit: CallExit, twiml: string, calledOff: AbortSignal | undefined): Promise<void> {
    // A hang-up that was called off fails in a moment, as whoever wanted it is told; unless Twilio has been
    // asked already.
    while (this.#leaving && this.#callingOff?.aborted && !this.#exit) await this.#leaving.catch(() => {});
    if (this.#leaving) throw callLeaving();
    await this.#leave(() => this.#redirect(exit, twiml, calledOff), calledOff);
  }

  /** Takes an exit. When it fails, others may be taken again. */
  #leave(exit: () => Promise<void>, callingOff?: AbortSignal): Promise<void> {
    this.#callingOff = callingOff;
    return this.#leaving = exit().then(
      () => {
        this.#callingOff = undefined; // too late, whatever Twilio has answered
      },
      (error) => {
        this.#leaving = this.#exit = undefined;
        throw error;
      },
    );
  }

  async #hangUp(signal: AbortSignal | undefined): Promise<void> {
    const { callSid, stream } = this.#call;
    await this.#call.whenHeard(signal);
    signal?.throwIfAborted();
    // From here on, what follows the stream is the call's end, whether Twilio hangs up or we close the
    // stream.
    this.#services.ended.noteHungUp(callSid);
    this.#exit = "agent_hung_up";
    const patience = after(this.#services.clock, HANG_UP_WITHIN_MS, () => stream.close());
    try {
      // The caller hung up first.
      if (await this.#update({ status: "completed" }) === "gone") this.#exit = undefined;
    } catch (error) {
      // Closing the stream ends the call too, since nothing follows it.
      this.#log.warn("hang_up_refused", { message: messageOf(error) });
      return stream.close();
    } finally {
      patience.cancel();
    }
    void this.#closeUnlessStopped();
  }

  async #redirect(exit: CallExit, twiml: string, calledOff: AbortSignal | undefined): Promise<void> {
    const call = this.#call;
    await call.whenHeard(calledOff);
    calledOff?.throwIfAborted();
    if (call.stream.isEnded) {
      throw new AppError("call_over", "The call was over before everything had been heard.");
    }
    // Before Twilio is told: it may be back at once.
    call.suspend();
    this.#exit = exit;
    const patience = after(this.#services.clock, SLOW_CONTROL_MS, () => {
      if (!call.stream.isEnded) call.onSlow();
    });
    try {
      if (await this.#update({ twiml }) === "updated") return void this.#closeUnlessStopped();
    } catch (error) {
      call.forgetSuspended();
      throw error;
    } finally {
      patience.cancel();
    }
    call.forgetSuspended();
    this.#exit = undefined;
    await this.#closeUnlessStopped();
  }

  async #closeUnlessStopped(): Promise<void> {
    const { stream } = this.#call;
    const { clock } = this.#services;
    const deadlineMs = clock.now() + STOP_WITHIN_MS;
    while (!stream.isEnded && clock.now() < deadlineMs) await sleep(clock, 50);
    stream.close();
  }

  #update(change: CallChange): Promise<"updated" | "gone"> {
    const { accountSid, callSid, stream } = this.#call;
    return this.#services.updateCall(accountSid, callSid, change, () => stream.isEnded);
  }
}
