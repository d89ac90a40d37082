import type { Chunk } from "../knowledge_store.ts";
import type { Ranked } from "../top_k.ts";
import { indexWords } from "./index_words.ts";
import type { AskedWord } from "./question.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** Chunks that an index gives to be ranked. */
export const MAX_CANDIDATES = 50;
/**
 * Chunks that an index looks at for one question, about, the rarest words' first: what holds only words that
 * thousands of chunks have is not found in a store of many thousands. In ranking all words count.
 */
const MAX_MATCHED = 6_000;
/** What a word adds to a chunk for being in its heading, while candidates are chosen. */
export const HEADING_BONUS = 0.3;
/**
 * How often a word of the last heading counts, which says what the text below is about, and one of the
 * headings above it.
 */
const LAST_HEADING = 2;
const OTHER_HEADING = 1;
/**
 * How much more of a question is held by a word of the last heading: who says "and breakfast, on Sundays?"
 * names what the passage is about, whatever else was said.
 */
const NAMED = 1.5;
/** BM25's: how much more a word counts that comes again, and how much long chunks are held against it. */
const K1 = 0.9;
const B = 0.35;
/** Words of a chunk of ordinary length. */
const USUAL_WORDS = 60;

/** The words that an index looks for, each once. */
export function soughtWords(asked: readonly AskedWord[], vocabulary: Vocabulary): Set<string> {
  const forms = new Set(asked.flatMap(({ forms }) => [...forms.keys()]));
  const counted = [...forms].map((word) => ({ word, chunks: vocabulary.count(word) }));
  counted.sort((a, b) => a.chunks - b.chunks);
  let matched = 0;
  const sought = new Set<string>();
  for (const { word, chunks } of counted) {
    matched += chunks;
    if (sought.size > 0 && matched > MAX_MATCHED) break;
    sought.add(word);
  }
  return sought;
}

/**
 * Ranks chunks by the words of a question, as BM25 does but for one thing: however many forms of a word a
 * chunk has, it counts as one word. What holds more of the question comes before what repeats one word of it.
 *
 * @returns best first; a score is how much of the question's weight the chunk holds, 0 to 1
 */
export function rankChunks<Item extends Pick<Chunk, "heading" | "text">>(
  items: readonly Item[],
  asked: readonly AskedWord[],
  limit: number,
): Ranked<Item>[] {
  const all = asked.reduce((sum, { weight }) => sum + weight, 0);
  const ranked = items.map((item) => {
    const { counts, words } = countWords(item);
    const named = new Set(indexWords(lastHeading(item.heading)));
    const length = K1 * (1 - B + B * words / USUAL_WORDS);
    let held = 0;
    let rank = 0;
    for (const { weight, forms } of asked) {
      let times = 0;
      let sureness = 0;
      let share = 0;
      for (const [word, sure] of forms) {
        const count = counts.get(word);
        if (count === undefined) continue;
        times += count * sure;
        sureness = Math.max(sureness, sure);
        share = Math.max(share, named.has(word) ? sure * NAMED : sure);
      }
      held += weight * share;
      rank += weight * sureness * times * (K1 + 1) / (times + length);
    }
    const score = Math.min(1, held / all);
    return { item, score, rank: rank * Math.sqrt(score) };
  }).filter(({ score }) => score > 0);
  ranked.sort((a, b) => b.rank - a.rank);
  return ranked.slice(0, limit).map(({ item, score }) => ({ item, score }));
}

function countWords(
  { heading, text }: Pick<Chunk, "heading" | "text">,
): { counts: Map<string, number>; words: number } {
  const counts = new Map<string, number>();
  const add = (part: string, times: number) => {
    const words = indexWords(part);
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + times);
    return words.length;
  };
  const last = lastHeading(heading);
  add(heading.slice(0, heading.length - last.length), OTHER_HEADING);
  add(last, LAST_HEADING);
  return { counts, words: add(text, 1) };
}

function lastHeading(heading: string): string {
  const at = heading.lastIndexOf(" > ");
  return at < 0 ? heading : heading.slice(at + 3);
}
