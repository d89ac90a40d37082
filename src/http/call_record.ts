import type { Log } from "../observability/log.ts";
import { messageOf } from "../util/errors.ts";
import { type Handler, json, text } from "./router.ts";

/**
 * `GET /records?call=CALLSID`: the record of a call that is over; 404 when there is none, or none yet.
 * @param get rejects when records are out of reach
 */
export function callRecord(get: (callSid: string) => Promise<unknown>, log: Log): Handler {
  return async (request) => {
    const callSid = new URL(request.url).searchParams.get("call");
    if (!callSid) return text(400, "Name the call: /records?call=CA…");
    let record: unknown;
    try {
      record = await get(callSid);
    } catch (error) {
      log.warn("records_out_of_reach", { message: messageOf(error) });
      return text(503, "Records are out of reach.");
    }
    return record === undefined ? text(404, "There is no record of this call.") : json(200, record);
  };
}
