import type { Log } from "../../observability/log.ts";
import type { Clock } from "../../util/clock.ts";
import { type Handler, jsonResponse, textResponse } from "../router.ts";
import { withinReach } from "../operator_handlers.ts";

const HOUR_MS = 3_600_000;
/** Hours that are shown, with the one that has begun. */
const SHOWN_HOURS = 24;

/** Resolves with undefined where the store does not add up hours. */
type Hours = (since: string, until: string) => Promise<readonly unknown[] | undefined>;

/**
 * `GET /dashboard/hours`: `{"from", "until", "hours": […]}`, what the calls of the last 24 hours took, by the
 * hour and the business.
 */
export function dayHours(hours: Hours, clock: Clock, log: Log): Handler {
  return withinReach(log, async () => {
    const untilMs = (Math.floor(clock.epoch() / HOUR_MS) + 1) * HOUR_MS;
    const [from, until] = [untilMs - SHOWN_HOURS * HOUR_MS, untilMs].map((ms) => new Date(ms).toISOString());
    const found = await hours(from, until);
    if (!found) return textResponse(501, "This store of records adds up no hours: it has no hours().");
    return jsonResponse(200, { from, until, hours: found });
  });
}
