import { configureSync, getLogger, type LogRecord } from "@logtape/logtape";
import { redact } from "./redaction/redact_attributes.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
/** Attributes of an event. Personal data goes under the names that `redact` masks. */
export type LogAttributes = Record<string, unknown>;

/** Structured events: a stable name in snake_case, and attributes. */
export interface Log {
  debug(event: string, attributes?: LogAttributes): void;
  info(event: string, attributes?: LogAttributes): void;
  warn(event: string, attributes?: LogAttributes): void;
  error(event: string, attributes?: LogAttributes): void;
  /** A log whose events all carry `attributes` too, such as the call they belong to. */
  with(attributes: LogAttributes): Log;
}

/** Sets up logging to standard error. `json`: one object a line; `text`: for a person's eye. */
export function configureLog(level: LogLevel, format: "text" | "json"): void {
  const line = format === "json" ? jsonLine : textLine;
  configureSync({
    reset: true,
    sinks: { stderr: (record) => console.error(line(record)) },
    loggers: [
      { category: "slimline", lowestLevel: level === "warn" ? "warning" : level, sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stderr"] },
    ],
  });
}

/** The program's log. Writes nothing until {@link configureLog}. */
export function createLog(common: LogAttributes = {}): Log {
  const logger = getLogger("slimline");
  const masked = redact(common);
  const all = (own: LogAttributes | undefined) => own ? { ...masked, ...redact(own) } : masked;
  return {
    debug: (event, own) => logger.debug(event, () => all(own)),
    info: (event, own) => logger.info(event, () => all(own)),
    warn: (event, own) => logger.warn(event, () => all(own)),
    error: (event, own) => logger.error(event, () => all(own)),
    with: (attributes) => createLog({ ...common, ...attributes }),
  };
}

function jsonLine(record: LogRecord): string {
  return JSON.stringify({
    time: new Date(record.timestamp).toISOString(),
    level: record.level,
    event: record.rawMessage,
    ...record.properties,
  });
}

function textLine(record: LogRecord): string {
  const time = new Date(record.timestamp).toISOString().slice(11, 23);
  const attributes = Object.entries(record.properties).map(([name, value]) =>
    `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`
  );
  return [time, record.level.padEnd(7), record.rawMessage, ...attributes].join(" ");
}
