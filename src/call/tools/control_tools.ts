import type { TransferTarget } from "../../businesses/business.ts";
import { AppError, messageOf } from "../../util/errors.ts";
import { LEFT, type Tool, type ToolResult } from "./tool.ts";
import { isHangUpCalledOff, needsNoWords } from "../../carrier/control_errors.ts";

/**
 * How long a tool that acts on the call itself may take, in milliseconds. It first waits until the caller has
 * heard all that was said; then come a few seconds of Twilio's REST API.
 */
export const CONTROL_TIMEOUT_MS = 240_000;

/** What the model is told when the caller spoke before the call was left. */
function calledOff(what: object, cause: unknown): ToolResult {
  return { output: { ...what, reason: messageOf(cause) }, wantsResponse: !needsNoWords(cause) };
}

/**
 * `end_call`: hangs up once the goodbye has been heard. A caller who speaks before that stays in the talk.
 */
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
      if (isHangUpCalledOff(cause)) return calledOff({ ended: false }, cause);
      const message = "The call could not be ended. The caller is still with you.";
      throw new AppError("end_call_failed", message, { cause });
    }
    return LEFT;
  },
};

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
      if (isHangUpCalledOff(cause)) return calledOff({ pressed: false }, cause);
      throw new AppError("dtmf_failed", "The keys could not be pressed.", { cause });
    }
    return LEFT;
  },
};

/**
 * `transfer_call`: hands the caller over to somebody of the business, by name. The model never sees a number.
 * @throws {AppError} `transfer_name_clash` when two targets have the same name
 */
export function transferCall(targets: readonly TransferTarget[]): Tool {
  const byName = new Map(targets.map((target) => [target.name, target]));
  if (byName.size < targets.length) {
    const names = targets.map((target) => target.name).join(", ");
    throw new AppError(
      "transfer_name_clash",
      `Transfer targets must have different names, but are: ${names}.`,
    );
  }
  const list = targets.map(({ name, description }) => `${name}: ${description}`).join("\n");
  return {
    name: "transfer_call",
    description:
      "Puts the caller through to somebody else. Tell the caller first, in a few words, to whom. Whom you can reach:\n" +
      list,
    parameters: {
      type: "object",
      properties: {
        target: { type: "string", enum: [...byName.keys()], description: "Who should take the call." },
      },
      required: ["target"],
    },
    timeoutMs: CONTROL_TIMEOUT_MS,
    exit: "transferred",
    async run({ target: name }, { control }) {
      const target = byName.get(String(name));
      if (!target) {
        throw new AppError(
          "transfer_unknown",
          `There is nobody of that name. The call can go to: ${[...byName.keys()].join(", ")}.`,
        );
      }
      try {
        await control.transfer(target);
      } catch (cause) {
        if (isHangUpCalledOff(cause)) return calledOff({ transferred: false }, cause);
        const message = `The call could not be put through to ${target.name}. The caller is still with you.`;
        throw new AppError("transfer_failed", message, { cause });
      }
      return LEFT;
    },
  };
}
