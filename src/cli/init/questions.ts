import * as v from "valibot";
import { BUSINESS_FILE, BUSINESS_ID, toBusinessId } from "../../businesses/schema/business_file.ts";
import { telephone } from "../../businesses/schema/field_forms.ts";
import { TIME_ZONE } from "../../businesses/schema/hours_fields.ts";
import { answerTo, usage, WrongAnswer } from "../answers.ts";
import type { BusinessAnswers, Starter, WeekHours } from "./starter_business.ts";
import type { Terminal } from "../terminal.ts";
import { readWeekHours, weekHoursText } from "./week_hours.ts";

/** What was given on the command line: the words behind the command, and the options. */
export interface GivenAnswers {
  readonly words: string;
  readonly name?: string;
  readonly number?: readonly string[];
  readonly hours?: string;
  readonly "time-zone"?: string;
  readonly language?: string;
  readonly voice?: string;
  readonly transfer?: readonly string[];
  readonly wants?: readonly string[];
  readonly about?: readonly string[];
}

/** Answers everything about the business itself. @throws {AppError} `usage` */
export async function businessAnswers(
  given: GivenAnswers,
  starter: Starter,
  terminal: Terminal | undefined,
): Promise<BusinessAnswers> {
  const id = idOf(given.words);
  const about = starter.business as { language: string; voice: string; hours?: { week: WeekHours } };
  const name = await answerTo(
    {
      flag: "name",
      text: "Name, as it is spoken",
      standard: BUSINESS_ID.test(given.words) ? titleOf(id) : given.words,
      read: checked(BUSINESS_FILE.entries.name),
    },
    given.name,
    terminal,
  );
  const numbers = await answerTo(
    {
      flag: "number",
      text: "Twilio number that it answers, such as +15550100000",
      read: readNumbers,
    },
    given.number?.join(","),
    terminal,
  );
  const hours = await answerTo(
    {
      flag: "hours",
      text: 'Opening hours, such as "mon-fri 8-12 13-17:30, sat 9-12", or "always"',
      standard: about.hours === undefined ? "always" : weekHoursText(about.hours.week),
      read: (text) => {
        const hours = readWeekHours(text);
        return hours !== "always" && "problem" in hours ? new WrongAnswer(String(hours.problem)) : hours;
      },
    },
    given.hours,
    terminal,
  );
  const timeZone = await answerTo(
    {
      flag: "time-zone",
      text: "Time zone",
      standard: Intl.DateTimeFormat().resolvedOptions().timeZone,
      read: checked(TIME_ZONE),
    },
    given["time-zone"],
    terminal,
  );
  const language = await answerTo(
    {
      flag: "language",
      text: "Language, as an ISO-639 code",
      standard: about.language,
      read: checked(v.unwrap(BUSINESS_FILE.entries.language)),
    },
    given.language,
    terminal,
  );
  const voice = await answerTo(
    {
      flag: "voice",
      text: "Voice: marin, cedar, alloy, ash, ballad, coral, echo, sage, shimmer or verse",
      standard: about.voice,
      read: (text) => {
        const read = checked(v.unwrap(BUSINESS_FILE.entries.voice))(text);
        return read instanceof WrongAnswer ? read : text;
      },
    },
    given.voice,
    terminal,
  );
  const transfers = await transferAnswers(given, starter, terminal);
  const wants = await linesFor("wants", "What may callers want?", given.wants, terminal);
  const facts = await linesFor(
    "about",
    "What may callers be told, such as the address?",
    given.about,
    terminal,
  );
  return { id, name, numbers, hours, timeZone, language, voice, transfers, wants, facts };
}

/** The id that stands for the words behind the command. @throws {AppError} `usage` */
function idOf(words: string): string {
  const id = toBusinessId(words);
  if (BUSINESS_ID.test(id)) return id;
  throw usage(
    words === ""
      ? "A name for the business is needed, such as: slimline init linden-street"
      : "NAME has neither letters from a to z nor digits, of which the name of its file is made: choose one " +
        "that has, and give the spoken name by --name.",
  );
}

/** `linden-street` as `Linden Street`. */
function titleOf(id: string): string {
  return id.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ");
}

/** Reads by a schema. */
function checked<Value>(schema: v.GenericSchema<unknown, Value>): (text: string) => Value | WrongAnswer {
  return (text) => {
    const { success, output, issues } = v.safeParse(schema, text);
    return success ? output : new WrongAnswer(issues[0].message);
  };
}

const readNumber = checked(telephone());

/** A number as people write it. */
function plainNumber(text: string): string | WrongAnswer {
  return readNumber(text.replace(/[\s().\u2010-\u2015/-]/g, ""));
}

function readNumbers(text: string): string[] | WrongAnswer {
  const read = text.split(",").map(plainNumber);
  const wrong = read.find((number) => number instanceof WrongAnswer);
  return wrong ?? read as string[];
}

/** A transfer as it is given: `NAME=NUMBER`. */
function readTransfer(text: string): { name: string; number: string } | WrongAnswer {
  const [name, ...rest] = text.split("=");
  const number = plainNumber(rest.join("="));
  if (rest.length === 0 || name.trim() === "" || name.length > 64) {
    return new WrongAnswer("must be NAME=NUMBER, such as Reception=+15550100101");
  }
  return number instanceof WrongAnswer ? number : { name: name.trim(), number };
}

async function transferAnswers(
  { transfer = [] }: GivenAnswers,
  { business }: Starter,
  terminal: Terminal | undefined,
) {
  const given = [];
  for (const text of transfer) {
    given.push(await answerTo({ flag: "transfer", text: "", read: readTransfer }, text, undefined));
  }
  const known = (business.transfers ?? []) as { name: string; description: string }[];
  if (terminal === undefined) return given;
  for (const { name, description } of known) {
    if (given.some((one) => one.name.toLowerCase() === name.toLowerCase())) continue;
    const number = await answerTo(
      {
        flag: "transfer",
        text: `Number of "${name}" to put callers through to. ${description} Empty: nobody`,
        standard: "",
        read: (text) => text === "" ? "" : plainNumber(text),
      },
      undefined,
      terminal,
    );
    if (number !== "") given.push({ name, number });
  }
  return given;
}

/** Most lines that are asked for one after the other. */
const MAX_LINES = 50;

async function linesFor(
  flag: string,
  question: string,
  given: readonly string[] | undefined,
  terminal: Terminal | undefined,
): Promise<readonly string[]> {
  const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();
  if (given !== undefined || terminal === undefined) return (given ?? []).map(oneLine).filter((text) => text);
  const lines: string[] = [];
  terminal.say(`${question} One a line; an empty line ends them.`);
  while (lines.length < MAX_LINES) {
    const line = await answerTo({ flag, text: " ", standard: "", read: oneLine }, undefined, terminal);
    if (line === "") break;
    lines.push(line);
  }
  return lines;
}
