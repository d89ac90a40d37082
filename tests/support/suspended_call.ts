import { type Business, DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import type { SuspendedCall } from "../../src/call/suspended_calls.ts";
import { Journal } from "../../src/call/journal/journal.ts";
import { Metrics } from "../../src/observability/metrics/metrics.ts";
import { ManualClock } from "./manual_clock.ts";

/** A call that is away, with nothing said yet. */
export function suspendedCall(business: Business = DEFAULT_BUSINESS): SuspendedCall {
  return { business, journal: new Journal(new ManualClock(), new Metrics()) };
}
