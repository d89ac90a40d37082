import { DatabaseSync, type StatementSync } from "node:sqlite";
import { AppError } from "../../util/errors.ts";
import { isDiskFull, isDiskFullAt } from "../../util/disk_errors.ts";
import { makeDatabase } from "../../util/make_database.ts";
import { makePrivateDatabase } from "../../util/private_files.ts";
import { transaction } from "../../util/sqlite_transaction.ts";
import {
  checkText,
  type Chunk,
  type EmbeddedChunk,
  type Hit,
  type KnowledgeSize,
  type KnowledgeStore,
  knowledgeUnreachable,
  reaching,
} from "../knowledge_store.ts";
import type { Ranked } from "../top_k.ts";
import { toBytes, toVector } from "../vector.ts";
import { prepareDatabase, type RowOf } from "./schema.ts";
import { VectorPages } from "./vector_pages.ts";
import { WordSearch } from "./word_search.ts";

/** A business's knowledge in a file of its own: no question to it can reach what is in another's. */
export class SqliteKnowledgeStore implements KnowledgeStore {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #words: WordSearch;
  readonly #pages: VectorPages;
  readonly #byKey: StatementSync;
  #isClosed = false;

  private constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    this.#words = new WordSearch(database);
    this.#pages = new VectorPages(database);
    this.#byKey = database.prepare("SELECT id, source, heading, text FROM chunks WHERE key = ?");
  }

  /**
   * Opens the file, which is made if it is missing.
   *
   * @param folder made if it is missing
   * @param businessId becomes the file's name: lower-case letters, digits and dashes
   * @throws {AppError} `knowledge_unreachable`, `knowledge_disk_full`, `knowledge_other_version`
   */
  static async open(folder: string, businessId: string): Promise<SqliteKnowledgeStore> {
    if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(businessId)) {
      throw new AppError("knowledge_bad_business", `"${businessId}" is not the id of a business.`);
    }
    const path = `${folder}/${businessId}.sqlite`;
    const open = (synchronous: "NORMAL" | "OFF" = "NORMAL") => {
      makePrivateDatabase(path);
      const database = new DatabaseSync(path);
      try {
        prepareDatabase(database, path, synchronous);
        return database;
      } catch (error) {
        database.close();
        throw error;
      }
    };
    try {
      await makeDatabase(path, () => open("OFF").close());
      return new SqliteKnowledgeStore(open(), path);
    } catch (error) {
      throw failureOf(path, error);
    }
  }

  missing(ids: readonly string[], space: string | undefined): Promise<Set<string>> {
    return this.#reaching(() => {
      const wanted = space ?? null;
      // Plain placeholders: Deno 2.4 cannot bind one that is used twice.
      const there = this.#database.prepare(
        "SELECT id FROM chunks WHERE id IN (SELECT value FROM json_each(?)) AND (? IS NULL OR space = ?)",
      ).all(JSON.stringify(ids), wanted, wanted) as { id: string }[];
      return new Set(ids).difference(new Set(there.map(({ id }) => id)));
    });
  }

  put(chunks: readonly EmbeddedChunk[], space: string | undefined): Promise<void> {
    return this.#reaching(() =>
      transaction(this.#database, () => {
        const remove = this.#database.prepare("DELETE FROM chunks WHERE id = ?");
        const insert = this.#database.prepare(
          "INSERT INTO chunks (id, source, heading, text, space, vector) VALUES (?, ?, ?, ?, ?, ?)",
        );
        for (const { chunk, vector } of chunks) {
          checkText(chunk);
          const { id, source, heading, text } = chunk;
          remove.run(id);
          const [itsSpace, bytes] = vector ? [space ?? null, toBytes(vector)] : [null, null];
          const { lastInsertRowid: key } = insert.run(id, source, heading, text, itsSpace, bytes);
          this.#words.add(key, chunk);
        }
        this.#words.changed();
      })
    );
  }

  retain(ids: ReadonlySet<string>, keepsSource: (source: string) => boolean): Promise<number> {
    return this.#reaching(async () => {
      if (!this.#words.isUpToDate) await this.#words.update(Infinity);
      return transaction(this.#database, () => {
        const all = this.#database.prepare("SELECT id, source FROM chunks").all() as {
          id: string;
          source: string;
        }[];
        const remove = this.#database.prepare("DELETE FROM chunks WHERE id = ?");
        const gone = all.filter(({ id, source }) => !ids.has(id) && !keepsSource(source));
        for (const { id } of gone) remove.run(id);
        this.#pages.rebuild();
        this.#words.changed();
        return gone.length;
      });
    });
  }

  size(space: string | undefined): Promise<KnowledgeSize> {
    return this.#reaching(() => {
      const row = this.#database.prepare(
        `SELECT count(*) AS chunks, count(CASE WHEN space = ? THEN 1 END) AS embedded,
          count(DISTINCT source) AS sources FROM chunks`,
      ).get(space ?? null);
      return { ...row } as RowOf<KnowledgeSize>; // a row has no prototype
    });
  }

  searchWords(question: string, limit: number): Promise<Hit[]> {
    return this.#reaching(async () =>
      (await this.#words.search(question, limit)).map(({ item: { id, source, heading, text }, score }) => ({
        chunk: { id, source, heading, text },
        score,
      }))
    );
  }

  searchVector(vector: Float32Array, space: string, limit: number, signal?: AbortSignal): Promise<Hit[]> {
    return this.#reaching(
      async () => this.#hits(await this.#pages.search(vector, space, limit, signal)),
      signal,
    );
  }

  sampleVectors(space: string, limit: number): Promise<Float32Array[]> {
    return this.#reaching(() => {
      // Ids are hashes, so that their order is one of chance.
      const rows = this.#database.prepare("SELECT vector FROM chunks WHERE space = ? ORDER BY id LIMIT ?")
        .all(space, limit) as { vector: Uint8Array<ArrayBuffer> }[];
      return rows.map(({ vector }) => toVector(vector));
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isClosed) this.#database.close();
    this.#isClosed = true;
    return Promise.resolve();
  }

  /** A page may still name chunks that were removed a moment ago: they are left out. */
  #hits(found: readonly Ranked<number>[]): Hit[] {
    return found.flatMap(({ item, score }) => {
      const row = this.#byKey.get(item);
      return row ? [{ chunk: { ...row } as RowOf<Chunk>, score }] : [];
    });
  }

  #reaching<Result>(work: () => Result | Promise<Result>, signal?: AbortSignal): Promise<Result> {
    return reaching(work, (error) => failureOf(this.#path, error), signal);
  }
}

/** A full disk is told as such: SQLite calls it an I/O error, too, or says that it cannot open a file. */
function failureOf(path: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (!isDiskFull(error) && !isDiskFullAt(path.slice(0, path.lastIndexOf("/")))) {
    return knowledgeUnreachable(error);
  }
  return new AppError(
    "knowledge_disk_full",
    `The disk that holds ${path} is full. What was there before is unchanged; do it again when there is room.`,
    { cause: error },
  );
}
