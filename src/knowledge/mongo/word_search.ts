import { randomUUID } from "node:crypto";
import type { Collection, Db } from "mongodb";
import { type QueryBounds, readDocuments, readOne } from "../../util/bounded_reads.ts";
import type { Clock } from "../../util/clock.ts";
import type { Chunk } from "../knowledge_store.ts";
import { type Ranked, TopK } from "../top_k.ts";
import { INDEX_VERSION, indexWords } from "../words/index_words.ts";
import { type AskedWord, readQuestion } from "../words/question.ts";
import { HEADING_BONUS, MAX_CANDIDATES, rankChunks, soughtWords } from "../words/rank_chunks.ts";
import { AFTER_FIGURES, type KnownWord, MAX_VOCABULARY, Vocabulary } from "../words/vocabulary.ts";
import { ALL_CHUNKS, type ChunkCollection, type ChunkDocument } from "./chunk_document.ts";

/** Words of one document of the vocabulary: half a megabyte, and a document may have sixteen. */
const WORDS_A_DOCUMENT = 20_000;
/** Documents of a whole vocabulary. */
const MAX_PARTS = Math.ceil(MAX_VOCABULARY / WORDS_A_DOCUMENT);
/** An upsert lost against another of the same key. */
const DUPLICATE_KEY = 11_000;
/** Chunks of an older version that are indexed at a time. */
const OF_AN_UPDATE: QueryBounds = { documents: 100, ms: 10_000 };
/**
 * How long a question waits until all of an older version is indexed, in milliseconds; then it searches what
 * is.
 */
const UPDATE_MS = 1_500;
/**
 * How long a vocabulary is used before the server is asked whether there was an ingestion, in milliseconds.
 */
const FRESH_MS = 15_000;

/** A part of a business's vocabulary, as MongoDB has it. */
interface VocabularyDocument {
  /** Business and number of the part, from 0. */
  readonly _id: string;
  readonly businessId: string;
  /** {@link INDEX_VERSION} */
  readonly version: number;
  /** Changes with each ingestion. */
  readonly stamp: string;
  /** With spaces between. */
  readonly words: string;
  /** How many chunks have each of them. */
  readonly chunks: readonly number[];
  /** Chunks of the business. */
  readonly total: number;
}

/** The distinct words of a chunk, as its document has them. */
export function chunkWords(
  { heading, text }: Pick<Chunk, "heading" | "text">,
): Pick<ChunkDocument, "words" | "headingWords" | "wordsVersion"> {
  const headingWords = [...new Set(indexWords(heading))];
  const words = [...new Set([...headingWords, ...indexWords(text)])];
  return { words, headingWords, wordsVersion: INDEX_VERSION };
}

/**
 * Finds chunks by the words of a question, as SQLite does: by an array of each chunk's words with an ordinary
 * index, which every MongoDB has, and a vocabulary of the business that each ingestion writes.
 */
export class MongoWordSearch {
  readonly #chunks: ChunkCollection;
  readonly #vocabularies: Collection<VocabularyDocument>;
  readonly #businessId: string;
  readonly #clock: Clock;
  readonly #maxMs: number;
  #known: { vocabulary: Vocabulary; stamp: string } | undefined;
  #checkedMs = -Infinity;
  #reading: Promise<Vocabulary | undefined> | undefined;

  constructor(database: Db, chunks: ChunkCollection, businessId: string, clock: Clock, maxMs: number) {
    this.#chunks = chunks;
    this.#vocabularies = database.collection("knowledge_words");
    this.#businessId = businessId;
    this.#clock = clock;
    this.#maxMs = maxMs;
  }

  /**
   * The best `limit` chunks, best first. A score is how much of the question's weight the chunk holds, 0 to
   * 1.
   */
  async search(question: string, limit: number): Promise<readonly Ranked<Chunk>[]> {
    const vocabulary = await this.#vocabulary();
    if (vocabulary === undefined) return [];
    const asked = readQuestion(question, vocabulary);
    const keys = await this.#candidates(asked, vocabulary);
    if (keys.length === 0) return [];
    const filter = { _id: { $in: keys }, businessId: this.#businessId };
    const projection = { _id: 0, id: 1, source: 1, heading: 1, text: 1 };
    const found = readDocuments(
      { documents: MAX_CANDIDATES, ms: this.#maxMs },
      (options) => this.#chunks.find(filter, { ...options, projection, limit: MAX_CANDIDATES }),
    );
    return rankChunks<Chunk>(await Array.fromAsync(found), asked, limit);
  }

  /** Ends an ingestion: indexes what an older version has put, and writes the vocabulary of what is there. */
  async rebuild(): Promise<void> {
    await this.#chunks.createIndex({ businessId: 1, words: 1 });
    await this.#update(Infinity);
    await this.#write();
  }

  /** Keys of the chunks that hold the most of the question's weight. */
  async #candidates(asked: readonly AskedWord[], vocabulary: Vocabulary): Promise<string[]> {
    const sought = soughtWords(asked, vocabulary);
    const best = new TopK<string>(MAX_CANDIDATES);
    if (sought.size === 0) return [];
    const filter = { businessId: this.#businessId, words: { $in: [...sought] } };
    const projection = { words: 1, headingWords: 1 };
    const holding = readDocuments(
      { documents: ALL_CHUNKS.documents, ms: this.#maxMs },
      (options) => this.#chunks.find(filter, { ...options, projection }),
    );
    for await (const { _id, words, headingWords } of holding) {
      const held = new Set(words);
      let score = 0;
      for (const { weight, forms } of asked) {
        let sureness = 0;
        let bonus = 0;
        for (const [word, sure] of forms) {
          if (!sought.has(word) || !held.has(word)) continue;
          if (sure > sureness) sureness = sure;
          if (headingWords.includes(word)) bonus = HEADING_BONUS;
        }
        score += weight * (sureness + bonus);
      }
      best.add(_id, score);
    }
    return best.ranked().map(({ item }) => item);
  }

  /** Undefined where nothing is known. Searches at once wait for one reading of it. */
  #vocabulary(): Promise<Vocabulary | undefined> {
    return this.#reading ??= this.#readVocabulary().finally(() => this.#reading = undefined);
  }

  async #readVocabulary(): Promise<Vocabulary | undefined> {
    if (this.#known && this.#clock.now() - this.#checkedMs < FRESH_MS) return this.#known.vocabulary;
    const filter = { _id: `${this.#businessId}/0` };
    const projection = { stamp: 1, version: 1 };
    const first = await readOne(
      this.#maxMs,
      (options) => this.#vocabularies.findOne(filter, { ...options, projection }),
    );
    if (first?.version !== INDEX_VERSION) return await this.#withoutWritten();
    this.#checkedMs = this.#clock.now();
    if (this.#known?.stamp === first.stamp) return this.#known.vocabulary;
    const words: KnownWord[] = [];
    let total = 0;
    const parts = readDocuments(
      { documents: MAX_PARTS, ms: this.#maxMs },
      (options) =>
        this.#vocabularies.find({ businessId: this.#businessId }, { ...options, limit: MAX_PARTS }),
    );
    for await (const part of parts) {
      total = part.total;
      for (const [index, word] of part.words.split(" ").entries()) {
        words.push({ word, chunks: part.chunks[index] });
      }
    }
    this.#known = { vocabulary: new Vocabulary(distinct(words), total), stamp: first.stamp };
    return this.#known.vocabulary;
  }

  /** What an older version has put is indexed with the first questions, each of which waits a little. */
  async #withoutWritten(): Promise<Vocabulary | undefined> {
    const filter = { businessId: this.#businessId };
    const any = await readOne(this.#maxMs, (options) => this.#chunks.findOne(filter, options));
    if (any === null) return undefined;
    const isDone = await this.#update(UPDATE_MS);
    if (isDone) {
      // Another server may write the same at the same time.
      await this.#write().catch((error) => {
        if ((error as { code?: unknown }).code !== DUPLICATE_KEY) throw error;
      });
      if (this.#known) return this.#known.vocabulary;
    }
    const { words, total } = await this.#count();
    return new Vocabulary(words, total);
  }

  /** @returns whether everything is indexed */
  async #update(mostMs: number): Promise<boolean> {
    const endMs = performance.now() + mostMs;
    while (performance.now() < endMs) {
      const filter = { businessId: this.#businessId, wordsVersion: { $ne: INDEX_VERSION } };
      const projection = { heading: 1, text: 1 };
      const old = await Array.fromAsync(readDocuments(
        OF_AN_UPDATE,
        (options) => this.#chunks.find(filter, { ...options, projection, limit: OF_AN_UPDATE.documents }),
      ));
      if (old.length === 0) return true;
      await this.#chunks.bulkWrite(old.map(({ _id, heading, text }) => ({
        updateOne: {
          filter: { _id, heading, text },
          update: { $set: chunkWords({ heading, text }) },
        },
      })));
    }
    return false;
  }

  /** Counts the words of the business's chunks. */
  async #count(): Promise<{ words: KnownWord[]; total: number }> {
    const words = new Map<string, number>();
    const figures = new Map<string, number>();
    let total = 0;
    const filter = { businessId: this.#businessId, wordsVersion: INDEX_VERSION };
    const all = readDocuments(
      ALL_CHUNKS,
      (options) => this.#chunks.find(filter, { ...options, projection: { words: 1 } }),
    );
    for await (const chunk of all) {
      total++;
      for (const word of chunk.words) {
        const counts = word < AFTER_FIGURES ? figures : words;
        const count = counts.get(word);
        if (count !== undefined) counts.set(word, count + 1);
        else if (counts.size < MAX_VOCABULARY) counts.set(word, 1);
      }
    }
    const known = [...words, ...figures].slice(0, MAX_VOCABULARY);
    return { words: known.map(([word, chunks]) => ({ word, chunks })), total };
  }

  async #write(): Promise<void> {
    const businessId = this.#businessId;
    const { words, total } = await this.#count();
    const stamp = randomUUID();
    const ids: string[] = [];
    // The first part is written last: readers look at its stamp.
    for (let part = Math.ceil(Math.max(words.length, 1) / WORDS_A_DOCUMENT) - 1; part >= 0; part--) {
      const some = words.slice(part * WORDS_A_DOCUMENT, (part + 1) * WORDS_A_DOCUMENT);
      const _id = `${businessId}/${part}`;
      ids.push(_id);
      await this.#vocabularies.replaceOne({ _id }, {
        ...{ businessId, version: INDEX_VERSION, stamp, total },
        words: some.map(({ word }) => word).join(" "),
        chunks: some.map(({ chunks }) => chunks),
      }, { upsert: true });
    }
    await this.#vocabularies.deleteMany({ businessId, _id: { $nin: ids } });
    this.#known = { vocabulary: new Vocabulary(words, total), stamp };
    this.#checkedMs = this.#clock.now();
  }
}

/** Parts that were read while they were replaced may have a word twice. */
function distinct(words: readonly KnownWord[]): KnownWord[] {
  return [...new Map(words.filter(({ word }) => word !== "").map((known) => [known.word, known])).values()];
}
