import { AppError } from "../util/errors.ts";

/** A process that this one started, or would have started, does not do what it is for. */
export class ProcessError extends AppError {
  override readonly name = "ProcessError";
  constructor(message: string) {
    super("process_failed", message);
  }
}
