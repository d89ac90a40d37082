import type { PointFault } from "./faults/fault.ts";
import { errorBody } from "./protocol_error.ts";
import type { SessionLine } from "./session_line.ts";

/** Close code at the end of a session's time. The API's own is not known. */
export const EXPIRED_CLOSE_CODE = 1001;

/** Lets what a fault says happen to a session. */
export function performFault(fault: PointFault, line: SessionLine): void {
  if (!line.isOpen) return;
  switch (fault.kind) {
    case "drop":
      return line.drop();
    case "close":
      return line.close(fault.code, fault.reason);
    case "stall":
      return line.stall();
    case "error":
      return line.error(errorBody(fault.code, fault.message, fault.type));
    case "session_expired":
      return expire(line);
    case "inject":
      return line.send(fault.event ?? { type: "emulator.unheard_of", details: { nested: [1, "two"] } });
  }
}

/** `error` with `session_expired`, then a close. */
export function expire(line: SessionLine): void {
  line.error(errorBody("session_expired"));
  line.close(EXPIRED_CLOSE_CODE, "session_expired");
}
