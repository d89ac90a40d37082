import { AppError } from "../util/errors.ts";

const CALLED_OFF = "hang_up_called_off";
const REPLACED = "hang_up_replaced";

/** Why a hang-up was called off: the caller spoke before it was done. */
export function hangUpCalledOff(): AppError {
  return new AppError(CALLED_OFF, "The caller has spoken again, so the call goes on.");
}

/** Why a hang-up was called off: the caller is put through to somebody instead. */
export function hangUpReplaced(): AppError {
  return new AppError(REPLACED, "The caller is put through to somebody instead.");
}

/** True for a hang-up that was called off, for either reason, and did not fail. */
export function isHangUpCalledOff(error: unknown): boolean {
  return error instanceof AppError && (error.code === CALLED_OFF || error.code === REPLACED);
}

/** True for {@link hangUpReplaced}: nothing is to be said to the caller. */
export function isHangUpReplaced(error: unknown): boolean {
  return error instanceof AppError && error.code === REPLACED;
}

const CALL_LEAVING = "call_leaving";

/** Refuses an exit while the call takes another one, or that one already. */
export function callLeaving(): AppError {
  return new AppError(CALL_LEAVING, "The call is about to end or to be transferred already.");
}

/** True for {@link callLeaving}. */
export function isCallLeaving(error: unknown): boolean {
  return error instanceof AppError && error.code === CALL_LEAVING;
}
