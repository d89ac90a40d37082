import type { ServerEvent } from "../../model/events.ts";
import type { HoldTurns } from "../hold/hold_turns.ts";
import type { AnswersOwed } from "./answers_owed.ts";
import type { BargeIn } from "./barge_in.ts";
import type { CallTimers } from "./call_timers.ts";
import type { FunctionCalls } from "./function_calls.ts";
import type { Goodbye } from "./goodbye.ts";
import type { OpenInterruption } from "./open_interruption.ts";
import type { ResponseSequencer } from "./response_sequencer.ts";
import type { StalledSessions } from "./handover.ts";

type TurnBegan = Extract<ServerEvent, { type: "input_audio_buffer.speech_started" }>;
type TurnEnded = Extract<ServerEvent, { type: "input_audio_buffer.speech_stopped" }>;

/** Who is told of the caller's turns. */
export interface CallerTurnParts {
  readonly timers: Pick<
    CallTimers,
    "isNoise" | "isWordless" | "callerStarted" | "callerStopped" | "turnLost"
  >;
  readonly bargeIn: Pick<BargeIn, "speechStarted" | "speechStopped">;
  readonly interruption: Pick<OpenInterruption, "speechStarted" | "speechStopped" | "isOpen">;
  readonly goodbye: Pick<Goodbye, "callOff">;
  readonly sequencer: Pick<ResponseSequencer, "callerStarted">;
  readonly functions: Pick<FunctionCalls, "turnBegan">;
  readonly owed: Pick<AnswersOwed, "turnTooLong" | "turnForgotten">;
  readonly holdTurns: Pick<HoldTurns, "over">;
  readonly stalledSessions: Pick<StalledSessions, "served">;
  /** True while what plays must not be interrupted. */
  readonly isProtected: boolean;
}

/**
 * The caller's turn, as voice detection has it: it begins, and ends by itself, by its commit, by being too
 * long, or with its session. Tells everybody in the one right order.
 */
export class CallerTurn {
  readonly #parts: CallerTurnParts;
  #isSpeaking = false;
  /** It has been answered, although nobody said that it was over. */
  #isAnswered = false;
  /** It is over, and what was said still lies in the model's input buffer, where no answer sees it. */
  #isUncommitted = false;
  #lastId = "";
  #count = 0;

  constructor(parts: CallerTurnParts) {
    this.#parts = parts;
  }

  /** True from the beginning of a turn to its end. */
  get isSpeaking(): boolean {
    return this.#isSpeaking;
  }

  /** True from the end of a turn until the model says that it has taken it in. */
  get isUncommitted(): boolean {
    return this.#isUncommitted;
  }

  /** Turns that have begun. */
  get count(): number {
    return this.#count;
  }

  /** The item of the turn that ended last; empty before the first. */
  get lastId(): string {
    return this.#lastId;
  }

  /** `speech_started`. */
  began(event: TurnBegan): void {
    const { timers, bargeIn, interruption, goodbye, sequencer, holdTurns, isProtected } = this.#parts;
    if (timers.isNoise) return;
    this.#count++;
    this.#isSpeaking = true;
    this.#isAnswered = this.#isUncommitted = false;
    holdTurns.over();
    interruption.speechStarted(event, isProtected);
    if (!interruption.isOpen && !timers.isWordless) goodbye.callOff();
    sequencer.callerStarted();
    timers.callerStarted();
    bargeIn.speechStarted(event.audio_start_ms);
  }

  /** `speech_stopped`. */
  ended(event: TurnEnded): void {
    const { functions, interruption } = this.#parts;
    this.#lastId = event.item_id ?? "";
    this.#isUncommitted = true;
    functions.turnBegan();
    this.#over(event.audio_end_ms);
    interruption.speechStopped(event);
  }

  /** `committed`. The turn's end has been told already, unless that event was lost. */
  committed(): void {
    this.#isUncommitted = false;
    if (this.#isSpeaking) this.#over();
  }

  /** The item of a turn: it has been committed, whoever said so. */
  itemAdded(itemId: string): void {
    if (itemId === this.#lastId) this.#isUncommitted = false;
  }

  /** The model answers a turn. */
  answered(): void {
    this.#isUncommitted = false;
    if (this.#isSpeaking) this.#isAnswered = true;
  }

  /** The caller is silent, and nobody has said that the turn is over. */
  forgotten(): void {
    const { timers, bargeIn, interruption, owed } = this.#parts;
    if (!this.#isAnswered) return owed.turnForgotten();
    this.#isSpeaking = false;
    timers.turnLost();
    bargeIn.speechStopped();
    interruption.speechStopped({});
  }

  /** It goes on for longer than anybody speaks. `time` counts such turns in a row from 1. */
  tooLong(time: number): void {
    const { bargeIn, owed } = this.#parts;
    this.#isSpeaking = false;
    bargeIn.speechStopped();
    owed.turnTooLong(time);
  }

  /** Its session is gone. */
  lost(): void {
    this.#isSpeaking = this.#isUncommitted = false;
    this.#parts.timers.turnLost();
  }

  #over(audioEndMs?: number): void {
    const { stalledSessions, timers, bargeIn } = this.#parts;
    this.#isSpeaking = false;
    stalledSessions.served();
    timers.callerStopped();
    bargeIn.speechStopped(audioEndMs);
  }
}
