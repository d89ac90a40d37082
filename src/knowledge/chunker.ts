import { createHash } from "node:crypto";
import { cutText as cut } from "../util/cut_text.ts";
import type { Chunk } from "./knowledge_store.ts";

/** Longest text of a chunk in characters, about 250 tokens: small enough that a few of them fit into a conversation. */
export const MAX_CHUNK_CHARS = 1_000;
/** The most of a chunk's end that the next one of the same section begins with, in characters; whole sentences only. */
export const OVERLAP_CHARS = 150;
/** Longest heading that is kept, in characters. */
export const MAX_HEADING_CHARS = 200;

/** A piece of a document under one heading, as a reader gives it. */
export interface Section {
  /** The headings above the text, outermost first, such as `Prices > Children`; empty where there is none. */
  readonly heading: string;
  /** Plain text; a blank line ends a paragraph. */
  readonly text: string;
}

const sentences = new Intl.Segmenter(undefined, { granularity: "sentence" });

/**
 * Cuts a document's sections into chunks: never across a heading, and between sentences wherever a sentence fits. Each chunk but
 * the first of a section begins with the last sentences of the one before. A text that occurs twice is one chunk.
 */
export function* cutIntoChunks(source: string, sections: Iterable<Section>): Generator<Chunk> {
  const seen = new Set<string>();
  for (const { heading, text } of sections) {
    const title = cut(heading.replace(/\s+/g, " ").trim(), MAX_HEADING_CHARS);
    for (const piece of cutSection(text)) {
      const chunk = makeChunk(source, title, piece);
      if (seen.has(chunk.id)) continue;
      seen.add(chunk.id);
      yield chunk;
    }
  }
}

function* cutSection(text: string): Generator<string> {
  let held: string[] = [];
  let heldChars = 0;
  let isNew = false;
  for (const sentence of splitSentences(text)) {
    if (heldChars + sentence.length > MAX_CHUNK_CHARS && held.length > 0) {
      if (isNew) yield held.join("").trim();
      held = overlap(held, MAX_CHUNK_CHARS - sentence.length);
      heldChars = held.reduce((sum, { length }) => sum + length, 0);
      isNew = false;
    }
    held.push(sentence);
    heldChars += sentence.length;
    isNew = true;
  }
  const last = held.join("").trim();
  if (isNew && last !== "") yield last;
}

/** The last sentences that fit into {@link OVERLAP_CHARS} and beside the next sentence. */
function overlap(held: readonly string[], room: number): string[] {
  const most = Math.min(OVERLAP_CHARS, room);
  let first = held.length;
  for (let chars = 0; first > 0; first--) {
    chars += held[first - 1].length;
    if (chars > most) break;
  }
  return held.slice(first);
}

/** Sentences with the white space after them; a paragraph's end also ends one. None is longer than a chunk. */
function* splitSentences(text: string): Generator<string> {
  const paragraphs = text.replace(/[^\S\n]+/g, " ").replace(/ ?\n ?/g, "\n").replace(/\n{3,}/g, "\n\n")
    .trim();
  for (const paragraph of paragraphs.split(/(?<=\n\n)/)) {
    for (const { segment } of sentences.segment(paragraph)) yield* atMost(segment, MAX_CHUNK_CHARS);
  }
}

/** Cuts a sentence longer than a chunk (a table, a list without stops) between words, or anywhere where there are none. */
function* atMost(sentence: string, most: number): Generator<string> {
  let rest = sentence;
  while (rest.length > most) {
    const space = rest.lastIndexOf(" ", most - 1);
    const piece = space > 0 ? rest.slice(0, space + 1) : cut(rest, most);
    yield piece;
    rest = rest.slice(piece.length);
  }
  if (rest !== "") yield rest;
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
