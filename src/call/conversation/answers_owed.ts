import type { ClientEvent, ServerEvent } from "../../model/events.ts";
import { RealtimeError } from "../../model/realtime_error.ts";
import type { Log } from "../../observability/log.ts";
import { shorten } from "../../util/cut_text.ts";
import type { AnswerAudio } from "./answer_audio.ts";
import type { BargeIn } from "./barge_in.ts";
import { MAX_UNNOTICED } from "./call_timers.ts";
import { itemDelete, responseCancel } from "./client_events.ts";
import type { FunctionCalls } from "./function_calls.ts";
import { aloud, LINES } from "./instructions.ts";
import type { ResponseRequest, ResponseSequencer } from "./response_sequencer.ts";
import { joined, onlyWrittenIn, writtenIn } from "./written_text.ts";

/** After waiting this often in vain for an answer, a new session is tried; after once more, the call ends. */
const REPLACE_AT_ATTEMPT = 2;
/** A second sound of the caller that the session does not notice shows that it does not listen. */
const REPLACE_AT_UNNOTICED = MAX_UNNOTICED;
/**
 * Answers in a row that nobody can hear: asked again twice, then in another session; one more, and the call
 * ends.
 */
const REPLACE_AT_UNHEARD = 3;
/** Longest text that the model is told to say, in characters: what is longer is not spoken in one go. */
const MAX_ALOUD_CHARS = 4_000;

/** What answers are owed by, and waited for with. */
export interface AnswersOwedParts {
  sequencer: ResponseSequencer;
  bargeIn: Pick<BargeIn, "disown" | "isSilenced">;
  answer: Pick<AnswerAudio, "responseId" | "heardIn" | "isUnfinished" | "finish">;
  functions: Pick<FunctionCalls, "responseDone">;
  /** The caller's last turn, see `CallerTurn`. */
  turn: { readonly isUncommitted: boolean; committed(): void };
  log: Log;
  send: (event: ClientEvent) => void;
  /** Changes the session for another one. */
  replaceSession: (error: RealtimeError) => void;
  onUnavailable: (error: RealtimeError) => void;
}

type Response = Extract<ServerEvent, { type: "response.done" }>["response"];

/**
 * The answers that the caller is owed. An answer is something that the caller got: one that does not come,
 * does not go on, or ends without a sound is still owed, and is asked for again, then in another session,
 * until the call is given up.
 */
export class AnswersOwed {
  readonly #parts: AnswersOwedParts;
  /** The response that called a tool last. */
  #calledIn = "";
  #unheardInARow = 0;

  constructor(parts: AnswersOwedParts) {
    this.#parts = parts;
  }

  /**
   * True while the model is at work on a response, and may take its time: it has begun one, and is not in the
   * middle of a sentence. A response goes on after what it says, with thoughts and calls of tools.
   */
  get isThinking(): boolean {
    const { sequencer, answer } = this.#parts;
    return sequencer.activeResponseId !== undefined && !sequencer.isAbandoned && !answer.isUnfinished;
  }

  /** True when a tool was called in a response: what it gives is answered. */
  hasCalled(responseId: string): boolean {
    return responseId !== "" && responseId === this.#calledIn;
  }

  /** The model has called a tool, which is as good as an answer. */
  called(responseId: string): void {
    this.#calledIn = responseId;
  }

  /**
   * True for a response that ended in good order, and that the caller has got nothing of. To be asked before
   * it counts as done.
   */
  isUnheard({ id = "" }: Response, status: string): boolean {
    const { sequencer, answer, bargeIn } = this.#parts;
    if (status !== "completed" && status !== "incomplete") return false;
    if (id === answer.heardIn || id === this.#calledIn || bargeIn.isSilenced(id)) return false;
    const active = sequencer.activeResponseId;
    return (active === undefined || active === id) && !sequencer.isAbandoned;
  }

  /** A response was heard, and has written something beside what it said: the caller is owed that, too. */
  partlyWritten(response: Response, request: ResponseRequest | undefined): void {
    const { sequencer, answer, bargeIn, log } = this.#parts;
    const { id = "" } = response;
    if (id !== answer.heardIn || id === this.#calledIn || bargeIn.isSilenced(id)) return;
    if (request && ["goodbye", "filler", "retry"].includes(request.purpose)) return;
    const written = onlyWrittenIn(response);
    const text = joined(written);
    if (text === "") return;
    log.warn("answer_unheard", { times: 1, status: response.status, items: written.length });
    this.#forget(written);
    sequencer.request({ purpose: "retry", instructions: aloud(shorten(text, MAX_ALOUD_CHARS)) });
  }

  /** An answer ended as answers do. */
  heard(): void {
    this.#unheardInARow = 0;
  }

  /**
   * A response gave the caller nothing: it is asked for again at once, as speech.
   * @param request what it was asked for by; undefined for one that answered the caller's turn
   */
  unheard(response: Response, request: ResponseRequest | undefined): void {
    const { sequencer, log, replaceSession, onUnavailable } = this.#parts;
    if (request?.purpose === "filler") return; // what it was to bridge goes on
    const time = ++this.#unheardInARow;
    const written = writtenIn(response);
    log.warn("answer_unheard", { times: time, status: response.status, items: response.output?.length ?? 0 });
    if (time > REPLACE_AT_UNHEARD) {
      return onUnavailable(modelSilent("The model gives answers that nobody can hear."));
    }
    this.#forget(written);
    const text = shorten(joined(written), MAX_ALOUD_CHARS);
    const instructions = text ? aloud(text) : time > 1 ? LINES.unheardAnswer : undefined;
    sequencer.request(
      request?.instructions ? request : { purpose: "retry", ...request, ...instructions && { instructions } },
    );
    if (time === REPLACE_AT_UNHEARD) {
      replaceSession(modelSilent("The session gives answers that nobody can hear."));
    }
  }

  /** An answer did not come in time, or does not go on. `attempt` counts from 1 until one does. */
  missing(attempt: number): void {
    const { sequencer, answer, log, replaceSession, onUnavailable } = this.#parts;
    log.warn("no_answer", { attempt });
    const message = "The model did not answer in time.";
    if (attempt > REPLACE_AT_ATTEMPT) return onUnavailable(modelSilent(message));
    const active = sequencer.activeResponseId;
    // All of it was heard, and only its end has got lost.
    const isHeardOut = active === answer.responseId && !answer.isUnfinished;
    if (active !== undefined && isHeardOut && !sequencer.isAbandoned) return this.endUnseen(active);
    if (attempt === REPLACE_AT_ATTEMPT) return replaceSession(modelSilent(message));
    // A session that has not even reacted to what it was asked is asked no more.
    if (!sequencer.isUnconfirmed) this.#askAgain(active);
  }

  /** A response is over, although nobody said so. */
  endUnseen(responseId: string): void {
    const { functions, sequencer } = this.#parts;
    functions.responseDone(responseId, "completed");
    sequencer.done(responseId, "completed");
  }

  /** The caller has said something that voice detection has not noticed. */
  unnoticed(time: number): void {
    const { sequencer, log, replaceSession } = this.#parts;
    log.warn("caller_unnoticed", { time });
    if (time === REPLACE_AT_UNNOTICED) {
      return replaceSession(modelSilent("The session does not notice the caller."));
    }
    sequencer.request({ purpose: "prompt", instructions: LINES.unnoticed });
  }

  /** A turn of the caller is over, and does not end. */
  turnForgotten(): void {
    this.#parts.replaceSession(modelSilent("A turn of the caller did not end."));
  }

  /**
   * A turn goes on without a pause for longer than anybody speaks: music, or noise. The first time the model
   * is to answer what it has heard; from then on what is heard is no turn, and the line counts as silent.
   */
  turnTooLong(time: number): void {
    const { sequencer, log, send } = this.#parts;
    log.warn("turn_too_long", { time });
    send({ type: time === 1 ? "input_audio_buffer.commit" : "input_audio_buffer.clear" });
    sequencer.callerIgnored();
    if (time === 1) sequencer.request({ purpose: "continue" });
  }

  /**
   * Nobody has heard these: the model must not think so, nor take to writing because it has written before.
   */
  #forget(written: readonly { readonly id: string }[]): void {
    for (const { id } of written) if (id) this.#parts.send(itemDelete(id));
  }

  /**
   * The active response, if there is one, does not go on: it is given up, and what it was to say is asked for
   * again.
   */
  #askAgain(active: string | undefined): void {
    const { sequencer, answer, bargeIn, turn, send } = this.#parts;
    if (turn.isUncommitted) {
      send({ type: "input_audio_buffer.commit" }); // else it is not what is answered
      turn.committed();
    }
    const request = sequencer.activeRequest;
    let again: ResponseRequest = request ?? { purpose: "retry" };
    if (active !== undefined) {
      const isHeard = active === answer.responseId;
      if (isHeard && request?.purpose !== "goodbye") {
        again = { purpose: "handover", instructions: LINES.handover, onDone: request?.onDone };
      }
      if (isHeard) answer.finish();
      bargeIn.disown(active);
      sequencer.abandon();
      send(responseCancel(active));
    } else if (sequencer.isBlocked) send(responseCancel("")); // by a response that nobody has told of
    sequencer.callerIgnored();
    sequencer.request(again);
  }
}

/** The session lives, and the model does not do what it should. */
export function modelSilent(message: string): RealtimeError {
  return new RealtimeError("retryable", "model_silent", message);
}
