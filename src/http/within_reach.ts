import type { Log } from "../observability/log.ts";
import { messageOf } from "../util/errors.ts";
import { requestLog } from "./request_ids.ts";
import { type Handler, textResponse } from "./router.ts";

/** A handler that asks the store of records: whatever it throws says that the store cannot be reached. */
export function withinReach(log: Log, handler: Handler): Handler {
  return async (request, peer) => {
    try {
      return await handler(request, peer);
    } catch (error) {
      requestLog(log, request).warn("records_out_of_reach", { message: messageOf(error) });
      return textResponse(503, "Records cannot be reached.");
    }
  };
}
