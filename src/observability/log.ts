import { redact } from "./redaction/redact_attributes.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
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

type Formatter = (time: Date, level: string, event: string, attributes: LogAttributes) => string;

/** Events below this level are not written. Before {@link configureLog} none are. */
let leastLevel = LEVELS.length;
let formatLine: Formatter = jsonLine;

/** Sets up logging to standard error. `json`: one object per line; `text`: for people to read. */
export function configureLog(level: LogLevel, format: "text" | "json"): void {
  leastLevel = LEVELS.indexOf(level);
  formatLine = format === "json" ? jsonLine : textLine;
}

/** The program's log. Writes nothing until {@link configureLog}. */
export function createLog(common: LogAttributes = {}): Log {
  return new ErrorStreamLog(redact(common));
}

/** Writes to standard error. A class, because each call has its own log and would otherwise hold a closure per method. */
class ErrorStreamLog implements Log {
  /** Redacted. */
  readonly #common: LogAttributes;

  constructor(common: LogAttributes) {
    this.#common = common;
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
    return new ErrorStreamLog({ ...this.#common, ...redact(attributes) });
  }

  #write(level: LogLevel, event: string, own: LogAttributes | undefined): void {
    if (LEVELS.indexOf(level) < leastLevel) return;
    const attributes = own ? { ...this.#common, ...redact(own) } : this.#common;
    console.error(formatLine(new Date(), LEVEL_WORDS[level], event, attributes));
  }
}

function jsonLine(time: Date, level: string, event: string, attributes: LogAttributes): string {
  return JSON.stringify({ time: time.toISOString(), level, event, ...attributes });
}

function textLine(time: Date, level: string, event: string, attributes: LogAttributes): string {
  const said = Object.entries(attributes).filter(([, value]) => value !== undefined && value !== "");
  const words = said.map(([name, value]) =>
    `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`
  );
  return [time.toISOString().slice(11, 23), level.padEnd(7), event, ...words].join(" ");
}
