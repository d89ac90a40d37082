import * as v from "valibot";
import { webUrlWithQuery } from "../config/variable_kinds.ts";
import { answerTo, WrongAnswer } from "./answers.ts";
import type { Terminal } from "./terminal.ts";

/**
 * The URL that Twilio is to ask when it does not reach the server; undefined where it stays as it is.
 *
 * @param given by an option; default it is asked for where somebody can be asked
 * @throws {AppError} `usage` for what is none
 */
export async function readFallbackUrl(
  given: string | undefined,
  terminal: Terminal | undefined,
): Promise<string | undefined> {
  return await answerTo(
    {
      flag: "fallback-url",
      text:
        "What Twilio asks when it does not reach the server, such as the URL of a TwiML Bin (empty: as it is)",
      standard: "",
      read: (text) => {
        if (text === "") return undefined;
        const { success, issues } = v.safeParse(webUrlWithQuery.schema, text);
        return success ? text.trim() : new WrongAnswer(issues[0].message);
      },
    },
    given,
    terminal,
  );
}
