import { cutText as cut } from "../util/cut_text.ts";
import { type Chunk, chunkOf, type Section } from "./chunk.ts";

/** Longest text of a chunk in characters, about 250 tokens: small enough that a few of them fit into a conversation. */
export const MAX_CHUNK_CHARS = 1_000;
/** How much of a chunk's end the next one of the same section begins with, at most, in whole sentences. */
export const OVERLAP_CHARS = 150;
/** Longest heading that is kept, in characters. */
export const MAX_HEADING_CHARS = 200;

const sentences = new Intl.Segmenter(undefined, { granularity: "sentence" });

/**
 * Cuts a document's sections into chunks: never across a heading, between sentences wherever a sentence fits, each but the
 * first of a section beginning with the last sentences of the one before. A text that occurs twice is one chunk.
 */
export function* chunksOf(source: string, sections: Iterable<Section>): Generator<Chunk> {
  const seen = new Set<string>();
  for (const { heading, text } of sections) {
    const title = cut(heading.replace(/\s+/g, " ").trim(), MAX_HEADING_CHARS);
    for (const piece of piecesOf(text)) {
      const chunk = chunkOf(source, title, piece);
      if (seen.has(chunk.id)) continue;
      seen.add(chunk.id);
      yield chunk;
    }
  }
}

function* piecesOf(text: string): Generator<string> {
  let held: string[] = [];
  let heldChars = 0;
  let isNew = false;
  for (const sentence of sentencesOf(text)) {
    if (heldChars + sentence.length > MAX_CHUNK_CHARS && held.length > 0) {
      if (isNew) yield held.join("").trim();
      held = overlapOf(held, MAX_CHUNK_CHARS - sentence.length);
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

/** The last sentences that fit into {@link OVERLAP_CHARS} and into what the next sentence leaves. */
function overlapOf(held: readonly string[], room: number): string[] {
  const most = Math.min(OVERLAP_CHARS, room);
  let first = held.length;
  for (let chars = 0; first > 0; first--) {
    chars += held[first - 1].length;
    if (chars > most) break;
  }
  return held.slice(first);
}

/** Sentences with the white space behind them; a paragraph's end ends one too. None is longer than a chunk. */
function* sentencesOf(text: string): Generator<string> {
  const paragraphs = text.replace(/[^\S\n]+/g, " ").replace(/ ?\n ?/g, "\n").replace(/\n{3,}/g, "\n\n")
    .trim();
  for (const paragraph of paragraphs.split(/(?<=\n\n)/)) {
    for (const { segment } of sentences.segment(paragraph)) yield* atMost(segment, MAX_CHUNK_CHARS);
  }
}

/** A sentence longer than a chunk (a table, a list without stops) is cut between words, or where there are none, anywhere. */
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
