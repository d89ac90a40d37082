import * as v from "valibot";
import { FolderSource } from "../../businesses/folder_source.ts";
import { problemLine } from "../../businesses/problem.ts";
import { readBusiness } from "../../businesses/read_business.ts";
import { readSource } from "../../businesses/settle.ts";
import type { LoadOptions } from "../../config/config.ts";
import { ENV_FILE } from "../../config/env_file.ts";
import { readEnvironment, readVariable } from "../../config/environment.ts";
import { FIELDS } from "../../config/fields.ts";
import { businessPlace } from "../../config/variable_kinds.ts";
import { SystemClock } from "../../util/system_clock.ts";
import { usage } from "../answers.ts";
import { EXIT, failure, parseCommand, typedCommand } from "../arguments.ts";
import { readFallbackUrl } from "../fallback_url.ts";
import { ownTerminal, type Terminal } from "../terminal.ts";
import { accountIn, setAtTwilio } from "./account.ts";
import { type EnvAnswers, envAnswers, envText, shownEnvText } from "./env_answers.ts";
import { type FileStep, planFiles, type PlannedFile, readIfThere, writeFiles } from "./planned_files.ts";
import { businessAnswers, type GivenAnswers } from "./questions.ts";
import { type StarterBusiness, starterBusiness } from "./starter_business.ts";
import { SCHEMA_TEXT, STARTERS } from "./starters.ts";

const HELP = `Usage: slimline init NAME [OPTIONS]

Makes a business, ready to run: its file and its instructions in BUSINESSES, and .env with the configuration.
On a terminal it asks for what no option gives; elsewhere --number is needed. Starts from an example, without
what that has for show: its numbers, people, addresses and tools.

  NAME             such as linden-street, or "Linden Street Dental Practice"
  --from EXAMPLE   ${Object.keys(STARTERS).join(", ")} (default office)
  --name TEXT      name, as it is spoken (default made of NAME)
  --number NUMBER  Twilio number that it answers; may be given several times
  --hours TEXT     such as "mon-fri 8-12 13-17:30, sat 9-12", or "always" (default those of the example)
  --time-zone ZONE such as Europe/Berlin (default that of this machine)
  --language CODE  such as en
  --voice VOICE    such as marin
  --transfer NAME=NUMBER
                   whom a call can be put through to; may be given several times
  --wants TEXT     what callers may want; may be given several times (default what the example says)
  --about TEXT     what callers may be told, such as the address; may be given several times
  --public-url URL the https URL by which Twilio reaches the server (default PUBLIC_URL)
  --fallback-url URL
                   what Twilio asks when it does not reach the server, such as a TwiML Bin (default as it is)
  --yes            change the numbers at Twilio without asking
  --force          replace files that are there, and other values in .env, which keeps the rest that it has
  --dry-run        show what would be written, and write nothing

Keys are no options, since others on the machine could see them: OPENAI_API_KEY, TWILIO_ACCOUNT_SID and
TWILIO_AUTH_TOKEN come from the environment, are asked for, or are left empty in .env. Where they and PUBLIC_URL
are known, it shows what has to be set for the numbers at Twilio, asks, and sets exactly that; slimline doctor
--fix does the same later, and slimline doctor --undo puts back what was there.

Exit codes: 0 written, 1 it failed, or a file is there already; 2 wrong usage.`;

const OPTIONS = {
  from: { type: "string", default: "office" },
  name: { type: "string" },
  number: { type: "strings" },
  hours: { type: "string" },
  "time-zone": { type: "string" },
  language: { type: "string" },
  voice: { type: "string" },
  transfer: { type: "strings" },
  wants: { type: "strings" },
  about: { type: "strings" },
  "public-url": { type: "string" },
  "fallback-url": { type: "string" },
  yes: { type: "boolean", default: false },
  force: { type: "boolean", default: false },
  "dry-run": { type: "boolean", default: false },
} as const;

/** What the command works with besides its arguments. */
export interface InitContext {
  /** Values by variable name; default the process's. */
  readonly env?: LoadOptions["env"];
  /** Who is asked. Default the terminal that the process is started in, if there is one. */
  readonly terminal?: Terminal;
  /** Where `.env` is written; default the current folder. */
  readonly folder?: string;
}

/** `slimline init NAME`: makes a business file, its instructions and `.env`. */
export async function init(argv: string[], context: InitContext = {}): Promise<number> {
  const parsed = parseCommand(
    { command: "init", args: argv, options: OPTIONS, allowPositionals: true },
    HELP,
  );
  if (typeof parsed === "number") return parsed;
  const { from, force, "dry-run": isDry, "public-url": publicUrl, ...given } = parsed.values;
  const { env = readEnvironment(), terminal = ownTerminal(), folder = "." } = context;
  try {
    const starter = Object.hasOwn(STARTERS, from) ? STARTERS[from] : undefined;
    if (!starter) {
      throw usage(`There is no example "${from}"; there are ${Object.keys(STARTERS).join(", ")}.`);
    }
    const words = parsed.positionals.join(" ").trim();
    const answers = await businessAnswers({ words, ...given } as GivenAnswers, starter, terminal);
    const variables = await envAnswers(env, publicUrl, terminal);
    const account = accountIn({ ...env, ...known(variables) });
    const fallbackUrl = await readFallbackUrl(
      parsed.values["fallback-url"],
      account && !isDry ? terminal : undefined,
    );
    const made = starterBusiness(starter, answers);
    const files = await filesOf(answers.id, made, variables, businessFolder(env), { folder, force });
    await check(answers.id, files);
    const steps = await planFiles(files, force);
    if (isDry) show(steps);
    else await writeFiles(steps);
    tell(steps, made, variables, isDry);
    const problems = isDry ? [] : await problemsNow(businessFolder(env), folder);
    for (const problem of problems) console.log(`To be mended: ${problem}`);
    const isSet = await setAtTwilio(answers.numbers, account, {
      isSure: parsed.values.yes,
      isDry,
      fallbackUrl,
      terminal,
    });
    if (!isDry) console.log(NEXT);
    return isSet && problems.length === 0 ? EXIT.good : EXIT.failed;
  } catch (error) {
    return failure(error, "slimline init: ");
  }
}

/** @throws {AppError} `usage` */
function businessFolder(env: NonNullable<LoadOptions["env"]>): string {
  const place = v.safeParse(businessPlace.schema, env.BUSINESSES || FIELDS.businesses.default);
  if (place.success && place.output.in === "folder") return place.output.path.replace(/\/+$/, "");
  throw usage(
    "BUSINESSES is no folder, and this writes files: insert the document into the collection yourself.",
  );
}

async function filesOf(
  id: string,
  { business, instructions }: StarterBusiness,
  variables: EnvAnswers,
  businesses: string,
  { folder, force }: { folder: string; force: boolean },
): Promise<PlannedFile[]> {
  const place = placeOf(businesses, folder);
  const path = (name: string) => `${place}/${name}`.replace(/^\.\//, "");
  const envPath = `${folder}/${ENV_FILE}`.replace(/^\.\//, "");
  const env = envText(variables, await readIfThere(envPath), force);
  return [
    { path: path("business.schema.json"), text: SCHEMA_TEXT, shown: "(the JSON schema)", ifThere: "keep" },
    { path: path(`${id}.md`), text: instructions, ifThere: "refuse" },
    { path: path(`${id}.json`), text: `${JSON.stringify(business, undefined, 2)}\n`, ifThere: "refuse" },
    { path: envPath, text: env, shown: shownEnvText(env), isPrivate: true, ifThere: "replace" },
  ];
}

/** Reads the business as a server would. @throws {AppError} `usage` with everything that is wrong with it */
async function check(id: string, files: readonly PlannedFile[]): Promise<void> {
  const [, instructions, { text }] = files;
  const read = await readBusiness(`${id}.json`, text, {
    secrets: () => undefined,
    named: { id, by: "the name" },
    readInstructions: () => Promise.resolve(instructions.text),
  });
  if ("problems" in read) {
    throw usage(["It would not be served:", ...read.problems.map(problemLine)].join("\n  "));
  }
}

function show(steps: readonly FileStep[]): void {
  for (const { file: { path, text, shown = text, isPrivate }, step } of steps) {
    if (step === "keep") continue;
    console.log(`--- ${path}${isPrivate ? " (for its owner alone)" : ""}\n${shown.trimEnd()}\n`);
  }
}

function tell(
  steps: readonly FileStep[],
  { leftOut }: StarterBusiness,
  variables: EnvAnswers,
  isDry: boolean,
): void {
  const named = (wanted: FileStep["step"]) =>
    steps.filter(({ step }) => step === wanted).map(({ file }) => file.path);
  const would = isDry ? "Would " : "";
  const lines: [string, string[]][] = [
    [isDry ? "Would write" : "Wrote", named("write")],
    [isDry ? "Would change" : "Changed", named("replace")],
    [`${would}${would ? "keep" : "Kept"}, as it is there already:`, named("keep")],
  ];
  for (const [verb, paths] of lines) if (paths.length > 0) console.log(`${verb} ${paths.join(", ")}`);
  for (const part of leftOut) console.log(`Left out: ${part}`);
  const missing = Object.keys(variables).filter((name) => variables[name] === "");
  if (missing.length > 0) {
    console.log(`Still to be set, in .env or in the environment: ${missing.join(", ")}`);
  }
}

const NEXT = `
Next:
  ${typedCommand("try")}       talk to it by your browser's microphone
  ${typedCommand("doctor")}    tells whether calls can be taken
  ${typedCommand("serve")}     answers calls`;

/** Variables that have a value. */
function known(variables: EnvAnswers): EnvAnswers {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
}

/** What a server would find wrong with the folder now, such as a number that another business has. */
async function problemsNow(businesses: string, folder: string): Promise<readonly string[]> {
  const source = new FolderSource(placeOf(businesses, folder), readVariable, new SystemClock());
  return (await readSource(source)).problems;
}

/** Where the folder of businesses is, when `.env` is in `folder`. */
function placeOf(businesses: string, folder: string): string {
  return businesses.startsWith("/") ? businesses : `${folder}/${businesses.replace(/^\.\//, "")}`;
}
