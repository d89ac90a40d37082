import { AppError } from "../util/errors.ts";

const CALLED_OFF = "hang_up_called_off";
const REPLACED = "hang_up_replaced";

/** What a hang-up ends in when the caller has spoken before the line was cut. */
export function hangUpCalledOff(): AppError {
  return new AppError(CALLED_OFF, "The caller has spoken again, so the call goes on.");
}

/** What a hang-up ends in when the caller is put through to somebody before the line was cut. */
export function hangUpReplaced(): AppError {
  return new AppError(REPLACED, "The caller is put through to somebody instead.");
}

/** True for what a hang-up ends in that did not fail: something else came before it. */
export function isHangUpCalledOff(error: unknown): boolean {
  return error instanceof AppError && (error.code === CALLED_OFF || error.code === REPLACED);
}

/** True where the caller is put through instead, so that nothing is to be said. */
export function isHangUpReplaced(error: unknown): boolean {
  return error instanceof AppError && error.code === REPLACED;
}

const CALL_LEAVING = "call_leaving";

/** What a way out is refused with while the call takes another one, or that one already. */
export function callLeaving(): AppError {
  return new AppError(CALL_LEAVING, "The call is about to end or to be transferred already.");
}

/** True for a refusal by {@link callLeaving}. */
export function isCallLeaving(error: unknown): boolean {
  return error instanceof AppError && error.code === CALL_LEAVING;
}
