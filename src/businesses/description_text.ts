import type { ParseError } from "jsonc-parser";
import type { Document, YAMLError } from "yaml";

/** Endings of files that describe a business, each with what reads it. JSONC is JSON with comments. */
const FORMS = { ".json": readJson, ".jsonc": readJsonc, ".yaml": readYaml, ".yml": readYaml } as const;

/**
 * What a description says, or what is wrong with its form. A problem never quotes the text: it may hold
 * secrets.
 */
export type DescriptionData = { readonly data: unknown } | { readonly problem: string };

/** The name of a file that describes a business, without its ending; undefined for files of other kinds. */
export function descriptionName(file: string): string | undefined {
  const ending = endingOf(file);
  return ending && file.slice(0, -ending.length);
}

/**
 * Reads a description as its file's ending has it: JSON, JSON with comments and trailing commas, or YAML 1.2.
 * What reads the latter two is loaded at the first such file.
 *
 * @param file one without an ending is read as JSON
 */
export async function readDescription(file: string, text: string): Promise<DescriptionData> {
  return await FORMS[endingOf(file) ?? ".json"](text.replace(/^\uFEFF/, ""));
}

function endingOf(file: string): keyof typeof FORMS | undefined {
  return (Object.keys(FORMS) as (keyof typeof FORMS)[]).find((ending) => file.endsWith(ending));
}

async function readJson(text: string): Promise<DescriptionData> {
  try {
    return { data: JSON.parse(text) };
  } catch {
    return { problem: `must be JSON, but ${await jsonMistake(text, false)}` };
  }
}

async function readJsonc(text: string): Promise<DescriptionData> {
  const { parse } = await import("jsonc-parser");
  const errors: ParseError[] = [];
  try {
    const data: unknown = parse(text, errors, { allowTrailingComma: true });
    if (errors.length === 0) return { data };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the parser calls itself for each bracket
  }
  return { problem: `must be JSON with comments, but ${await jsonMistake(text, true)}` };
}

/** How a text's first mistake reads after "but": where it is, and what it is. */
async function jsonMistake(text: string, isJsonc: boolean): Promise<string> {
  const { parse, printParseErrorCode } = await import("jsonc-parser");
  const errors: ParseError[] = [];
  try {
    parse(text, errors, { disallowComments: !isJsonc, allowTrailingComma: isJsonc });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return "it is nested too deep";
  }
  const [first] = errors;
  if (text.trim() === "") return "it is empty";
  if (!first) return "a text in it has a character that JSON wants escaped, such as a line break or a tab";
  const { error, offset } = first;
  const before = text.slice(0, offset).trimEnd();
  const quote = curlyQuoteNear(text, offset);
  if (quote >= 0) return `${placeIn(text, quote)} has a curly quotation mark; JSON takes straight ones: "`;
  if (text[offset] === "'") {
    return `${placeIn(text, offset)} has a single quotation mark; JSON takes double ones: "`;
  }
  if ("}]".includes(text[offset] ?? " ") && before.endsWith(",")) {
    return `${placeIn(text, before.length - 1)} has a comma after the last entry`;
  }
  const said = JSON_MISTAKES[printParseErrorCode(error)] ?? "is not JSON";
  return offset >= text.trimEnd().length ? `it ends too early: ${said}` : `${placeIn(text, offset)}: ${said}`;
}

/** By the names that `jsonc-parser` gives them. */
const JSON_MISTAKES: Readonly<Record<string, string>> = {
  InvalidSymbol: "a text must stand in double quotation marks",
  InvalidNumberFormat: "a number has another form",
  PropertyNameExpected: 'a field\'s name in double quotation marks is wanted, or "}"',
  ValueExpected: "a value is wanted",
  ColonExpected: "a colon is missing behind a field's name",
  CommaExpected: "a comma is missing, or a closing bracket",
  CloseBraceExpected: 'a "}" is missing',
  CloseBracketExpected: 'a "]" is missing',
  EndOfFileExpected: "there is something after the end",
  InvalidCommentToken: "a comment, which a file may have whose name ends in .jsonc or .yaml",
  UnexpectedEndOfComment: "a comment has no end",
  UnexpectedEndOfString: "a text has no closing quotation mark in its line",
  UnexpectedEndOfNumber: "a number ends too early",
  InvalidUnicode: "a \\u wants four hexadecimal digits behind it",
  InvalidEscapeCharacter: "a backslash stands before a character that takes none",
  InvalidCharacter: "a text has a character that JSON wants escaped, such as a line break or a tab",
};

/** Where a curly quotation mark stands in a straight one's place; -1 where it is another mistake. */
function curlyQuoteNear(text: string, offset: number): number {
  const lineEnd = text.indexOf("\n", offset);
  const word = text.slice(offset, lineEnd < 0 ? undefined : lineEnd);
  return /^\s*[“”„‟«»]/.test(word) ? offset + word.search(/\S/) : -1;
}

async function readYaml(text: string): Promise<DescriptionData> {
  const { LineCounter, parseDocument } = await import("yaml");
  const tooMuch = await yamlBomb(text);
  if (tooMuch !== undefined) return { problem: tooMuch };
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      schema: "core",
      stringKeys: true,
      uniqueKeys: false, // the parser would compare each key with all before it
      lineCounter: lines,
      // `+15550100100` is a telephone number, not one to count with.
      customTags: (tags) =>
        tags.map((tag) =>
          typeof tag === "object" && tag.tag === INTEGER && tag.test && !("format" in tag && tag.format)
            ? { ...tag, test: /^-?[0-9]+$/ } as typeof tag
            : tag
        ),
    });
    const [error] = document.errors;
    if (error) return { problem: `must be YAML, but ${yamlMistake(error)}` };
    const twice = await repeatedKey(document);
    if (twice !== undefined) {
      const { line, col } = lines.linePos(twice);
      return {
        problem: `must be YAML, but ${yamlMistake({ code: "DUPLICATE_KEY", linePos: [{ line, col }] })}`,
      };
    }
    return { data: document.toJS({ maxAliasCount: MAX_ALIASES }) };
  } catch (error) {
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    return { problem: ALIASES_WANTED };
  }
}

const INTEGER = "tag:yaml.org,2002:int";
const ALIASES_WANTED = "must be YAML without more than a few aliases, and not nested without end";
/** Uses of what an anchor names: more would be a bomb. */
const MAX_ALIASES = 100;
/**
 * Words, signs and line ends of a YAML file, a text over several lines counted once. Reading takes some 10 µs
 * for each, while the calls of all businesses wait; the longest of ours has a few hundred.
 */
const MAX_YAML_TOKENS = 20_000;

/** What is wrong with a text that would take long to read; found without reading it. */
async function yamlBomb(text: string): Promise<string | undefined> {
  const { Lexer } = await import("yaml");
  let [tokens, aliases] = [0, 0];
  for (const token of new Lexer().lex(text)) {
    if (token.startsWith("*") && ++aliases > MAX_ALIASES) return ALIASES_WANTED;
    if (++tokens > MAX_YAML_TOKENS) {
      return `must be YAML of at most ${MAX_YAML_TOKENS} words and signs; a long text can stand behind "|"`;
    }
  }
}

/** Where a key of a map stands for the second time. */
async function repeatedKey(document: Document): Promise<number | undefined> {
  const { isScalar, visit } = await import("yaml");
  let place: number | undefined;
  visit(document, {
    Map(_, { items }) {
      const known = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (known.has(key.value)) {
          place = key.range?.[0] ?? 0;
          return visit.BREAK;
        }
        known.add(key.value);
      }
    },
  });
  return place;
}

/** By the parser's code: its message would quote the text. */
function yamlMistake({ code, linePos }: Pick<YAMLError, "code" | "linePos">): string {
  const [place] = linePos ?? [];
  const where = place ? `line ${place.line}, column ${place.col}` : "somewhere";
  return `${where}: ${YAML_MISTAKES[code] ?? code.toLowerCase().replaceAll("_", " ")}`;
}

const YAML_MISTAKES: Readonly<Record<string, string>> = {
  BAD_INDENT: "the indentation does not fit the lines before",
  DUPLICATE_KEY: "a field stands there for the second time",
  MISSING_CHAR: "a bracket, a comma or a quotation mark is missing",
  MULTIPLE_DOCS: "a second document begins; a file holds one business",
  RESOURCE_EXHAUSTION: "it is nested too deep",
  TAB_AS_INDENT: "a tab indents; YAML takes spaces",
};

function placeIn(text: string, offset: number): string {
  const before = text.slice(0, offset);
  return `line ${before.split("\n").length}, column ${before.length - before.lastIndexOf("\n")}`;
}
