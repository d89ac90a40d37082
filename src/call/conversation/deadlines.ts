import type { Business } from "../../businesses/business.ts";

/*
 * Every state of a talk has a deadline, and a way on that the caller hears. What lasts is bounded here, or where it is named:
 *
 *   state                         deadline                                   then
 *   connecting, first session     SECOND_ATTEMPT_AFTER_MS                    a second attempt beside the first
 *   or session lost               (realtime_link.ts), connectWithinSeconds;  the fallback
 *                                 where OpenAI refuses for its load,
 *                                 REFUSED_PATIENCE_MS
 *   listening                     silencePromptSeconds                       the model asks whether the caller is there
 *   caller heard by us alone      UNNOTICED_AFTER_MS                         the model asks what was said
 *   caller speaking               turn's own silence, or LONGEST_TURN_MS     another session, which asks to repeat
 *   thinking, answering           answerWithinSeconds without a sign         answerPatienceMs(): asked again, another session,
 *                                                                            the fallback
 *   answer complete, not ended    the same                                   it counts as ended
 *   tool running                  the tool's time-out                        the model is told, and says so
 *   rate limit                    RATE_LIMIT_DELAYS_MS (response_retry.ts)   asked again; the fallback
 *   request held                  that of the answer before it               the same
 *   goodbye                       that of any answer                         the same: never a hang-up without words
 *   goodbye under a long turn     GOODBYE_GRACE_MS (call_timers.ts)          it is said into the turn
 *   transfer, key tones           SLOW_CONTROL_MS (call_control.ts)          a word; after the last attempt the model goes on
 *   hang-up                       HANG_UP_WITHIN_MS (call_control.ts)        our side ends the stream, which ends the call
 *
 * And in all of them: HOLD_AFTER_MS without a sound (HOLD_CONNECTING_MS without a session), and the caller hears the hold sound.
 */

/** A caller who waits for something and has heard nothing for this long hears the hold sound, again and again. */
export const HOLD_AFTER_MS = 4_000;
/** The same while there is no session: the line has been picked up, and nobody is there. */
export const HOLD_CONNECTING_MS = 2_000;
/** The longest turn of a caller without a pause that voice detection knows. */
export const LONGEST_TURN_MS = 60_000;
/** A turn that is silent for so much longer than voice detection needs to end it has been forgotten. */
const TURN_SLACK_MS = 4_500;
/** Speech that the model has not noticed for so long, and that is over. */
export const UNNOTICED_AFTER_MS = 4_000;
/** Longest silence that a semantic detection waits for. Source: OpenAI guide "Voice activity detection". */
const EAGERNESS_MS = { low: 8_000, medium: 4_000, high: 2_000, auto: 4_000 };

/** Parts of `answerWithinMs` until a missing answer is asked for again, from another session, and given up: about twice that, at least 5 s. */
const ANSWER_PARTS = [1, 0.4, 0.6];
/** Least of them: a new session has to come about, too. */
const LEAST_ANSWER_MS = [0, 1_000, 2_000];

/** How long an answer is waited for without a sign of life, by how often that has been in vain. */
export function answerPatienceMs(answerWithinMs: number, attempt: number): number {
  const step = Math.min(attempt, ANSWER_PARTS.length - 1);
  return Math.max(LEAST_ANSWER_MS[step], answerWithinMs * ANSWER_PARTS[step]);
}

/** Silence of the caller after which a turn that voice detection has not ended never will be. */
export function forgottenTurnMs({ turns: { detection } }: Business): number {
  const ownMs = detection.type === "semantic_vad"
    ? EAGERNESS_MS[detection.eagerness]
    : detection.silenceDurationMs;
  return ownMs + TURN_SLACK_MS;
}
