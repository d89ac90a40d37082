import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import type { RowOf } from "./schema.ts";
import { transaction } from "../../util/sqlite_transaction.ts";
import type { Chunk } from "../knowledge_store.ts";
import { type Ranked, TopK } from "../top_k.ts";
import { indexWords } from "../words/index_words.ts";
import { type AskedWord, readQuestion } from "../words/question.ts";
import { HEADING_BONUS, MAX_CANDIDATES, rankChunks, soughtWords } from "../words/rank_chunks.ts";
import { AFTER_FIGURES, type KnownWord, MAX_VOCABULARY, Vocabulary } from "../words/vocabulary.ts";

/** Words read at a time, so that calls are served between: some two milliseconds. */
const WORDS_A_READ = 2_000;
/** Chunks indexed at a time when a file of an older version is opened: some ten milliseconds. */
const CHUNKS_AN_UPDATE = 50;
/**
 * How long a question waits until all of an older version is indexed, in milliseconds; then it searches what
 * is.
 */
const UPDATE_MS = 1_500;
/** Behind all words. */
const LAST = "\u{10ffff}";

/** Finds chunks by the words of a question, in the FTS5 index of what {@link indexWords} makes. */
export class WordSearch {
  readonly #database: DatabaseSync;
  readonly #countAll: StatementSync;
  readonly #nextWords: StatementSync;
  readonly #which: StatementSync;
  readonly #chunksOf: StatementSync;
  readonly #version: StatementSync;
  readonly #insert: StatementSync;
  readonly #notIndexed: StatementSync;
  #vocabulary: Vocabulary | undefined;
  /** The state of the file that the vocabulary is from. */
  #vocabularyOf = "";
  #reading: Promise<Vocabulary> | undefined;
  #changes = 0;
  #isUpToDate: boolean;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#countAll = database.prepare("SELECT count(*) AS count FROM chunks");
    this.#nextWords = database.prepare(
      `SELECT term AS word, doc AS chunks FROM known_words WHERE term > ? AND term < ? LIMIT ${WORDS_A_READ}`,
    );
    // In one text: a row for each of thousands of keys takes ten times as long.
    this.#which = database.prepare("SELECT json_group_array(rowid) AS keys FROM words WHERE words MATCH ?");
    this.#chunksOf = database.prepare(
      "SELECT id, source, heading, text FROM chunks WHERE key IN (SELECT value FROM json_each(?))",
    );
    this.#version = database.prepare("PRAGMA data_version");
    this.#insert = database.prepare("INSERT INTO words (rowid, heading, text) VALUES (?, ?, ?)");
    this.#notIndexed = database.prepare(
      `SELECT key, heading, text FROM not_indexed JOIN chunks USING (key) LIMIT ${CHUNKS_AN_UPDATE}`,
    );
    this.#isUpToDate = this.#notIndexed.get() === undefined;
  }

  /** False: chunks of an older version are not indexed yet. */
  get isUpToDate(): boolean {
    return this.#isUpToDate;
  }

  /** Indexes a chunk that was put under a key. Removed with the chunk. */
  add(key: number | bigint, { heading, text }: Pick<Chunk, "heading" | "text">): void {
    this.#insert.run(key, indexWords(heading).join(" "), indexWords(text).join(" "));
  }

  /** Chunks were put or removed by this connection. */
  changed(): void {
    this.#changes++;
  }

  /**
   * Indexes what a file of an older version holds, in pieces between which the event loop serves calls.
   * @param mostMs ends then at the latest; the next call goes on
   */
  async update(mostMs: number): Promise<void> {
    const end = performance.now() + mostMs;
    while (!this.#isUpToDate && performance.now() < end) {
      transaction(this.#database, () => {
        const chunks = this.#notIndexed.all() as (RowOf<Chunk> & { key: number })[];
        const done = this.#database.prepare("DELETE FROM not_indexed WHERE key = ?");
        for (const chunk of chunks) {
          this.add(chunk.key, chunk);
          done.run(chunk.key);
        }
        this.#isUpToDate = chunks.length < CHUNKS_AN_UPDATE;
        if (chunks.length > 0) this.changed();
      });
      await setImmediate();
    }
  }

  /**
   * The best `limit` chunks, best first. A score is how much of the question's weight the chunk holds, 0 to
   * 1; rare words weigh more. Between the steps the event loop serves calls.
   */
  async search(question: string, limit: number): Promise<readonly Ranked<Chunk>[]> {
    await this.update(UPDATE_MS);
    const vocabulary = await this.#knownWords();
    const asked = readQuestion(question, vocabulary);
    const keys = await this.#candidates(asked, soughtWords(asked, vocabulary));
    const found = this.#chunksOf.all(JSON.stringify(keys)) as RowOf<Chunk>[];
    await setImmediate();
    return rankChunks(found, asked, limit);
  }

  /** Keys of the chunks that hold the most of the question's weight. */
  async #candidates(asked: readonly AskedWord[], sought: ReadonlySet<string>): Promise<number[]> {
    const scores = new Map<number, number>();
    for (const { weight, forms } of asked) {
      const held = new Map<number, number>();
      const words = [...forms].filter(([word]) => sought.has(word)).sort((a, b) => b[1] - a[1]);
      for (const [sure, some] of Map.groupBy(words, ([, sure]) => sure)) {
        for (const key of this.#keysOf(some, "")) if (!held.has(key)) held.set(key, sure);
      }
      if (held.size === 0) continue;
      for (const key of this.#keysOf(words, "heading : ")) {
        held.set(key, (held.get(key) ?? 0) + HEADING_BONUS);
      }
      for (const [key, share] of held) scores.set(key, (scores.get(key) ?? 0) + weight * share);
      await setImmediate();
    }
    const best = new TopK<number>(MAX_CANDIDATES);
    for (const [key, score] of scores) best.add(key, score);
    return best.ranked().map(({ item }) => item);
  }

  /** Keys of the chunks that have one of the words. */
  #keysOf(words: readonly (readonly [word: string, sure: number])[], column: "" | "heading : "): number[] {
    const { keys } = this.#which.get(`${column}(${words.map(([word]) => `"${word}"`).join(" OR ")})`) as {
      keys: string;
    };
    return JSON.parse(keys);
  }

  /** Searches at once wait for one reading of the words. */
  #knownWords(): Promise<Vocabulary> {
    return this.#reading ??= this.#readWords().finally(() => this.#reading = undefined);
  }

  async #readWords(): Promise<Vocabulary> {
    // SQLite's version changes with the commits of other connections, and ours with our own.
    const { data_version: theirs } = this.#version.get() as { data_version: number };
    const version = `${theirs}/${this.#changes}`;
    if (this.#vocabulary && this.#vocabularyOf === version) return this.#vocabulary;
    const { count } = this.#countAll.get() as { count: number };
    const words: KnownWord[] = [];
    for (const [first, end] of [[AFTER_FIGURES, LAST], ["", AFTER_FIGURES]]) {
      for (let last = first; words.length < MAX_VOCABULARY;) {
        const read = this.#nextWords.all(last, end) as RowOf<KnownWord>[];
        words.push(...read.slice(0, MAX_VOCABULARY - words.length));
        if (read.length < WORDS_A_READ) break;
        last = read[read.length - 1].word;
        await setImmediate();
      }
    }
    this.#vocabularyOf = version;
    return this.#vocabulary = new Vocabulary(words, count);
  }
}
