import { configProblemLine, type LoadOptions, readFields } from "../config/config.ts";
import { readEnvironment } from "../config/environment.ts";
import { reasonOf } from "../util/errors.ts";
import { ownAddress } from "../util/loopback.ts";
import { EXIT, parseCommand, wrongUsage } from "./arguments.ts";

const TIMEOUT_MS = 3_000;

const HELP = `Usage: slimline healthcheck [--port N]

Asks GET /healthz of the server on this machine, at HOST and PORT: exit code 0 when it answers 200, else 1.

  --port N  its port; by default PORT, else 8080`;

/**
 * `slimline healthcheck`: for a container's health probe, where there is no curl.
 *
 * @param env values by variable name; default the process's
 */
export async function healthcheck(
  argv: string[],
  env: NonNullable<LoadOptions["env"]> = readEnvironment(),
): Promise<number> {
  const options = { port: { type: "string" } } as const;
  const parsed = parseCommand({ command: "healthcheck", args: argv, options }, HELP);
  if (typeof parsed === "number") return parsed;
  const { raw: { host = "", port = 0 }, problems } = readFields({
    ...env,
    PORT: parsed.values.port ?? env.PORT,
  });
  const problem = problems.find(({ env }) => env === "PORT");
  if (problem) {
    if (parsed.values.port !== undefined) return wrongUsage("healthcheck", `--port ${problem.problem}.`);
    console.error(configProblemLine(problem));
    return EXIT.usage;
  }
  try {
    const answer = await fetch(`${ownAddress(host, port)}/healthz`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await answer.body?.cancel();
    if (answer.ok) return EXIT.good;
    console.error(`unhealthy: HTTP ${answer.status}`);
  } catch (error) {
    console.error(`unhealthy: ${reasonOf(error)}`);
  }
  return EXIT.failed;
}
