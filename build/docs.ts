// `deno task docs` writes the tables of docs/businesses.md and docs/configuration.md, which stand there between two comments;
// with --check it says what is out of date, and writes nothing. The prose around the tables is written by hand.

import { toJsonSchema } from "@valibot/to-json-schema";
import type { FieldNotes } from "../src/businesses/schema/field_forms.ts";
import { BUSINESS_FILE } from "../src/businesses/schema/business_file.ts";
import { OWN_HOLD_WORDS, OWN_WORDS, SPOKEN_MOMENTS, type SpokenMoment } from "../src/businesses/own_words.ts";
import { REQUIRED } from "../src/config/config.ts";
import { type Field, FIELDS } from "../src/config/fields.ts";

/** The pages that hold generated tables. */
export const PAGES = ["docs/businesses.md", "docs/configuration.md"] as const;

/** What is used of a JSON schema, with the notes for the documentation. */
interface Schema extends FieldNotes {
  type?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
}

/** A field of a business file as its table shows it. */
interface FieldRow {
  path: string;
  type: string;
  default: string;
  meaning: string;
}

/** Longest default that is shown in a table; longer ones have a list of their own. */
const MAX_DEFAULT_CHARS = 30;
/** Longest example in a table; a longer one is in the text. */
const MAX_EXAMPLE_CHARS = 60;
/** What these hold has no names of ours, or only those of weekdays and dates. */
const ONE_ROW = [
  "hours.week",
  "hours.days",
  "instructions",
  "tools.http[].parameters",
  "tools.http[].headers",
  "variables",
  "lookup.headers",
];

/** Names of fields, variables, tools and values, which descriptions leave plain for editors. */
const CODE =
  /\$\{BUSINESS_…\}|\bX-Slimline-Signature\b|\bslimline ingest\b|\b(?!kHz)[a-z]+[A-Z]\w*\b|\b[a-z]+_[a-z_]+\b|\b[A-Z]+_[A-Z_]+\b|\bnull\b/g;

/** A page with its tables as they should be. @throws {Error} when a field or variable is in no table, or in two */
export function withTables(page: string): string {
  const { tables, left } = page.includes("<!-- fields: ") ? fieldTables() : variableTables();
  const text = page.replace(/(<!-- ((?!end)[^\n]+) -->\n).*?(<!-- end -->)/gs, (_, start, name, end) => {
    const [kind, names = ""] = name.split(": ");
    return `${start}\n${tables[kind](names.split(" "))}\n\n${end}`;
  });
  if (left.size > 0) throw new Error(`No table has ${[...left.keys()].join(", ")}.`);
  return text;
}

/** Tables by the word in their comment, and what none of them has shown yet. */
interface Tables {
  tables: Record<string, (names: string[]) => string>;
  left: ReadonlySet<string> | ReadonlyMap<string, unknown>;
}

function fieldTables(): Tables {
  const schema = toJsonSchema(BUSINESS_FILE, { errorMode: "ignore", typeMode: "input" }) as Schema;
  const { $schema: _, ...fields } = schema.properties!;
  const words: string[][] = [];
  const left = new Set(Object.keys(fields));
  const fieldTable = (names: string[]) => {
    const rows = names.flatMap((name) => {
      if (!left.delete(name)) throw new Error(`There is no field ${name}, or another table has it.`);
      return [...fieldRows(fields[name], name, schema.required!.includes(name), words)];
    });
    return table(
      ["Field", "Type", "Default", "Meaning"],
      rows.map((row) => [
        `\`${row.path}\``,
        row.type,
        row.default,
        row.meaning,
      ]),
    );
  };
  const tables = {
    fields: fieldTable,
    "own words": () => table(["Field", "Words"], words),
    "spoken words": () => table(["Field", "Language", "Words"], spokenRows()),
  };
  return { tables, left };
}

/** The fields whose own words depend on the business's language. */
const SPOKEN_FIELDS: Readonly<Record<SpokenMoment, string>> = {
  busy: "busyWords",
  wait: "whenBusy.waitWords",
  outOfService: "outOfServiceWords",
  fallback: "fallback.words",
  closed: "hours.afterHours.words",
  thanks: "thanksWords",
  announcement: "transfers[].announcement",
  whisper: "transfers[].whisper",
};

function spokenRows(): string[][] {
  const rows = (field: string, said: (readonly [language: string, words: string])[]) =>
    said.map(([language, words], index) => [index === 0 ? `\`${field}\`` : "", language, words]);
  return [
    ...SPOKEN_MOMENTS.flatMap((moment) =>
      rows(
        SPOKEN_FIELDS[moment],
        Object.entries(OWN_WORDS).map(([language, words]) => [language, words[moment]]),
      )
    ),
    ...rows(
      "holdWords",
      Object.entries(OWN_HOLD_WORDS).map(([language, words]) => [language, words.join(" / ")]),
    ),
  ];
}

/** A field and those below it. Fields that several forms have are one row, with what each says of it. */
function* fieldRows(
  schema: Schema,
  path: string,
  isRequired: boolean,
  words: string[][],
): Generator<FieldRow> {
  yield {
    path,
    type: schema.form ?? typeText(schema),
    default: isRequired ? "required" : defaultText(schema, path, words),
    meaning: (schema.description ?? "").replace(CODE, "`$&`"),
  };
  if (!ONE_ROW.includes(path)) yield* rowsBelow(schema, path, words);
}

function* rowsBelow(schema: Schema, path: string, words: string[][]): Generator<FieldRow> {
  const { properties = {}, required = [], items, additionalProperties } = schema;
  for (const [name, field] of Object.entries(properties)) {
    yield* fieldRows(field, `${path}.${name}`, required.includes(name), words);
  }
  if (items) yield* rowsBelow(items, `${path}[]`, words);
  if (typeof additionalProperties === "object") yield* rowsBelow(additionalProperties, `${path}.KEY`, words);
  const forms = new Map<string, FieldRow>();
  for (const form of schema.oneOf ?? schema.anyOf ?? []) {
    const [by] = Object.values(form.properties ?? {}).flatMap((field) =>
      field.const === undefined ? [] : [field]
    );
    for (const row of rowsBelow(form, path, words)) {
      const meaning = by && row.meaning ? `\`${by.const}\`: ${row.meaning}` : row.meaning;
      const other = forms.get(row.path);
      if (!other) forms.set(row.path, { ...row, meaning });
      else {
        other.type += `, ${row.type}`;
        other.meaning += ` ${meaning}`;
      }
    }
  }
  yield* forms.values();
}

function typeText(schema: Schema): string {
  const { type, minimum, maximum, minLength, maxLength, minItems, maxItems, items, unit } = schema;
  const range = (least: number | undefined, most: number | undefined) =>
    least ? `${count(least)} to ${count(most!)}` : `at most ${count(most!)}`;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(", ");
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.anyOf) return schema.anyOf.map((form) => form.form ?? typeText(form)).join(" or ");
  if (type === "null") return "`null`";
  if (type === "boolean") return "`true`, `false`";
  if (type === "integer" || type === "number") {
    const kind = type === "integer" ? "whole number" : "number";
    return `${kind}, ${count(minimum!)} to ${count(maximum!)}${unit ? ` ${unit}` : ""}`;
  }
  if (type === "string") return `text, ${range(minLength, maxLength)} characters`;
  if (type === "array") {
    const item = items?.type === "object" ? "objects" : items?.form ?? typeText(items!);
    return `list of ${item}, ${range(minItems, maxItems)}`;
  }
  return "object";
}

function defaultText(schema: Schema, path: string, words: string[][]): string {
  const value = schema.default;
  if (schema.leftOut !== undefined) return schema.leftOut;
  if (value === undefined) return "—";
  if (typeof value === "string" && value.length > MAX_DEFAULT_CHARS) {
    words.push([`\`${path}\``, value]);
    return "own words";
  }
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map((one) => `\`${one}\``).join(", ");
  if (typeof value !== "object" || value === null) return `\`${JSON.stringify(value)}\``;
  const [first] = Object.values(value);
  return typeof first === "string" ? `\`${first}\`` : "—";
}

function variableTables(): Tables {
  const required: readonly string[] = REQUIRED.map((name) => FIELDS[name].env);
  const left = new Map<string, Field>(Object.values(FIELDS).map((field) => [field.env, field]));
  const variableTable = (names: string[]) =>
    table(
      ["Variable", "Default", "Value", "Meaning", "Example"],
      names.map((name) => {
        const field = left.get(name);
        if (!left.delete(name)) throw new Error(`There is no variable ${name}, or another table has it.`);
        const { wanted = "text", about, example, default: value } = field!;
        return [
          `\`${name}\``,
          required.includes(name) ? "required" : value === undefined ? "—" : `\`${value}\``,
          wanted.replace(/^one of (.+)$/, (_, all: string) => all.replace(/[\w-]+/g, "`$&`")).replace(
            /^an? /,
            "",
          ),
          `${about[0].toUpperCase()}${about.slice(1)}.`.replace(CODE, "`$&`"),
          example === value ? "" : example.length > MAX_EXAMPLE_CHARS ? "see below" : `\`${example}\``,
        ];
      }),
    );
  return { tables: { variables: variableTable }, left };
}

/** A number as a reader wants it, such as `64,000`. */
function count(value: number): string {
  return value.toLocaleString("en");
}

/** A Markdown table as `deno fmt` would write it. */
function table(head: string[], rows: string[][]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row: string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join("\n");
}

if (import.meta.main) {
  for (const path of PAGES) {
    const page = await Deno.readTextFile(path);
    const wanted = withTables(page);
    if (Deno.args.includes("--check")) {
      if (page === wanted) continue;
      console.error(`${path} is out of date: run deno task docs.`);
      Deno.exitCode = 1;
    } else if (page !== wanted) {
      await Deno.writeTextFile(path, wanted);
      console.log(`${path} is written.`);
    }
  }
}
