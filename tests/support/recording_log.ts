import type { Log, LogAttributes, LogLevel } from "../../src/observability/log.ts";

/** One event as it was logged. */
export interface LoggedEvent {
  level: LogLevel;
  event: string;
  attributes: LogAttributes;
}

/** A log that keeps its events for a test to look at. */
export class RecordingLog implements Log {
  readonly events: LoggedEvent[];
  readonly #common: LogAttributes;

  constructor(events: LoggedEvent[] = [], common: LogAttributes = {}) {
    this.events = events;
    this.#common = common;
  }

  /** The names of all events so far. */
  get names(): string[] {
    return this.events.map(({ event }) => event);
  }

  debug(event: string, attributes?: LogAttributes): void {
    this.#add("debug", event, attributes);
  }

  info(event: string, attributes?: LogAttributes): void {
    this.#add("info", event, attributes);
  }

  warn(event: string, attributes?: LogAttributes): void {
    this.#add("warn", event, attributes);
  }

  error(event: string, attributes?: LogAttributes): void {
    this.#add("error", event, attributes);
  }

  with(attributes: LogAttributes): Log {
    return new RecordingLog(this.events, { ...this.#common, ...attributes });
  }

  #add(level: LogLevel, event: string, attributes: LogAttributes = {}): void {
    this.events.push({ level, event, attributes: { ...this.#common, ...attributes } });
  }
}
