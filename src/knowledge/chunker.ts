import { createHash } from "node:crypto";
import { cutBetweenWords, cutText as cut } from "../util/cut_text.ts";
import type { Chunk } from "./knowledge_store.ts";
import { splitBlocks, type TextTable } from "./tables.ts";

/**
 * Longest text of a chunk in characters, about 250 tokens: small enough that a few of them fit into a
 * conversation.
 */
export const MAX_CHUNK_CHARS = 1_000;
/**
 * The most of a chunk's end that the next one of the same section begins with, in characters; whole sentences
 * only.
 */
export const OVERLAP_CHARS = 150;
/** Longest heading that is kept, in characters. */
export const MAX_HEADING_CHARS = 200;

/** Longest row that is repeated as the group of those below it, in characters. */
const MAX_GROUP_CHARS = 100;

/** A piece of a document under one heading, as a reader gives it. */
export interface Section {
  /** The headings above the text, outermost first, such as `Prices > Children`; empty where there is none. */
  readonly heading: string;
  /** Plain text; a blank line ends a paragraph. */
  readonly text: string;
}

const sentences = new Intl.Segmenter(undefined, { granularity: "sentence" });

/**
 * Cuts a document's sections into chunks: never across a heading, and between sentences wherever a sentence
 * fits. Each chunk but the first of a section begins with the last sentences of the one before. A text that
 * occurs twice is one chunk.
 */
export function* cutIntoChunks(source: string, sections: Iterable<Section>): Generator<Chunk> {
  const seen = new Set<string>();
  for (const { heading, text } of sections) {
    const title = withinLimit(heading.replace(/\s+/g, " ").trim());
    for (const piece of cutSection(text)) {
      const chunk = makeChunk(source, title, piece);
      if (seen.has(chunk.id)) continue;
      seen.add(chunk.id);
      yield chunk;
    }
  }
}

/** A path of headings without the outermost ones that are too many: the innermost say most of the text. */
function withinLimit(heading: string): string {
  let inner = heading;
  while (inner.length > MAX_HEADING_CHARS && inner.includes(" > ")) {
    inner = inner.slice(inner.indexOf(" > ") + 3);
  }
  return cut(inner, MAX_HEADING_CHARS);
}

/** What is never cut further: a sentence, or a row of a table. */
interface Unit {
  readonly text: string;
  /** Of a row: what a chunk begins with in which it is the first; undefined for a sentence. */
  readonly frame?: string;
}

function* cutSection(text: string): Generator<string> {
  let held: Unit[] = [];
  let heldChars = 0;
  let isNew = false;
  for (const unit of splitUnits(text)) {
    if (heldChars + unit.text.length > MAX_CHUNK_CHARS && held.length > 0) {
      if (isNew) yield joined(held);
      held = unit.frame === undefined
        ? overlap(held, MAX_CHUNK_CHARS - unit.text.length)
        : [{ text: unit.frame }];
      heldChars = held.reduce((sum, { text }) => sum + text.length, 0);
      isNew = false;
    }
    held.push(unit);
    heldChars += unit.text.length;
    isNew = true;
  }
  if (isNew) {
    const last = joined(held);
    if (last !== "") yield last;
  }
}

function joined(units: readonly Unit[]): string {
  return units.map(({ text }) => text).join("").trim();
}

/**
 * The last sentences that fit into {@link OVERLAP_CHARS} and beside the next one. Rows stay with their table.
 */
function overlap(held: readonly Unit[], room: number): Unit[] {
  const most = Math.min(OVERLAP_CHARS, room);
  let first = held.length;
  for (let chars = 0; first > 0 && held[first - 1].frame === undefined; first--) {
    chars += held[first - 1].text.length;
    if (chars > most) break;
  }
  return held.slice(first);
}

/**
 * Sentences with the white space after them, and rows of tables; a paragraph's end also ends one. None is
 * longer than a chunk.
 */
function* splitUnits(text: string): Generator<Unit> {
  const tidy = text.replace(/[^\S\n]+/g, " ").replace(/ ?\n ?/g, "\n").replace(/\n{3,}/g, "\n\n").trim();
  for (const block of splitBlocks(tidy)) {
    if (block.kind === "table") yield* rowsOf(block.table);
    else {
      for (const { segment } of sentences.segment(`${block.text}\n\n`)) {
        for (const text of cutBetweenWords(segment, MAX_CHUNK_CHARS)) yield { text };
      }
    }
  }
}

/** The rows of a table. The first comes with the header, and each other can do without the one before. */
function* rowsOf({ header, legend, rows }: TextTable): Generator<Unit> {
  const top = legend === "" ? "" : `${legend}\n\n`;
  let group = "";
  for (const [index, row] of rows.entries()) {
    const head = header === "" ? "" : `${header}\n`;
    const isFirst = index === 0;
    const frame = isFirst ? top : top + head + group;
    const room = MAX_CHUNK_CHARS - top.length - head.length - group.length - 2;
    const end = index === rows.length - 1 ? "\n\n" : "\n";
    const [first = "", ...others] = row.text.length <= room ? [row.text] : row.pieces(room);
    yield { text: (isFirst ? head : "") + first + end, frame };
    for (const text of others) yield { text: text + end, frame: top + head + group };
    group = row.isGroup && row.text.length <= MAX_GROUP_CHARS ? `${row.text}\n` : row.isGroup ? "" : group;
  }
}

/** A chunk with its id. */
export function makeChunk(source: string, heading: string, text: string): Chunk {
  const hash = createHash("sha256").update(JSON.stringify([source, heading, text]));
  return { id: hash.digest("base64url").slice(0, 32), source, heading, text };
}

/** The text of a chunk that is embedded: with its headings, which say what it is about. */
export function embeddedText({ heading, text }: Chunk): string {
  return heading === "" ? text : `${heading}\n\n${text}`;
}
