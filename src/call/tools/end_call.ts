import { AppError, messageOf } from "../../util/errors.ts";
import { isHangUpCalledOff, isHangUpReplaced } from "../../carrier/control_errors.ts";
import { CONTROL_TIMEOUT_MS, LEFT } from "./leaving.ts";
import type { Tool } from "./tool.ts";

/** `end_call`: hangs up once the goodbye has been heard. A caller who speaks before that stays in the talk. */
export const endCall: Tool = {
  name: "end_call",
  description:
    "Hangs up. Use it when the conversation is over. Say goodbye first; the caller hears it to the end.",
  parameters: {
    type: "object",
    properties: {
      reason: { type: "string", description: "Why the call ends, for the business's records." },
    },
  },
  timeoutMs: CONTROL_TIMEOUT_MS,
  exit: "agent_hung_up",
  async run(_args, { control }) {
    try {
      await control.hangUp();
    } catch (cause) {
      if (isHangUpCalledOff(cause)) {
        const output = { ended: false, reason: messageOf(cause) };
        return { output, wantsResponse: !isHangUpReplaced(cause) };
      }
      const message = "The call could not be ended. The caller is still with you.";
      throw new AppError("end_call_failed", message, { cause });
    }
    return LEFT;
  },
};
