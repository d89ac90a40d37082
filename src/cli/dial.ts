import type { LoadOptions } from "../config/config.ts";
import { readEnvironment } from "../config/environment.ts";
import { EXIT, parseCommand, wrongUsage } from "./arguments.ts";
import { findServer, operatorRequest } from "./operator_request.ts";

const HELP = `Usage: slimline dial --to +NUMBER [OPTIONS]

Lets a running server call somebody. Prints the CallSid once Twilio has taken the call.

  --to +NUMBER             who is called, in E.164, such as +15550100001
  --from +NUMBER           the number that calls; by default one of the business's
  --business ID            the business that speaks; by default the one of --from
  --machine-detection HOW  when a machine answers: off (the default, talk to it), hang-up, or leave-message
  --set NAME=VALUE         what stands for {{NAME}} in the instructions and the greeting; once for each name
  --server URL             the running server; by default the one on this machine, at HOST and PORT

ADMIN_TOKEN from the environment is sent as bearer token, else what a server on this machine has put into DATA_DIR. Exit
codes: 0 placed, 1 not placed, 2 wrong usage.`;

const OPTIONS = {
  to: { type: "string" },
  from: { type: "string" },
  business: { type: "string" },
  "machine-detection": { type: "string", default: "off" },
  set: { type: "strings" },
  server: { type: "string" },
} as const;

/** ITU-T E.164, as a business file has numbers. */
const E164 = /^\+[1-9]\d{6,14}$/;

/**
 * `slimline dial`: places an outbound call through the running server's `POST /calls`.
 *
 * @param env values by variable name; default the process's
 */
export async function dial(argv: string[], env: LoadOptions["env"] = readEnvironment()): Promise<number> {
  const parsed = parseCommand({ command: "dial", args: argv, options: OPTIONS }, HELP);
  if (typeof parsed === "number") return parsed;
  const { to, from, business, server, set, "machine-detection": detection } = parsed.values;
  if (to === undefined) return wrongUsage("dial", "--to is missing: who is to be called?");
  for (const [option, number] of Object.entries({ to, from })) {
    if (number !== undefined && !E164.test(number)) {
      return wrongUsage(
        "dial",
        `--${option} must be a number in E.164, + and 7 to 15 digits, such as +15550100001.`,
      );
    }
  }
  if (!["off", "hang-up", "leave-message"].includes(detection)) {
    return wrongUsage(
      "dial",
      `--machine-detection is ${detection}; it must be off, hang-up or leave-message.`,
    );
  }
  const variables = set && readVariables(set);
  if (typeof variables === "string") return wrongUsage("dial", variables);
  const running = await findServer("dial", server, env);
  if (typeof running === "number") return running;
  const body = { to, from, business, machineDetection: detection.replace("-", "_"), variables };
  const placed = await operatorRequest(running, { path: "/calls", body }, "The call was not placed");
  if (typeof placed === "number") return placed;
  console.log((placed as { callSid: string }).callSid);
  return EXIT.good;
}

/** The variables of `--set` options, or what is wrong with one. */
function readVariables(given: readonly string[]): Record<string, string> | string {
  const variables: Record<string, string> = {};
  for (const text of given) {
    const at = text.indexOf("=");
    if (at < 1) return `--set ${text} must be NAME=VALUE.`;
    const name = text.slice(0, at);
    if (Object.hasOwn(variables, name)) return `--set gives ${name} twice.`;
    variables[name] = text.slice(at + 1);
  }
  return variables;
}
