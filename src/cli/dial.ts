import { configProblemLine, type LoadOptions, readFields } from "../config/config.ts";
import { readEnvironment } from "../config/environment.ts";
import { reasonOf } from "../util/errors.ts";
import { readBounded } from "../util/read_text.ts";
import { findAdminToken } from "./admin_token.ts";
import { EXIT, parseCommand, wrongUsage } from "./arguments.ts";

/** Longer than the server takes at worst: two attempts at Twilio of 5 s each, and the pause between them. */
const TIMEOUT_MS = 15_000;
/** Longest answer read. */
const MAX_ANSWER_BYTES = 65_536;

const HELP = `Usage: slimline dial --to +NUMBER [OPTIONS]

Lets a running server call somebody. Prints the CallSid once Twilio has taken the call.

  --to +NUMBER             who is called, in E.164, such as +15550100001
  --from +NUMBER           the number that calls; by default one of the business's
  --business ID            the business that speaks; by default the one of --from
  --machine-detection HOW  when a machine answers: off (the default, talk to it), hang-up, or leave-message
  --set NAME=VALUE         what stands for {{NAME}} in the instructions and the greeting; once for each name
  --server URL             the running server; by default http://127.0.0.1 on PORT, else 8080

ADMIN_TOKEN from the environment is sent as bearer token, else what a server on this machine has put into DATA_DIR. Exit codes: 0 placed, 1 not placed, 2 wrong usage.`;

const OPTIONS = {
  to: { type: "string" },
  from: { type: "string" },
  business: { type: "string" },
  "machine-detection": { type: "string", default: "off" },
  set: { type: "strings" },
  server: { type: "string" },
} as const;

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
  if (!["off", "hang-up", "leave-message"].includes(detection)) {
    return wrongUsage(
      "dial",
      `--machine-detection is ${detection}; it must be off, hang-up or leave-message.`,
    );
  }
  const variables = set && readVariables(set);
  if (typeof variables === "string") return wrongUsage("dial", variables);
  if (server !== undefined && !/^https?:$/.test(URL.parse(server)?.protocol ?? "")) {
    return wrongUsage("dial", `--server is ${server}; it must be a URL such as http://127.0.0.1:8080.`);
  }
  const { raw, problems } = readFields(env);
  const needed = ["ADMIN_TOKEN", "DATA_DIR", ...server === undefined ? ["PORT"] : []];
  const wrong = problems.filter(({ env }) => needed.includes(env));
  for (const problem of wrong) console.error(configProblemLine(problem));
  if (wrong.length > 0) return EXIT.usage;
  const url = `${(server ?? `http://127.0.0.1:${raw.port}`).replace(/\/+$/, "")}/calls`;
  return await post(url, await findAdminToken(raw, url), {
    to,
    from,
    business,
    machineDetection: detection.replace("-", "_"),
    variables,
  });
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

/** Sends the request, prints the outcome, and resolves with the exit code. */
async function post(
  url: string,
  adminToken: string | undefined,
  request: Record<string, unknown>,
): Promise<number> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...adminToken !== undefined && { authorization: `Bearer ${adminToken}` },
      },
      body: JSON.stringify(request),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body = await readBounded(response.body, MAX_ANSWER_BYTES) ?? "";
    if (response.status === 201) {
      console.log(JSON.parse(body).callSid);
      return EXIT.good;
    }
    console.error(`The call was not placed (HTTP ${response.status}):\n${readProblems(body).join("\n")}`);
    return response.status === 400 ? EXIT.usage : EXIT.failed;
  } catch (error) {
    console.error(`The call was not placed by ${url}: ${reasonOf(error)}`);
    return EXIT.failed;
  }
}

/** The server's problems, one a line; or the text of whatever else answered. */
function readProblems(body: string): string[] {
  try {
    const { problems } = JSON.parse(body);
    if (Array.isArray(problems)) return problems.map((problem) => `  ${problem}`);
  } catch {
    // not the JSON of POST /calls
  }
  return [`  ${body.trim()}`];
}
