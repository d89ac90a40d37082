import type { TextStyle } from "../util/terminal_style.ts";

/**
 * What could end a line, hide it, or write elsewhere on a terminal: control characters, separators, marks of
 * direction.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** On one line, whatever a caller, a peer or a file puts into it. The escapes are JSON's. */
export function escapeUnsafe(text: string): string {
  return text.replace(
    UNSAFE,
    (char) => char.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
  );
}

/**
 * Text over several lines, for a terminal: what others have written in it can colour, hide or move nothing.
 * Line ends and tabs stay.
 */
export function escapeLines(text: string): string {
  return text.split("\n").map((line) => line.split("\t").map(escapeUnsafe).join("\t")).join("\n");
}

/** Select graphic rendition, ECMA-48. */
const COLOURS: Readonly<Record<string, string>> = { error: "31", warning: "33", info: "32", debug: "2" };
const DIM = "2";
const BOLD = "1";
/** What is broken off a line stands in from its beginning. */
const INDENT = "    ";

/** An event for people to read. What makes it up is escaped: nothing in it can colour, end or move a line. */
export function textLine(
  time: Date,
  level: string,
  event: string,
  attributes: Readonly<Record<string, unknown>>,
  style: TextStyle,
): string {
  const paint = (code: string, text: string) => style.hasColours ? `\x1b[${code}m${text}\x1b[0m` : text;
  const clock = time.toISOString().slice(11, 23);
  const said = event === "call_ended" ? endWords(attributes) : attributeWords(attributes);
  const words = said.map(escapeUnsafe).flatMap((word) => word.split(" "));
  const head = [clock, level.padEnd(7), event].join(" ");
  const painted = [paint(DIM, clock), paint(COLOURS[level] ?? BOLD, level.padEnd(7)), paint(BOLD, event)]
    .join(" ");
  return painted + broken(words, head.length, style.columns);
}

/** Words behind a head of so many characters. */
function broken(words: readonly string[], headLength: number, columns: number | undefined): string {
  let [text, length] = ["", headLength];
  for (const word of words) {
    if (columns !== undefined && length + 1 + word.length > columns) {
      text += `\n${INDENT}${word}`;
      length = INDENT.length + word.length;
    } else {
      text += ` ${word}`;
      length += 1 + word.length;
    }
  }
  return text;
}

function attributeWords(attributes: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => `${name}=${textValue(value)}`);
}

/** A value in a line of text: in quotes where it could be taken for more than one attribute. */
function textValue(value: unknown): string {
  return typeof value === "string" && !/["=]/.test(value) ? value : JSON.stringify(value);
}

/** What a call came to, in words; its details are in its record and in lines of JSON. */
function endWords(attributes: Readonly<Record<string, unknown>>): string[] {
  const { call, business, reason, durationMs, costUsd, latency, streams, ...rest } = attributes as {
    latency?: { turns?: number; played?: { p50Ms?: number; maxMs?: number } };
  } & Record<string, unknown>;
  const words = [`call=${textValue(call)}`, `business=${textValue(business)}`];
  const told = [`${textValue(reason)} after ${seconds(durationMs)}`];
  const { turns = 0, played } = latency ?? {};
  if (turns > 0 && played) {
    told.push(
      `${turns} ${
        turns === 1 ? "turn" : "turns"
      } answered within ${played.p50Ms} ms (p50), ${played.maxMs} ms (most)`,
    );
  }
  if (typeof costUsd === "number") told.push(`USD ${costUsd.toFixed(4)}`);
  if (Number(streams) > 1) told.push(`${streams} streams`);
  // Losses are worth a word, and so is whatever else there is but plain figures of the audio and the usage.
  for (const [name, value] of Object.entries(rest)) {
    if (USUAL_FIGURES.includes(name) || value === 0 || value === undefined || value === "") continue;
    told.push(`${name}=${textValue(value)}`);
  }
  return [...words, told.join(", ")];
}

/** Of a call that ended: in its record. */
const USUAL_FIGURES: readonly string[] = ["uplinkMs", "downlinkMs", "usage"];

function seconds(ms: unknown): string {
  const exact = Math.round(Number(ms) / 100) / 10;
  if (exact < 60) return `${exact} s`;
  const whole = Math.round(exact);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
