import { AppError } from "../../util/errors.ts";

const CODE = "hang_up_called_off";

/** What a hang-up ends in when the caller has spoken before the line was cut. */
export function hangUpCalledOff(): AppError {
  return new AppError(CODE, "The caller has spoken again, so the call goes on.");
}

export function isHangUpCalledOff(error: unknown): boolean {
  return error instanceof AppError && error.code === CODE;
}
