import type { CallReport } from "../../emulator/twilio/call_report.ts";
import { Caller } from "../../emulator/twilio/caller.ts";
import type { Line } from "../../emulator/twilio/line.ts";
import { Speech } from "../../emulator/twilio/speech.ts";
import { type Clock, sleep, type Timer } from "../../util/clock.ts";

/** What each caller says when it is its turn. All share it. */
const SENTENCE = Speech.tone(440, 1000);
/** Silence that the default business lets pass before a turn counts as complete; part of no latency. */
const TURN_SILENCE_MS = 500;
/** So long after its last audio an answer is over. */
const PLAYED_MS = 300;
/** A caller who waits longer for an answer has heard none. */
const PATIENCE_MS = 10_000;

/** One call of a load, and what is kept of it. */
export interface TalkedCall {
  report: CallReport;
  /** From the frame that completed a turn to the first frame of the answer, for each turn. */
  answersMs: number[];
  /** Turns, the greeting included, that nothing came back to. */
  unanswered: number;
}

/**
 * One caller who hears the greeting out, says a sentence, hears the answer out, and so on; quiet while an answer plays, so
 * that nothing is interrupted and all that the model said must arrive. Hangs up after the answer during which `untilMs` passes.
 */
export class TalkingCaller {
  readonly #caller: Caller;
  readonly #clock: Clock;
  readonly #answersMs: number[] = [];
  #unanswered = 0;
  #onAudio: (() => void) | undefined;

  constructor(line: Line, onConnected: () => void) {
    this.#clock = line.clock;
    this.#caller = new Caller({
      line,
      maxHeardBytes: 0,
      onEvent: ({ event }) => {
        if (event === "stream_started") onConnected();
        if (event === "audio_started") this.#onAudio?.();
      },
    });
  }

  /** @param untilMs tells when the last turn may begin; asked before each */
  async talk(untilMs: () => number): Promise<TalkedCall> {
    const greeting = this.#audio();
    const over = this.#caller.place();
    const talking = this.#turns(greeting, untilMs);
    const report = await Promise.race([over, talking.then(() => undefined)]);
    this.#caller.hangUp();
    return { report: report ?? await over, answersMs: this.#answersMs, unanswered: this.#unanswered };
  }

  async #turns(greeting: Promise<boolean>, untilMs: () => number): Promise<void> {
    await this.#hearOut(greeting);
    while (!this.#caller.isOver && this.#clock.now() < untilMs()) {
      const answer = this.#audio(SENTENCE.durationMs);
      const said = await this.#say();
      if (await this.#hearOut(answer)) this.#answersMs.push(this.#heardAtMs - said - TURN_SILENCE_MS);
    }
  }

  /** Resolves with the time when the last frame of the sentence was sent. */
  #say(): Promise<number> {
    return new Promise((resolve) => this.#caller.mouth.say(SENTENCE, () => resolve(this.#clock.now())));
  }

  #heardAtMs = 0;

  /** Resolves to whether audio came in time. */
  #audio(extraMs = 0): Promise<boolean> {
    return new Promise((resolve) => {
      const timer: Timer = this.#clock.at(this.#clock.now() + extraMs + PATIENCE_MS, () => {
        this.#unanswered++;
        resolve(false);
      });
      this.#onAudio = () => {
        this.#onAudio = undefined;
        this.#heardAtMs = this.#clock.now();
        timer.cancel();
        resolve(true);
      };
    });
  }

  async #hearOut(audio: Promise<boolean>): Promise<boolean> {
    const came = await audio;
    const { player } = this.#caller;
    for (let leftMs = 0; came && (leftMs = player.endMs + PLAYED_MS - this.#clock.now()) > 0;) {
      await sleep(this.#clock, leftMs);
    }
    return came;
  }
}
