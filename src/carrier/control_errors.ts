import { AppError } from "../util/errors.ts";

const CALLED_OFF = "hang_up_called_off";
const ANSWERED = "hang_up_called_off_and_answered";
const REPLACED = "hang_up_replaced";
const TOO_EARLY = "hang_up_too_early";
const TOLD = "hang_up_too_early_and_told";
const ASKED = "hang_up_beside_question";
const CALL_LEAVING = "call_leaving";

/**
 * Why a hang-up was called off: the caller spoke before it was done.
 * @param isAnswered the model answers them of its own accord
 */
export function hangUpCalledOff(isAnswered: boolean): AppError {
  const message = "The caller has spoken again, so the call goes on.";
  return new AppError(isAnswered ? ANSWERED : CALLED_OFF, message);
}

/** Why a hang-up was called off: the caller is put through to somebody instead. */
export function hangUpReplaced(): AppError {
  return new AppError(REPLACED, "The caller is put through to somebody instead.");
}

/**
 * Why a hang-up was called off: what a tool gave came so late that the caller knows nothing of it.
 * @param isBeingTold the model is about to tell the caller
 */
export function hangUpTooEarly(isBeingTold: boolean): AppError {
  const message =
    "A tool has come to its end, and the caller has not heard what it gave, so the call goes on. " +
    "Tell the caller, say goodbye, and end the call again.";
  return new AppError(isBeingTold ? TOLD : TOO_EARLY, message);
}

/** Why a hang-up was called off: the model has asked the caller something in the same breath. */
export function hangUpBesideQuestion(): AppError {
  const message = "You have just asked the caller something, so the call goes on. Wait for the answer.";
  return new AppError(ASKED, message);
}

/** True for an exit that was called off, or that another one is taken in place of, and that did not fail. */
export function isHangUpCalledOff(error: unknown): boolean {
  return error instanceof AppError &&
    [CALLED_OFF, ANSWERED, REPLACED, TOO_EARLY, TOLD, ASKED, CALL_LEAVING].includes(error.code);
}

/** True when an exit was not taken and there is nothing to be said to the caller because of that. */
export function needsNoWords(error: unknown): boolean {
  return error instanceof AppError && [ANSWERED, REPLACED, TOLD, ASKED, CALL_LEAVING].includes(error.code);
}

/** Refuses an exit while the call takes another one, or that one already. */
export function callLeaving(): AppError {
  return new AppError(CALL_LEAVING, "The call is about to end or to be transferred already.");
}

/** True for {@link callLeaving}. */
export function isCallLeaving(error: unknown): boolean {
  return error instanceof AppError && error.code === CALL_LEAVING;
}
