/** What an {@link AppError} carries beside its message. */
export interface AppErrorOptions {
  /** The error that led to this one. */
  cause?: unknown;
}

/** Base of the errors that this program raises itself. `code` is stable: logs, metrics and tests rely on it. */
export class AppError extends Error {
  override readonly name: string = "AppError";

  /**
   * @param code stable identifier in snake_case, such as `realtime_connect_timeout`
   * @param message what was given and what is wanted, as a sentence
   */
  constructor(readonly code: string, message: string, options: AppErrorOptions = {}) {
    super(message, options);
  }
}

/** The text of anything thrown, for a log line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
