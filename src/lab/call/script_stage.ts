import type { SimulatedCaller } from "../twilio/simulated_caller.ts";
import type { CallEvent } from "../twilio/call_report.ts";
import { BYTES_PER_MS } from "../../audio/mulaw.ts";
import type { Run } from "../twilio/player.ts";
import type { CallerSpeech } from "../twilio/caller_speech.ts";
import { type Clock, sleep } from "../../util/clock.ts";

/** A line of a script that was not met: what was seen instead. */
export class Unmet extends Error {
  override readonly name = "Unmet";
}

/** What a script's lines act on: one call, its clock, and what the lines before did. */
export class Stage {
  /** When the caller last began to say something; undefined before. */
  spokeMs: number | undefined;

  constructor(readonly caller: SimulatedCaller, readonly clock: Clock) {}

  /** Says something and waits until it is said. */
  async speak(speech: CallerSpeech): Promise<void> {
    this.spokeMs = this.clock.now();
    let isSaid = false;
    this.caller.speech.say(speech, () => isSaid = true);
    if (!await this.caller.until(() => isSaid, speech.durationMs + 2000)) {
      throw new Unmet("the call ended before it was said");
    }
  }

  async pause(ms: number): Promise<void> {
    await sleep(this.clock, ms);
  }

  /**
   * Waits for a condition and returns how long that took; throws {@link Unmet} with what `seen` says then.
   */
  async waitFor(condition: () => boolean, withinMs: number, seen: () => string): Promise<number> {
    const startMs = this.clock.now();
    if (!await this.caller.until(condition, withinMs)) {
      throw new Unmet(this.caller.isOver ? `the call is over; ${seen()}` : seen());
    }
    return Math.round(this.clock.now() - startMs);
  }

  /** What was said of each event of a kind so far. */
  eventDetails(kind: CallEvent["event"]): string[] {
    return this.caller.events.filter(({ event }) => event === kind).map(({ detail = "" }) => detail);
  }

  get isHearing(): boolean {
    return this.#endMs > this.clock.now();
  }

  /** When the last that is to be heard will have been, of the stream, of Twilio, or of who was dialled. */
  get #endMs(): number {
    return Math.max(this.caller.player.endMs, this.caller.offStream.endMs);
  }

  /** How long nothing has been heard, in milliseconds; infinite while nothing ever was. */
  get silentMs(): number {
    return Math.max(0, this.clock.now() - this.#endMs);
  }

  get heardMs(): number {
    return this.#playedMs + this.caller.offStream.playedBytes(this.clock.now()) / BYTES_PER_MS;
  }

  /** Of streams alone. */
  get #playedMs(): number {
    return this.caller.player.playedBytes(this.clock.now()) / BYTES_PER_MS;
  }

  /** How much of the audio that plays now has been heard; 0 while none plays. */
  get heardOfAnswerMs(): number {
    const run: Run | undefined = this.caller.player.runs.at(-1);
    if (!run || this.caller.player.endMs <= this.clock.now()) return 0;
    return this.#playedMs - run.firstByte / BYTES_PER_MS;
  }
}
