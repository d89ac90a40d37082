import * as v from "valibot";
import { envLine, parseEnvFile } from "../../config/env_file.ts";
import { FIELDS } from "../../config/fields.ts";
import { answerTo, WrongAnswer } from "../answers.ts";
import type { Terminal } from "../terminal.ts";

/** Variables and their values; empty where nobody has given one yet. */
export type EnvAnswers = Readonly<Record<string, string>>;

type AskedField = "publicUrl" | "openaiApiKey" | "twilioAccountSid" | "twilioAuthToken";

/** What `.env` is to have, in its order. */
const ASKED: Readonly<Record<AskedField, { text: string; flag: string; isSecret?: boolean }>> = {
  publicUrl: { text: "The https URL by which Twilio reaches this server", flag: "public-url" },
  openaiApiKey: { text: "Key of OpenAI's API", flag: "OPENAI_API_KEY", isSecret: true },
  twilioAccountSid: { text: "Account SID of Twilio, AC…", flag: "TWILIO_ACCOUNT_SID" },
  twilioAuthToken: { text: "Auth token of Twilio", flag: "TWILIO_AUTH_TOKEN", isSecret: true },
};

/** Where the keys belong: kept with them where the environment names another place than the usual one. */
const PLACES = ["openaiBaseUrl", "realtimeUrl", "twilioApiUrl"] as const;

/**
 * The variables for `.env`: what is given or known already, and on a terminal what is answered. Secrets are
 * no options: others on the machine could see them. They come from the environment, or are asked for.
 *
 * @param env values by variable name
 * @throws {AppError} `usage`
 */
export async function envAnswers(
  env: Readonly<Record<string, string | undefined>>,
  publicUrl: string | undefined,
  terminal: Terminal | undefined,
): Promise<EnvAnswers> {
  const answers: Record<string, string> = {};
  for (const [field, { text, flag, isSecret }] of Object.entries(ASKED)) {
    const { env: name, schema } = FIELDS[field as AskedField];
    const known = (field === "publicUrl" ? publicUrl : undefined) ?? (env[name] || undefined);
    answers[name] = await answerTo(
      {
        flag,
        text: `${text} (empty: later, in .env)`,
        standard: "",
        isSecret,
        read: (value) => {
          if (value === "") return "";
          const { success, issues } = v.safeParse(schema, value);
          return success ? value.trim() : new WrongAnswer(issues[0].message);
        },
      },
      known,
      terminal,
    );
  }
  for (const { env: name, default: standard } of PLACES.map((field) => FIELDS[field])) {
    const value = env[name];
    if (value && value !== standard) answers[name] = value;
  }
  return answers;
}

const HEAD =
  `# What slimline reads in the folder that it is started in. A variable of the environment goes before it.
# Keep this file to yourself, and out of version control: it holds secrets.
`;

/**
 * The text of `.env` with these variables: those that it lacks are added, and those that it leaves empty are
 * filled. The rest of it stays.
 *
 * @param before what it says already; default there is none
 * @param force other values are replaced, too
 */
export function envText(answers: EnvAnswers, before: string | undefined, force: boolean): string {
  let text = before ?? HEAD;
  for (const [name, value] of Object.entries(answers)) {
    const line = new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=.*$`, "m");
    const there = line.exec(text)?.[0];
    if (there !== undefined) {
      if (value !== "" && (force || parseEnvFile(there).get(name) === "")) {
        text = text.replace(line, () => envLine(name, value));
      }
      continue;
    }
    const about = Object.values(FIELDS).find(({ env }) => env === name)?.about ?? "";
    text = `${text.trimEnd()}\n\n${comment(about)}\n${envLine(name, value)}\n`;
  }
  return text;
}

/** Longest line of the file. */
const LINE_CHARS = 110;

function comment(about: string): string {
  let text = "";
  let line = "#";
  for (const word of (about.charAt(0).toUpperCase() + about.slice(1)).split(" ")) {
    if (line.length + word.length >= LINE_CHARS) {
      text += `${line}\n`;
      line = "#";
    }
    line += ` ${word}`;
  }
  return text + line;
}

/** Variables of ours that may be shown. */
const SHOWN: ReadonlySet<string> = new Set(
  Object.values(FIELDS).map(({ env }) => env).filter((name) => !/_(?:KEY|TOKEN)$|^MONGODB_URI$/.test(name)),
);

/** The same text as it may be shown: secrets, and what belongs to other programs, by their length alone. */
export function shownEnvText(text: string): string {
  return text.replace(
    /^([ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*)(\S.*)$/gm,
    (_, before: string, name: string, value: string) =>
      before +
      (SHOWN.has(name)
        ? value.replace(/(\/\/[^/@\s]*:)[^/@\s]*@/, "$1…@")
        : `[${value.length} characters, not shown]`),
  );
}
