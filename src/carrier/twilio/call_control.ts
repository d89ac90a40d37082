import type { TransferTarget } from "../../businesses/business.ts";
import type { Log } from "../../observability/log.ts";
import type { MediaStream } from "./media_stream.ts";
import type { CallChange } from "./rest_call.ts";
import { type Clock, sleep } from "../../util/clock.ts";
import { AppError, messageOf } from "../../util/errors.ts";
import type { CallControl, CallExit, TakenMessage } from "../call_control.ts";
import { type CallRoute, digitsTwiml, transferTwiml, wayOutTwiml } from "./call_twiml.ts";
import type { EndedCalls } from "../../call/ended_calls.ts";
import type { Playback } from "../../call/playback/playback.ts";
import type { SuspendedCall, SuspendedCalls } from "../../call/suspended_calls.ts";

/** Once Twilio has confirmed a change, it ends the stream within moments; after this long we close it ourselves. */
export const STOP_WITHIN_MS = 5_000;

const CALL_LEAVING = "call_leaving";

/** True for what a way out is refused with while the call takes another one, or that one already. */
export function isCallLeaving(error: unknown): boolean {
  return error instanceof AppError && error.code === CALL_LEAVING;
}

/** What controls a call. */
export interface CallControlParts {
  callSid: string;
  route: CallRoute;
  stream: MediaStream;
  playback: Playback;
  /** Changes the call by Twilio's REST API. */
  update: (change: CallChange) => Promise<"updated" | "gone">;
  ended: EndedCalls;
  suspended: SuspendedCalls;
  /** What the call needs to go on when it comes back. */
  suspend: () => SuspendedCall;
  onMessage: (message: TakenMessage) => void;
  clock: Clock;
  log: Log;
}

/**
 * Changes a call in the order that Twilio needs: what was said is heard first, then the REST update, and only when Twilio
 * has confirmed it may the stream end. Closing the stream first would let the old TwiML go on. A call leaves once: of
 * several ways out that are asked for at the same time, the first is taken. Only when that one fails does a hang-up take its
 * turn, so that none is lost; and a hang-up that has been called off stands in the way of nothing.
 */
export class TwilioCallControl implements CallControl {
  readonly #parts: CallControlParts;
  /** The way out that is taken at present. */
  #leaving: Promise<void> | undefined;
  /** What calls that off, if anything may. */
  #callingOff: AbortSignal | undefined;
  #exit: CallExit | undefined;

  constructor(parts: CallControlParts) {
    this.#parts = parts;
  }

  get exit(): CallExit | undefined {
    return this.#exit;
  }

  hangUp(signal?: AbortSignal): Promise<void> {
    return this.#leaving?.catch(() => this.hangUp(signal)) ?? this.#leave(() => this.#hangUp(signal), signal);
  }

  async transfer(target: TransferTarget): Promise<void> {
    await this.#leaveFor("transferred", transferTwiml(this.#parts.route, target));
  }

  async sendDigits(digits: string): Promise<void> {
    await this.#leaveFor("suspended", digitsTwiml(this.#parts.route, digits));
  }

  /**
   * Gives the caller the business's fallback at once, whatever the stream still holds; unless the call is on its way out
   * already. Does not end the stream: Twilio does, or may be unable to.
   * @throws {AppError} when Twilio refuses
   */
  async fallBack(): Promise<void> {
    if (this.#leaving) return;
    const { route, update } = this.#parts;
    await this.#leave(async () => void await update({ twiml: wayOutTwiml(route, "fallback") }));
  }

  takeMessage(message: TakenMessage): void {
    this.#parts.onMessage(message);
  }

  async #leaveFor(exit: CallExit, twiml: string): Promise<void> {
    // What has been called off notices it in a moment, unless Twilio has been asked already.
    while (this.#leaving && this.#callingOff?.aborted && !this.#exit) await this.#leaving.catch(() => {});
    if (this.#leaving) {
      throw new AppError(CALL_LEAVING, "The call is about to end or to be transferred already.");
    }
    await this.#leave(() => this.#redirect(exit, twiml));
  }

  /** Takes a way out, and leaves the others open again when it fails. */
  #leave(way: () => Promise<void>, callingOff?: AbortSignal): Promise<void> {
    this.#callingOff = callingOff;
    return this.#leaving = way().then(
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
    const { callSid, playback, ended, stream, update, log } = this.#parts;
    await playback.whenHeard(signal);
    signal?.throwIfAborted();
    // From here the webhook that asks what comes after the stream gets silence, whichever of the two ways below it is.
    ended.note(callSid, "completed");
    this.#exit = "agent_hung_up";
    try {
      if (await update({ status: "completed" }) === "gone") this.#exit = undefined; // somebody else was first
    } catch (error) {
      // Closing the stream ends the call too: nothing follows it.
      log.warn("hang_up_refused", { message: messageOf(error) });
      return stream.close();
    }
    void this.#closeUnlessStopped();
  }

  async #redirect(exit: CallExit, twiml: string): Promise<void> {
    const { callSid, playback, stream, suspended, suspend, update } = this.#parts;
    await playback.whenHeard();
    if (stream.isEnded) {
      throw new AppError("call_over", "The call was over before everything had been heard.");
    }
    // Before Twilio is told: it may be back at once.
    suspended.put(callSid, suspend());
    this.#exit = exit;
    try {
      if (await update({ twiml }) === "updated") return void this.#closeUnlessStopped();
    } catch (error) {
      suspended.drop(callSid);
      throw error;
    }
    suspended.drop(callSid);
    this.#exit = undefined;
    await this.#closeUnlessStopped();
  }

  async #closeUnlessStopped(): Promise<void> {
    const { clock, stream } = this.#parts;
    const deadlineMs = clock.now() + STOP_WITHIN_MS;
    while (!stream.isEnded && clock.now() < deadlineMs) await sleep(clock, 50);
    stream.close();
  }
}
