import type { Section } from "../chunker.ts";
import { decodeText } from "./text.ts";

/** Objects deeper than this are written on one line, as JSON. */
const MAX_DEPTH = 8;

/**
 * Reads JSON by its objects: an object with values is a section, headed by the path to it, with a line `name: value` for each
 * value. An entry of a list is headed by its `name`, `title`, `question` or `id` where it has one, else by its number.
 */
export function readJson(bytes: Uint8Array): Section[] {
  return [...objectSections(JSON.parse(decodeText(bytes)), [])];
}

function* objectSections(value: unknown, path: readonly string[]): Generator<Section> {
  const heading = path.join(" > ");
  if (typeof value !== "object" || value === null) {
    yield* section(heading, [scalar(value)]);
    return;
  }
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.map((entry, index) => [entryTitle(entry) ?? String(index + 1), entry])
    : Object.entries(value);
  const isLeaf = (entry: unknown) => typeof entry !== "object" || entry === null || path.length >= MAX_DEPTH;
  const isPlainList = Array.isArray(value) && value.every(isLeaf);
  yield* section(
    heading,
    entries.filter(([, entry]) => isLeaf(entry)).map(([name, entry]) =>
      isPlainList ? scalar(entry) : `${name}: ${scalar(entry)}`
    ),
  );
  for (const [name, entry] of entries) if (!isLeaf(entry)) yield* objectSections(entry, [...path, name]);
}

function* section(heading: string, lines: readonly string[]): Generator<Section> {
  const text = lines.filter((line) => line !== "").join("\n").replaceAll("\0", "");
  if (text !== "") yield { heading, text };
}

function scalar(value: unknown): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function entryTitle(entry: unknown): string | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const { name, title, question, id } = entry as Record<string, unknown>;
  return [name, title, question, id].map((value) => typeof value === "number" ? String(value) : value)
    .find((value): value is string => typeof value === "string" && value !== "");
}
