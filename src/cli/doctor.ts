import { escapeLines } from "../observability/text_line.ts";
import { examine } from "../app/examine.ts";
import type { Finding } from "../app/finding.ts";
import { wantedSettings } from "../app/number_settings.ts";
import { readSource } from "../businesses/settle.ts";
import { ConfigError, loadConfig, type LoadOptions } from "../config/config.ts";
import { readEnvironment, readVariable } from "../config/environment.ts";
import { createLog } from "../observability/log.ts";
import { businessSource, sharedServices } from "../services/shared_services.ts";
import { reasonOf } from "../util/errors.ts";
import { SystemClock } from "../util/system_clock.ts";
import { EXIT, failure, parseCommand, wrongUsage } from "./arguments.ts";
import { readFallbackUrl } from "./fallback_url.ts";
import { putNumbersBack, setNumbers } from "./number_changes.ts";
import { ownTerminal, type Terminal } from "./terminal.ts";

const HELP = `Usage: slimline doctor [--quick] [--fix [--fallback-url URL] | --undo] [--yes]

Tells whether calls can be taken, before the first one comes. Reads the configuration and the businesses; opens
and closes the session of each business, whose MCP servers OpenAI asks for their tools; looks for models that
will be shut down; asks HTTP tools, lookups and record webhooks by HEAD whether a server is there; looks whether
knowledge that is switched on is empty; asks Twilio whether the numbers ring here, and their fallback for TwiML;
compares the clock with Twilio's and OpenAI's; writes to the data folder; asks for the server at PUBLIC_URL, and
holds a WebSocket there for 65 s, as a call does. Costs nothing and changes nothing.

  --quick  does not hold the WebSocket: whether a proxy cuts it is then not known
  --fix    first sets the numbers at Twilio so that they ring here: shows each change, asks, and makes exactly
           those; needs TWILIO_ACCOUNT_SID
  --fallback-url URL
           with --fix, what Twilio asks when it does not reach the server (default as it is)
  --undo   puts back what --fix, or slimline init, has changed at Twilio, in the same way, and ends
  --yes    changes without asking

Exit codes: 0 calls can be taken, and all of it was looked at; 1 something is bad; 2 the configuration cannot be
used, or wrong usage; 3 nothing is bad, but something could not be found out ("Not known").`;

const OPTIONS = {
  quick: { type: "boolean", default: false },
  fix: { type: "boolean", default: false },
  undo: { type: "boolean", default: false },
  yes: { type: "boolean", default: false },
  "fallback-url": { type: "string" },
} as const;

const MARKS: Readonly<Record<Finding["state"], string>> = {
  good: "ok",
  doubtful: "!",
  unknown: "?",
  bad: "BAD",
};

/** What the command works with besides its arguments. */
export interface DoctorContext {
  /** Who is asked; default the terminal that the process is started in, if there is one. */
  readonly terminal?: Terminal;
  /** How long a WebSocket at `PUBLIC_URL` must stay open. */
  readonly holdMs?: number;
  /** Where variables may stand; default `.env` in the current folder. */
  readonly envFile?: string;
}

/**
 * `slimline doctor`: looks at everything that calls will need. What it cannot find out it says; it never
 * throws.
 *
 * @param env values by variable name; default the process's
 */
export async function doctor(
  argv: string[],
  env: LoadOptions["env"] = readEnvironment(),
  context: DoctorContext = {},
): Promise<number> {
  const parsed = parseCommand({ command: "doctor", args: argv, options: OPTIONS }, HELP);
  if (typeof parsed === "number") return parsed;
  const { fix, undo, "fallback-url": fallbackUrl } = parsed.values;
  if (fix && undo) return wrongUsage("doctor", "--fix and --undo exclude each other.");
  if (fallbackUrl !== undefined && !fix) return wrongUsage("doctor", "--fallback-url is for --fix.");
  const findings: Finding[] = [];
  const tell = (finding: Finding) => {
    findings.push(finding);
    print(finding);
  };
  try {
    const ended = await look(parsed.values, env, context, tell);
    if (ended !== undefined) return ended;
  } catch (error) {
    tell({ subject: "Doctor", state: "unknown", detail: `could not go on: ${reasonOf(error)}` });
  }
  return conclude(findings);
}

/** Finds out all that it can. Resolves with an exit code where there is nothing to conclude. */
async function look(
  { quick, fix, undo, yes: isSure, "fallback-url": fallbackUrl }: {
    quick: boolean;
    fix: boolean;
    undo: boolean;
    yes: boolean;
    "fallback-url": string | undefined;
  },
  env: LoadOptions["env"],
  { terminal = ownTerminal(), holdMs, envFile }: DoctorContext,
  tell: (finding: Finding) => void,
): Promise<number | undefined> {
  let config;
  try {
    config = loadConfig({ env });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { allProblems } = await import("./serve/run_server.ts");
    console.error(await allProblems(error, env));
    return EXIT.usage;
  }
  const [clock, log] = [new SystemClock(), createLog()];
  await using services = sharedServices(config, clock, log);
  const source = await businessSource({ config, services, secrets: readVariable, clock, log });
  const work = { config, clock, terminal, isSure };
  try {
    if (undo) return await putNumbersBack(work) === "left" ? EXIT.failed : EXIT.good;
    if (fix) {
      const { businesses } = await readSource(source);
      const numbers = businesses.flatMap((business) => business.numbers);
      const wanted = wantedSettings(config.publicUrl, await readFallbackUrl(fallbackUrl, terminal));
      await setNumbers(numbers, wanted, work);
      console.log();
    }
  } catch (error) {
    return failure(error, "slimline doctor: ");
  }
  tell({ subject: "Configuration", state: "good", detail: "complete" });
  const onHold = (ms: number) =>
    console.error(
      `Beside the rest, a WebSocket at PUBLIC_URL is held for ${Math.round(ms / 1_000)} s; --quick does not.`,
    );
  for await (
    const finding of examine({
      config,
      source,
      services,
      clock,
      log,
      holdMs: quick ? 0 : holdMs,
      onHold,
      envFile,
    })
  ) tell(finding);
  return undefined;
}

/** Says what it comes to. Returns the exit code. */
function conclude(findings: readonly Finding[]): number {
  const bad = findings.filter(({ state }) => state === "bad").length;
  if (bad > 0) {
    console.log(`\n${bad} ${bad === 1 ? "problem" : "problems"} to fix before calls can be taken.`);
    return EXIT.failed;
  }
  const unknown = new Set(findings.filter(({ state }) => state === "unknown").map(({ subject }) => subject));
  if (unknown.size > 0) {
    console.log(`\nNothing is bad. Not known: ${[...unknown].join(", ")}.`);
    return EXIT.unknown;
  }
  console.log("\nCalls can be taken.");
  return EXIT.good;
}

function print({ subject, state, detail, remedy }: Finding): void {
  console.log(escapeLines(`${MARKS[state].padEnd(4)} ${subject.padEnd(14)} ${detail}`));
  if (remedy !== undefined) console.log(escapeLines(`${" ".repeat(20)}→ ${remedy}`));
}
