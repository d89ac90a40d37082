import { callFaults } from "../call/calls_summary.ts";
import type { CallEvent, CallReport } from "../twilio/call_report.ts";
import { SimulatedCaller } from "../twilio/simulated_caller.ts";
import type { Line } from "../twilio/line.ts";
import type { CallerHangUp } from "../twilio/media_leg.ts";
import { CallerSpeech } from "../twilio/caller_speech.ts";
import type { Run } from "../twilio/player.ts";
import { type Clock, sleep, type Timer } from "../../util/clock.ts";

/** What each caller says when it is its turn. All share it. */
const SENTENCE = CallerSpeech.tone(440, 1000);
/** Silence that the default business lets pass before a turn counts as complete; part of no latency. */
const TURN_SILENCE_MS = 500;
/** So long after its last audio an answer is over. */
const PLAYED_MS = 300;
/** A caller who waits longer for an answer has heard none. */
const PATIENCE_MS = 10_000;

/** So far into an answer a caller interrupts it, or hangs up. */
const CUT_AFTER_MS = 1_000;

/** How a caller of a load behaves. */
export interface Manners {
  /** Speaks into every other answer, instead of hearing each out. Default false. */
  interrupts?: boolean;
  /**
   * Ends the call in the middle of an answer, in this way. Default: hears the last one out, and ends in good
   * order.
   */
  hangsUp?: CallerHangUp;
  /** So long after its last audio an answer is over. Default 300. */
  quietMs?: number;
}

/** One turn of a caller. Times are of the line's clock. */
export interface TalkedTurn {
  /** When the caller began to speak, or would have, had there been a stream. */
  beganMs: number;
  /** When the answer was first heard; undefined: it was not. */
  answeredMs: number | undefined;
}

/** One call of a load, and what is kept of it. */
export interface TalkedCall {
  report: CallReport;
  /** From the frame that completed a turn to the first frame of the answer, for each turn. */
  answersMs: number[];
  /** All turns, in order. */
  turns: TalkedTurn[];
  /** Turns, the greeting included, that nothing came back to. */
  unanswered: number;
  /** Answers, the greeting included, that were heard from beginning to end. */
  heardOut: number;
  /** Answers that the caller spoke or hung up into. */
  cutOff: number;
}

/**
 * One caller who listens to the whole greeting, says a sentence, listens to the whole answer, and so on.
 * Unless its manners say otherwise it is quiet while an answer plays, so that nothing is interrupted and all
 * that the model said must arrive. Hangs up after the answer during which `untilMs` passes.
 */
export class TalkingCaller {
  readonly #caller: SimulatedCaller;
  readonly #clock: Clock;
  readonly #manners: Manners;
  readonly #answersMs: number[] = [];
  readonly #turnsTaken: TalkedTurn[] = [];
  #placedMs = 0;
  #unanswered = 0;
  #heardOut = 0;
  #cutOff = 0;
  #onAudio: (() => void) | undefined;
  #patience: Timer | undefined;

  constructor(line: Line, onConnected: () => void = () => {}, manners: Manners = {}) {
    this.#clock = line.clock;
    this.#manners = manners;
    this.#caller = new SimulatedCaller({
      line,
      maxHeardBytes: 0,
      onEvent: ({ event }) => {
        if (event === "stream_started") onConnected();
        if (event === "audio_started") this.#onAudio?.();
      },
    });
  }

  /** What happened so far, in order. */
  get events(): readonly CallEvent[] {
    return this.#caller.events;
  }

  /** What was heard, in runs without a gap. */
  get runs(): readonly Run[] {
    return this.#caller.player.runs;
  }

  /** From when on `events` count, by the line's clock. */
  get placedMs(): number {
    return this.#placedMs;
  }

  /** @param untilMs tells when the last turn may begin; asked before each */
  async talk(untilMs: () => number): Promise<TalkedCall> {
    const greeting = this.#audio();
    this.#placedMs = this.#clock.now();
    const over = this.#caller.place();
    const talking = this.#turns(greeting, untilMs);
    const report = await Promise.race([over, talking.then(() => undefined)]);
    this.#caller.hangUp(this.#manners.hangsUp);
    this.#patience?.cancel(); // of a call that was broken off
    return {
      report: report ?? await over,
      answersMs: this.#answersMs,
      turns: this.#turnsTaken,
      unanswered: this.#unanswered,
      heardOut: this.#heardOut,
      cutOff: this.#cutOff,
    };
  }

  async #turns(greeting: Promise<boolean>, untilMs: () => number): Promise<void> {
    await this.#hearOut(greeting);
    for (let turn = 1; !this.#caller.isOver && this.#clock.now() < untilMs(); turn++) {
      await this.#turn(this.#manners.interrupts === true && turn % 2 === 0);
    }
    if (this.#manners.hangsUp !== undefined && !this.#caller.isOver) await this.#turn(true);
  }

  /** Says a sentence and listens to the answer: to its end, or only to its beginning. */
  async #turn(isCutOff: boolean): Promise<void> {
    const turn: TalkedTurn = { beganMs: this.#clock.now(), answeredMs: undefined };
    this.#turnsTaken.push(turn);
    const answer = this.#audio(SENTENCE.durationMs);
    const said = await this.#say();
    if (await answer) turn.answeredMs = this.#heardAtMs;
    const came = await (isCutOff ? this.#hearBeginning(answer) : this.#hearOut(answer));
    if (came) this.#answersMs.push(this.#heardAtMs - said - TURN_SILENCE_MS);
  }

  /** Resolves with the time when the last frame of the sentence was sent. */
  #say(): Promise<number> {
    return new Promise((resolve) => this.#caller.speech.say(SENTENCE, () => resolve(this.#clock.now())));
  }

  #heardAtMs = 0;

  /** Resolves to whether audio came in time. */
  #audio(extraMs = 0): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#patience = this.#clock.at(this.#clock.now() + extraMs + PATIENCE_MS, () => {
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
    const { quietMs = PLAYED_MS } = this.#manners;
    for (let leftMs = 0; came && (leftMs = player.endMs + quietMs - this.#clock.now()) > 0;) {
      await sleep(this.#clock, leftMs);
    }
    if (came) this.#heardOut++;
    return came;
  }

  async #hearBeginning(audio: Promise<boolean>): Promise<boolean> {
    const came = await audio;
    if (came) {
      await sleep(this.#clock, CUT_AFTER_MS);
      this.#cutOff++;
    }
    return came;
  }
}

/** Reasons that a process of callers tells at most. */
export const MAX_FAULTS = 5;

/** Why a call of a load counts as failed; empty for a good one. */
export function talkFaults({ report, unanswered }: TalkedCall): string[] {
  return [
    ...callFaults(report),
    ...unanswered > 0 ? [`${unanswered} turns were not answered`] : [],
    ...report.endedBy === "caller" ? [] : [`ended by the ${report.endedBy}`],
  ];
}
