import { LogFold } from "./log_fold.ts";
import { redact } from "./redaction/redact_attributes.ts";
import { escapeUnsafe, textLine } from "./text_line.ts";
import { terminalStyle } from "../util/terminal_style.ts";

/** How important an event is, least first. */
export type LogLevel = "debug" | "info" | "warn" | "error";
/** `json`: one object per line; `text`: for people to read. */
export type LogFormat = "text" | "json";
/** Attributes of an event. Personal data belongs under the names that `redact` masks, and nowhere else. */
export type LogAttributes = Record<string, unknown>;

/** Structured events: a stable name in snake_case, and attributes. */
export interface Log {
  debug(event: string, attributes?: LogAttributes): void;
  info(event: string, attributes?: LogAttributes): void;
  warn(event: string, attributes?: LogAttributes): void;
  error(event: string, attributes?: LogAttributes): void;
  /** Returns a log that adds `attributes` to each event, such as the call it belongs to. */
  with(attributes: LogAttributes): Log;
}

/** Levels as written in the log. */
const LEVEL_WORDS: Readonly<Record<LogLevel, string>> = {
  debug: "debug",
  info: "info",
  warn: "warning",
  error: "error",
};
const LEVELS = Object.keys(LEVEL_WORDS) as readonly LogLevel[];

/**
 * Takes one event of a log. `event` is a stable name in snake_case, such as `call_ended`. Personal data in
 * the attributes is masked already. What it throws is ignored, also later, in a promise. Of an event that
 * repeats, 20 in ten seconds are told, and then one whose attribute `repeated` counts the rest; events of a
 * call all are.
 */
export type LogSink = (level: LogLevel, event: string, attributes: LogAttributes) => void;

/** Where the events of a log go. */
interface LogTarget {
  /** Index into {@link LEVELS}: events below it are left out. */
  leastLevel: number;
  write: LogSink;
  readonly fold: LogFold;
}

const NOWHERE: LogTarget = { leastLevel: LEVELS.length, write: () => {}, fold: new LogFold() };
/** Of the program itself. A server within another program has a target of its own. */
const program: LogTarget = { ...NOWHERE };

/** Sets up the program's logging to standard error. Before this nothing is logged. */
export function configureLog(level: LogLevel, format: LogFormat): void {
  Object.assign(program, standardError(level, format));
}

/** Writes what the program's log has counted but not told, before the process ends. */
export function flushLog(): void {
  program.fold.flush();
}

/** The program's log. Writes nothing until {@link configureLog}. */
export function createLog(common: LogAttributes = {}): Log {
  return new RedactingLog(redact(common), program);
}

/**
 * A log that has nothing to do with the program's.
 * @param to standard error, a function of one's own, or nowhere
 */
export function createSeparateLog(to: { level: LogLevel; format: LogFormat } | LogSink | false): Log {
  if (to === false) return new RedactingLog({}, NOWHERE);
  if (typeof to === "object") return new RedactingLog({}, standardError(to.level, to.format));
  const write: LogSink = (level, event, attributes) => {
    // A call must not end because it cannot be logged, at once or later.
    try {
      const done: unknown = to(level, event, attributes);
      if (done instanceof Promise) done.catch(() => {});
    } catch {
      // as above
    }
  };
  return new RedactingLog({}, { leastLevel: 0, write, fold: new LogFold() });
}

function standardError(level: LogLevel, format: LogFormat): LogTarget {
  const write: LogSink = format === "json"
    ? (level, event, attributes) => console.error(jsonLine(new Date(), LEVEL_WORDS[level], event, attributes))
    : (level, event, attributes) =>
      console.error(textLine(new Date(), LEVEL_WORDS[level], event, attributes, terminalStyle(Deno.stderr)));
  return {
    leastLevel: LEVELS.indexOf(level),
    write,
    fold: new LogFold(),
  };
}

/**
 * Masks personal data before anything is written. A class, because each call has its own log and would
 * otherwise hold a closure per method.
 */
class RedactingLog implements Log {
  /** Redacted. */
  readonly #common: LogAttributes;
  readonly #target: LogTarget;

  constructor(common: LogAttributes, target: LogTarget) {
    this.#common = common;
    this.#target = target;
  }

  debug(event: string, attributes?: LogAttributes): void {
    this.#write("debug", event, attributes);
  }

  info(event: string, attributes?: LogAttributes): void {
    this.#write("info", event, attributes);
  }

  warn(event: string, attributes?: LogAttributes): void {
    this.#write("warn", event, attributes);
  }

  error(event: string, attributes?: LogAttributes): void {
    this.#write("error", event, attributes);
  }

  with(attributes: LogAttributes): Log {
    return new RedactingLog({ ...this.#common, ...redact(attributes) }, this.#target);
  }

  /**
   * Whether an event belongs to a call and is never left out. Warnings that only name a call do not count:
   * anybody can send an invented one.
   */
  #isOfCall(level: LogLevel, own: LogAttributes | undefined): boolean {
    return this.#common.call !== undefined || (own?.call !== undefined && level !== "warn");
  }

  #write(level: LogLevel, event: string, own: LogAttributes | undefined): void {
    const { leastLevel, write, fold } = this.#target;
    if (LEVELS.indexOf(level) < leastLevel) return;
    if (!this.#isOfCall(level, own)) {
      const kind = `${level} ${event} ${own?.reason ?? ""} ${own?.status ?? ""}`;
      const isWritten = fold.admits(
        kind,
        (repeated) => {
          const { request: _ofOne, ...common } = this.#common; // the line stands for many
          write(level, event, { ...common, reason: own?.reason, repeated });
        },
      );
      if (!isWritten) return;
    }
    const attributes = own ? { ...this.#common, ...redact(own) } : this.#common;
    write(level, event, attributes);
  }
}

function jsonLine(time: Date, level: string, event: string, attributes: LogAttributes): string {
  const head = { time: time.toISOString(), level, event };
  return escapeUnsafe(JSON.stringify({ ...head, ...attributes, ...head })); // no attribute takes their place
}
