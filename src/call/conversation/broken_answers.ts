import type { ClientEvent, ItemCreate } from "../../model/events.ts";
import { after, type Clock, type Timer } from "../../util/clock.ts";
import type { Journal } from "../journal/journal.ts";
import type { AnswerAudio } from "./answer_audio.ts";
import type { AnswersOwed } from "./answers_owed.ts";
import { asksForMoment, isQuestion, lastSentence } from "./backchannels.ts";
import type { BargeIn } from "./barge_in.ts";
import type { CallerTurn } from "./caller_turn.ts";
import { BROKEN_OFF, REMINDER } from "./instructions.ts";
import type { OpenInterruption } from "./open_interruption.ts";
import type { ResponseRequest, ResponseSequencer } from "./response_sequencer.ts";

/** The caller's speech, which may be why an answer ended, is told of within this. */
const CALLER_TOLD_WITHIN_MS = 250;
/** Answers to one turn that may break off; the next one is left as it is. */
const MAX_IN_A_ROW = 2;

/** What a broken answer is told by, and asked for again with. */
export interface BrokenAnswerParts {
  clock: Clock;
  journal: Pick<Journal, "transcript">;
  sequencer: Pick<ResponseSequencer, "activeResponseId" | "isAbandoned" | "isIdle" | "request">;
  bargeIn: Pick<BargeIn, "isSilenced">;
  interruption: Pick<OpenInterruption, "isOpen">;
  turn: Pick<CallerTurn, "count" | "isSpeaking">;
  answer: Pick<AnswerAudio, "heardIn" | "hasAnswered">;
  owed: Pick<AnswersOwed, "hasCalled">;
  /** Of the business. */
  language: string | undefined;
  send: (event: ClientEvent) => void;
}

/**
 * Answers that are none, since they lack their end: OpenAI has cancelled them, though neither the caller has
 * spoken nor this program has asked for it; they failed, or met a limit or a filter, in the middle of a
 * sentence or of a function call; or they announced something and did not do it. The caller, who would wait
 * for nothing, gets the rest.
 */
export class BrokenAnswers implements Disposable {
  readonly #parts: BrokenAnswerParts;
  /** The response that began last, and how many turns the caller had begun by then. */
  #begun = { responseId: "", turns: 0 };
  #brokenAtTurn = -1;
  #inARow = 0;
  #timer: Timer | undefined;
  /** The response whose promise it was reminded of last, or that was looked at for one. */
  #remindedOf = "";

  constructor(parts: BrokenAnswerParts) {
    this.#parts = parts;
  }

  /** `response.created`. */
  responseCreated(responseId: string): void {
    this.#timer?.cancel();
    this.#begun = { responseId, turns: this.#parts.turn.count };
  }

  /**
   * True for a response that nobody wanted to end, if it lacks its end. To be asked before it counts as done.
   */
  isBroken(responseId: string): boolean {
    const { sequencer, bargeIn, interruption } = this.#parts;
    return sequencer.activeResponseId === responseId && !sequencer.isAbandoned &&
      !bargeIn.isSilenced(responseId) && !interruption.isOpen && this.#isUndisturbed(responseId);
  }

  /**
   * It does: the rest is asked for.
   * @param request what it was asked for by
   * @param told what the model is told of it
   */
  broke(responseId: string, request: ResponseRequest | undefined, told: ItemCreate = BROKEN_OFF): void {
    if (request?.purpose === "goodbye") return; // sees to itself
    if (!this.#isOnceMore()) return;
    this.#timer = after(
      this.#parts.clock,
      CALLER_TOLD_WITHIN_MS,
      () => this.#askForRest(responseId, request, told),
    );
  }

  /**
   * What to ask for after a response that has failed: the rest of what was heard of it; undefined when
   * nothing was.
   */
  restOf(responseId: string): ResponseRequest | undefined {
    const { answer, send } = this.#parts;
    if (answer.heardIn !== responseId) return undefined;
    send(BROKEN_OFF);
    return { purpose: "resume" };
  }

  /**
   * A response ended at its limit, in the middle of a function call: what it was to do is still to be done.
   */
  callWasCut(): void {
    if (this.#isOnceMore()) this.#parts.sequencer.request({ purpose: "continue" });
  }

  /**
   * Silence: true when the model has said that it will do something, and has called no tool for it. It is
   * told to, once.
   */
  remindsOfPromise(): boolean {
    const { answer, turn, journal, owed, sequencer, send, language } = this.#parts;
    const { heardIn } = answer;
    if (heardIn === this.#remindedOf || turn.count === 0 || !answer.hasAnswered || owed.hasCalled(heardIn)) {
      return false;
    }
    this.#remindedOf = heardIn;
    const text = journal.transcript.lastAnswer;
    // What follows "let me check" in the same breath is what came of it.
    if (isQuestion(text) || !asksForMoment(lastSentence(text), language)) return false;
    send(REMINDER);
    sequencer.request({ purpose: "continue" });
    return true;
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
  }

  #isOnceMore(): boolean {
    const { count } = this.#parts.turn;
    this.#inARow = this.#brokenAtTurn === count ? this.#inARow + 1 : 1;
    this.#brokenAtTurn = count;
    return this.#inARow <= MAX_IN_A_ROW;
  }

  #askForRest(responseId: string, request: ResponseRequest | undefined, told: ItemCreate): void {
    const { sequencer, answer, journal, send } = this.#parts;
    if (!sequencer.isIdle || !this.#isUndisturbed(responseId)) return;
    if (answer.heardIn !== responseId) return sequencer.request(request ?? { purpose: "retry" });
    journal.transcript.note("An answer broke off, and was asked to go on.");
    send(told);
    sequencer.request({ purpose: "resume" });
  }

  #isUndisturbed(responseId: string): boolean {
    const { turn } = this.#parts;
    return this.#begun.responseId === responseId && this.#begun.turns === turn.count && !turn.isSpeaking;
  }
}
