import { shorten } from "./cut_text.ts";

/** What an {@link AppError} carries besides its code and message. */
export interface AppErrorOptions {
  /** The error that led to this one. */
  cause?: unknown;
}

/**
 * Base of the errors that this program raises itself. `code` is stable: logs, metrics and tests rely on it.
 */
export class AppError extends Error {
  /** Name of the class. */
  override readonly name: string = "AppError";

  /**
   * An error with its code.
   * @param code stable identifier in snake_case, such as `realtime_connect_timeout`
   * @param message what was given and what is wanted, as a sentence
   */
  constructor(readonly code: string, message: string, options: AppErrorOptions = {}) {
    super(message, options);
  }
}

/** Longest message of an error that is not our own, such as one that a server has sent, in characters. */
const MAX_MESSAGE_CHARS = 1_000;

/**
 * The message of anything thrown, for a log line; of what others say, the beginning. The runtime's advice to
 * run or compile again with a flag is for developers, and left out.
 */
export function messageOf(error: unknown): string {
  if (error instanceof AppError) return error.message;
  if (!(error instanceof Error)) return shorten(String(error), MAX_MESSAGE_CHARS);
  const [, kind, what] = PERMISSION.exec(error.message) ?? [];
  return kind === undefined
    ? shorten(error.message, MAX_MESSAGE_CHARS)
    : `there is no permission to ${NEEDS[kind] ?? `use (${kind})`} ${what}`;
}

/** How the runtime says what a program lacks the permission for. */
const PERMISSION = /^Requires (\w+) access to (.+?),? (?:run again with|specify the required permissions)/s;
const NEEDS: Readonly<Record<string, string>> = {
  read: "read",
  write: "write to",
  net: "reach",
  run: "run",
  env: "read the variable",
  sys: "ask the system for",
};

/** Causes that one message names: deeper ones are internals of the runtime. */
const MAX_CAUSES = 3;

/** The message of anything thrown with its causes, such as `fetch failed: Connection refused`. */
export function reasonOf(error: unknown): string {
  const texts: string[] = [];
  for (let depth = 0; error !== undefined && depth <= MAX_CAUSES; depth++) {
    const text = messageOf(error);
    if (!texts.includes(text)) texts.push(text);
    error = error instanceof Error ? error.cause : undefined;
  }
  return texts.map((text, i) => i < texts.length - 1 ? text.replace(/\.$/, "") : text).join(": ");
}
