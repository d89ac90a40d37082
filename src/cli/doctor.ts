import { loadConfig, type LoadOptions } from "../config/config.ts";
import { readEnvironment, readVariable } from "../config/environment.ts";
import { examine } from "../app/examine.ts";
import type { Finding } from "../app/finding.ts";
import { businessSource, sharedServices } from "../services/shared_services.ts";
import { createLog } from "../observability/log.ts";
import { SystemClock } from "../util/system_clock.ts";
import { EXIT, failure, parseCommand } from "./arguments.ts";

const HELP = `Usage: slimline doctor

Tells whether calls can be taken, before the first one comes: reads the configuration and the businesses, opens
and closes the session of each business, looks for models that will be shut down, asks Twilio whether the numbers ring here, writes to the data folder, and asks
for the server at PUBLIC_URL. Costs nothing and changes nothing.

Exit codes: 0 nothing bad, 1 something bad, 2 the configuration cannot be used.`;

const MARKS: Readonly<Record<Finding["state"], string>> = { good: "ok", doubtful: "?", bad: "BAD" };

/**
 * `slimline doctor`: looks at everything that calls will need.
 *
 * @param env values by variable name; default the process's
 */
export async function doctor(argv: string[], env: LoadOptions["env"] = readEnvironment()): Promise<number> {
  const parsed = parseCommand({ command: "doctor", args: argv, options: {} }, HELP);
  if (typeof parsed === "number") return parsed;
  let config;
  try {
    config = loadConfig({ env });
  } catch (error) {
    return failure(error);
  }
  print({ subject: "Configuration", state: "good", detail: "complete" });
  let bad = 0;
  const [clock, log] = [new SystemClock(), createLog()];
  await using services = sharedServices(config, clock, log);
  const source = await businessSource({ config, services, secrets: readVariable, clock, log });
  for await (const finding of examine(config, source, clock)) {
    if (finding.state === "bad") bad++;
    print(finding);
  }
  console.log(
    bad === 0
      ? "\nCalls can be taken."
      : `\n${bad} ${bad === 1 ? "problem" : "problems"} to fix before calls can be taken.`,
  );
  return bad === 0 ? EXIT.good : EXIT.failed;
}

function print({ subject, state, detail, remedy }: Finding): void {
  console.log(`${MARKS[state].padEnd(4)} ${subject.padEnd(14)} ${detail}`);
  if (remedy !== undefined) console.log(`${" ".repeat(20)}→ ${remedy}`);
}
