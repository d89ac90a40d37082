import type { TransferTarget } from "../../businesses/business.ts";
import type { Log } from "../../telemetry/log.ts";
import type { MediaStream } from "../../twilio/media_stream.ts";
import type { CallChange } from "../../twilio/rest_call.ts";
import { type Clock, sleep } from "../../util/clock.ts";
import { AppError, messageOf } from "../../util/errors.ts";
import type { CallControl, TakenMessage } from "./call_control.ts";
import { type CallRoute, digitsTwiml, transferTwiml } from "./call_twiml.ts";
import type { EndedCalls } from "./ended_calls.ts";
import type { Playback } from "../playback/playback.ts";
import type { SuspendedCalls } from "./suspended_calls.ts";

/** Once Twilio has confirmed a change, it ends the stream within moments; after this long we close it ourselves. */
export const STOP_WITHIN_MS = 5_000;

/** What controls a call. */
export interface CallControlParts<Suspended> {
  callSid: string;
  route: CallRoute;
  stream: MediaStream;
  playback: Playback;
  /** Changes the call by Twilio's REST API. */
  update: (change: CallChange) => Promise<"updated" | "gone">;
  ended: EndedCalls;
  suspended: SuspendedCalls<Suspended>;
  /** What the conversation needs to go on when the call comes back. */
  suspend: () => Suspended;
  onMessage: (message: TakenMessage) => void;
  clock: Clock;
  log: Log;
}

/**
 * Changes a call in the order that Twilio needs: what was said is heard first, then the REST update, and only when Twilio
 * has confirmed it may the stream end. Closing the stream first would let the old TwiML go on. A call leaves once: of
 * several ways out that are asked for at the same time, the first is taken. Only when that one fails does a hang-up take its
 * turn, so that none is lost.
 */
export class TwilioCallControl<Suspended> implements CallControl {
  readonly #parts: CallControlParts<Suspended>;
  /** The way out that is taken at present. */
  #leaving: Promise<void> | undefined;

  constructor(parts: CallControlParts<Suspended>) {
    this.#parts = parts;
  }

  hangUp(): Promise<void> {
    return this.#leaving?.catch(() => this.hangUp()) ?? this.#leave(() => this.#hangUp());
  }

  async transfer(target: TransferTarget): Promise<void> {
    await this.#leaveFor(transferTwiml(this.#parts.route, target));
  }

  async sendDigits(digits: string): Promise<void> {
    await this.#leaveFor(digitsTwiml(this.#parts.route, digits));
  }

  takeMessage(message: TakenMessage): void {
    this.#parts.onMessage(message);
  }

  async #leaveFor(twiml: string): Promise<void> {
    if (this.#leaving) {
      throw new AppError("call_leaving", "The call is about to end or to be transferred already.");
    }
    await this.#leave(() => this.#redirect(twiml));
  }

  /** Takes a way out, and leaves the others open again when it fails. */
  #leave(way: () => Promise<void>): Promise<void> {
    return this.#leaving = way().catch((error) => {
      this.#leaving = undefined;
      throw error;
    });
  }

  async #hangUp(): Promise<void> {
    const { callSid, playback, ended, stream, update, log } = this.#parts;
    await playback.whenHeard();
    // From here the webhook that asks what comes after the stream gets silence, whichever of the two ways below it is.
    ended.note(callSid, "completed");
    try {
      await update({ status: "completed" });
    } catch (error) {
      // Closing the stream ends the call too: nothing follows it.
      log.warn("hang_up_refused", { message: messageOf(error) });
      return stream.close();
    }
    await this.#closeUnlessStopped();
  }

  async #redirect(twiml: string): Promise<void> {
    const { callSid, playback, suspended, suspend, update } = this.#parts;
    await playback.whenHeard();
    // Before Twilio is told: it may be back at once.
    suspended.put(callSid, suspend());
    try {
      if (await update({ twiml }) === "gone") suspended.drop(callSid);
    } catch (error) {
      suspended.drop(callSid);
      throw error;
    }
    await this.#closeUnlessStopped();
  }

  async #closeUnlessStopped(): Promise<void> {
    const { clock, stream } = this.#parts;
    const deadlineMs = clock.now() + STOP_WITHIN_MS;
    while (!stream.isEnded && clock.now() < deadlineMs) await sleep(clock, 50);
    stream.close();
  }
}
