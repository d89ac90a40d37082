import { loadConfig, type LoadOptions } from "../config/config.ts";
import { readEnvironment, readVariable } from "../config/environment.ts";
import { examine } from "../app/examine.ts";
import type { Finding } from "../app/finding.ts";
import { businessSource, sharedServices } from "../services/shared_services.ts";
import { createLog } from "../observability/log.ts";
import { SystemClock } from "../util/system_clock.ts";
import { wantedSettings } from "../app/number_settings.ts";
import { readSource } from "../businesses/settle.ts";
import { EXIT, failure, parseCommand, wrongUsage } from "./arguments.ts";
import { readFallbackUrl } from "./fallback_url.ts";
import { putNumbersBack, setNumbers } from "./number_changes.ts";
import { ownTerminal, type Terminal } from "./terminal.ts";

const HELP = `Usage: slimline doctor [--fix [--fallback-url URL] | --undo] [--yes]

Tells whether calls can be taken, before the first one comes: reads the configuration and the businesses, opens
and closes the session of each business, looks for models that will be shut down, asks Twilio whether the numbers ring here, writes to the data folder, and asks
for the server at PUBLIC_URL. Costs nothing and changes nothing.

  --fix    first sets the numbers at Twilio so that they ring here: shows each change, asks, and makes exactly
           those; needs TWILIO_ACCOUNT_SID
  --fallback-url URL
           with --fix, what Twilio asks when it does not reach the server (default as it is)
  --undo   puts back what --fix, or slimline init, has changed at Twilio, in the same way, and ends
  --yes    changes without asking

Exit codes: 0 nothing bad, 1 something bad, 2 the configuration cannot be used.`;

const OPTIONS = {
  fix: { type: "boolean", default: false },
  undo: { type: "boolean", default: false },
  yes: { type: "boolean", default: false },
  "fallback-url": { type: "string" },
} as const;

const MARKS: Readonly<Record<Finding["state"], string>> = { good: "ok", doubtful: "?", bad: "BAD" };

/**
 * `slimline doctor`: looks at everything that calls will need.
 *
 * @param env values by variable name; default the process's
 */
export async function doctor(
  argv: string[],
  env: LoadOptions["env"] = readEnvironment(),
  terminal: Terminal | undefined = ownTerminal(),
): Promise<number> {
  const parsed = parseCommand({ command: "doctor", args: argv, options: OPTIONS }, HELP);
  if (typeof parsed === "number") return parsed;
  const { fix, undo, yes: isSure, "fallback-url": fallbackUrl } = parsed.values;
  if (fix && undo) return wrongUsage("doctor", "--fix and --undo exclude each other.");
  if (fallbackUrl !== undefined && !fix) return wrongUsage("doctor", "--fallback-url is for --fix.");
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
  const work = { config, clock, terminal, isSure };
  try {
    if (undo) return await putNumbersBack(work) === "left" ? EXIT.failed : EXIT.good;
    if (fix) {
      const { businesses } = await readSource(source);
      const numbers = businesses.flatMap((business) => business.numbers);
      await setNumbers(
        numbers,
        wantedSettings(config.publicUrl, await readFallbackUrl(fallbackUrl, terminal)),
        work,
      );
      console.log();
    }
  } catch (error) {
    return failure(error, "slimline doctor: ");
  }
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
