import type { Business } from "../../businesses/business.ts";

/*
 * Every state of a talk has a deadline, and a way on that the caller hears. What lasts is bounded here, or
 * where it is named:
 *
 *   state                       deadline                             then
 *   connecting, first session   SECOND_ATTEMPT_AFTER_MS              a second attempt beside the first
 *   or session lost             connectWithinSeconds; where OpenAI   the fallback
 *                               refuses for its load,
 *                               REFUSED_PATIENCE_MS
 *   listening                   silencePromptSeconds                 the model asks who is there
 *   caller heard by us alone    UNNOTICED_AFTER_MS                   the model asks what was said
 *   caller speaking             turn's own silence                   another session, which asks to repeat
 *                               LONGEST_TURN_MS                      what was heard is answered; from the
 *                                                                    second on the silence rules hold
 *   no answer begun             answerWithinSeconds                  answerPatienceMs(): asked again, another
 *                                                                    session, the fallback
 *   thinking                    2.4 answerWithinSeconds without a    the same
 *                               sign, LONGEST_WORK_MS with signs
 *   answering, amid a sentence  answerWithinSeconds without a sign   the same
 *   answer complete, not ended  that of thinking                     it counts as ended
 *   answer without a sound      none                                 asked for as speech; then as above
 *   tool running                the tool's time-out                  the model is told, and says so
 *   rate limit                  RATE_LIMIT_DELAYS_MS                 asked again; the fallback
 *   request refused             none                                 asked again once; then as with no answer
 *                                                                    begun
 *   response failed             none                                 asked again, another session, the
 *                                                                    fallback
 *   request held                that of the answer before it         the same
 *   goodbye                     that of any answer                   the same: never a hang-up without words
 *   goodbye under a long turn   GOODBYE_GRACE_MS                     it is said into the turn
 *   transfer, key tones         SLOW_CONTROL_MS (call_control.ts)    a word; after the last attempt the model
 *                                                                    goes on
 *   hang-up                     HANG_UP_WITHIN_MS (call_control.ts)  our side ends the stream, and the call
 *
 * And in all of them: holdAfterMs() without a sound, and the caller hears a sentence or the hold sound.
 */

/**
 * What a caller who does not speak waits for: a session, an answer, something else with a time-out of its
 * own, or nothing.
 */
export type AwaitedByCaller = "session" | "answer" | "something" | "nothing";

/**
 * A caller who waits for something and has heard nothing for this long hears the hold sound or a sentence,
 * again and again.
 */
const HOLD_AFTER_MS = 4_000;
/** The same while there is no session: the line has been picked up, and nobody is there. */
const HOLD_CONNECTING_MS = 2_000;
/** How long an answer may be awaited, when nothing is heard, until the first sentence to the caller. */
export const FIRST_WORDS_MS = 2_000;

/** How long a caller who waits may hear nothing. */
export function holdAfterMs(awaited: AwaitedByCaller): number {
  return awaited === "session" ? HOLD_CONNECTING_MS : HOLD_AFTER_MS;
}

/** The longest turn of a caller without a pause that voice detection knows. */
export const LONGEST_TURN_MS = 60_000;
/** A turn that is silent for so much longer than voice detection needs to end it has been forgotten. */
const TURN_SLACK_MS = 4_500;
/** Speech that the model has not noticed for so long, and that is over. */
export const UNNOTICED_AFTER_MS = 4_000;
/** Longest silence that a semantic detection waits for. Source: OpenAI guide "Voice activity detection". */
const EAGERNESS_MS = { low: 8_000, medium: 4_000, high: 2_000, auto: 4_000 };

/**
 * Parts of `answerWithinMs` until a missing answer is asked for again, from another session, and given up:
 * twice it in all, or the least of them. Before the session is changed 1.66 times it have passed, so that a
 * model which takes so long each time still answers.
 */
const ANSWER_PARTS = [1, 0.66, 0.34];
/** Least of them: a new session has to answer, too. */
const LEAST_ANSWER_MS = [0, 1_000, 1_700];
/** The same parts for a model that has begun an answer, and may be thinking: it lives. */
const THOUGHT_PARTS = [2.4, 1.8, 1.8];
/** The longest work on an answer of which the caller hears nothing, however many signs of it there are. */
export const LONGEST_WORK_MS = 90_000;

/**
 * How long an answer is waited for without a sign of life, by how often that has been in vain.
 * @param isThinking the model has begun an answer, and is not in the middle of a sentence
 */
export function answerPatienceMs(answerWithinMs: number, attempt: number, isThinking: boolean): number {
  const step = Math.min(attempt, ANSWER_PARTS.length - 1);
  const parts = isThinking ? THOUGHT_PARTS : ANSWER_PARTS;
  return Math.max(LEAST_ANSWER_MS[step], Math.round(answerWithinMs * parts[step]));
}

/** Silence of the caller after which a turn that voice detection has not ended never will be. */
export function forgottenTurnMs({ turns: { detection } }: Business): number {
  const ownMs = detection.type === "semantic_vad"
    ? EAGERNESS_MS[detection.eagerness]
    : detection.silenceDurationMs;
  return ownMs + TURN_SLACK_MS;
}
