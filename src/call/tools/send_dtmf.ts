import { AppError } from "../../util/errors.ts";
import { CONTROL_TIMEOUT_MS, LEFT } from "./leaving.ts";
import type { Tool } from "./tool.ts";

/** Twilio's `<Play digits>` also knows A–D, which no telephone has. `w` waits for half a second. */
const DIGITS = /^[0-9*#w]{1,32}$/;

/** `send_dtmf`: presses keys for the other end, such as an extension or the choice of a menu. */
export const sendDtmf: Tool = {
  name: "send_dtmf",
  description:
    "Presses telephone keys in this call, for a menu or an extension at the other end. Nobody hears you meanwhile.",
  parameters: {
    type: "object",
    properties: {
      digits: {
        type: "string",
        pattern: DIGITS.source,
        description: "The keys in order: 0 to 9, * and #; w waits for half a second. At most 32.",
      },
    },
    required: ["digits"],
  },
  timeoutMs: CONTROL_TIMEOUT_MS,
  exit: "suspended",
  async run({ digits }, { control }) {
    if (typeof digits !== "string" || !DIGITS.test(digits)) {
      throw new AppError("dtmf_bad_digits", "The digits must be 1 to 32 of 0 to 9, *, # and w.");
    }
    try {
      await control.sendDigits(digits);
    } catch (cause) {
      throw new AppError("dtmf_failed", "The keys could not be pressed.", { cause });
    }
    return LEFT;
  },
};
