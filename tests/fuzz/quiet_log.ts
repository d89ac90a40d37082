import type { Log } from "../../src/observability/log.ts";

/** A log that keeps nothing, however much is said. */
export const QUIET_LOG: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => QUIET_LOG,
};
