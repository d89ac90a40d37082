import { AppError } from "../../util/errors.ts";
import type { Tool } from "./tool.ts";

/** Longest name of who leaves a message, in characters. */
export const MAX_NAME_CHARS = 100;
/** Longest number to call back, in characters. */
const MAX_NUMBER_CHARS = 32;
/** Longest message, in characters. */
export const MAX_TEXT_CHARS = 2_000;

/** `take_message`: keeps a message for the business. */
export const takeMessage: Tool = {
  name: "take_message",
  description:
    "Takes down a message for the business. Ask for the caller's name and what it is about, and read the message back first.",
  parameters: {
    type: "object",
    properties: {
      name: { type: "string", description: "The caller's name." },
      number: {
        type: "string",
        description:
          "Where to call back, if not the number that the caller calls from. Ask for it when that is withheld.",
      },
      text: { type: "string", description: "The message." },
    },
    required: ["name", "text"],
  },
  timeoutMs: 5_000,
  run: ({ name, number, text }, { control, callBackNumber }) =>
    Promise.try(() => {
      control.takeMessage({
        callerName: bounded("name", name, MAX_NAME_CHARS),
        number: isBlank(number) ? callBackNumber : bounded("number", number, MAX_NUMBER_CHARS),
        text: bounded("text", text, MAX_TEXT_CHARS),
      });
      const output = isBlank(number) && callBackNumber === undefined
        ? {
          taken: true,
          note: "The caller's number is withheld, so nobody can call back: offer to take one.",
        }
        : { taken: true };
      return { output, wantsResponse: true };
    }),
};

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

/** @throws {AppError} `message_bad_part` */
function bounded(part: string, value: unknown, maxChars: number): string {
  const text = typeof value === "string" ? value.trim() : "";
  if (text.length > 0 && text.length <= maxChars) return text;
  throw new AppError(
    "message_bad_part",
    `The ${part} has ${text.length} characters, but must have 1 to ${maxChars}.`,
  );
}
