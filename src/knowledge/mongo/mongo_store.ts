import type { Db, Filter } from "mongodb";
import type { Log } from "../../observability/log.ts";
import { readDocuments, readOne } from "../../util/bounded_reads.ts";
import type { Clock } from "../../util/clock.ts";
import {
  checkText,
  type Chunk,
  type EmbeddedChunk,
  type Hit,
  type KnowledgeSize,
  type KnowledgeStore,
  reaching,
} from "../knowledge_store.ts";
import type { Ranked } from "../top_k.ts";
import { toBytes } from "../vector.ts";
import {
  ALL_CHUNKS,
  type ChunkCollection,
  type ChunkDocument,
  COLLECTION,
  vectorField,
} from "./chunk_document.ts";
import { ensureVectorIndex } from "./vector_index.ts";
import { maySearch, sampleVectors, searchVector } from "./vector_search.ts";
import { chunkWords, MongoWordSearch } from "./word_search.ts";

/** Longest time that one query of a caller who waits may take, in milliseconds. */
const SEARCH_MS = 3_000;
/** And one of those who do not. */
const MAX_TIME_MS = 30_000;
/** Chunks removed by one command. */
const REMOVE_BATCH = 1_000;

/**
 * A business's knowledge in a collection that all businesses share. Each filter names the business, and each
 * chunk's key begins with it.
 */
export class MongoKnowledgeStore implements KnowledgeStore {
  readonly #database: Db;
  readonly #chunks: ChunkCollection;
  readonly #businessId: string;
  readonly #clock: Clock;
  readonly #log: Log | undefined;
  readonly #words: MongoWordSearch;

  /** @param log hears when the index of vectors had to be made again */
  constructor(database: Db, businessId: string, clock: Clock, log?: Log) {
    this.#database = database;
    this.#chunks = database.collection<ChunkDocument>(COLLECTION);
    this.#businessId = businessId;
    this.#clock = clock;
    this.#log = log;
    this.#words = new MongoWordSearch(database, this.#chunks, businessId, clock, SEARCH_MS);
  }

  missing(ids: readonly string[], space: string | undefined): Promise<Set<string>> {
    return reaching(async () => {
      const keys = ids.map((id) => this.#key(id));
      const filter = {
        _id: { $in: keys },
        businessId: this.#businessId,
        ...space !== undefined && { space },
      };
      const missing = new Set(ids);
      const there = readDocuments(
        { documents: ids.length, ms: MAX_TIME_MS },
        (options) => this.#chunks.find(filter, { ...options, projection: { id: 1 }, limit: ids.length }),
      );
      for await (const { id } of there) missing.delete(id);
      return missing;
    });
  }

  put(chunks: readonly EmbeddedChunk[], space: string | undefined): Promise<void> {
    return reaching(async () => {
      for (const { chunk } of chunks) checkText(chunk);
      const { Binary } = await import("mongodb");
      // As BSON's vector type where it is indexed; servers without the index may not know that type.
      const toBinary = (vector: Float32Array) =>
        maySearch(this.#database) ? Binary.fromFloat32Array(vector) : new Binary(toBytes(vector));
      await this.#chunks.bulkWrite(chunks.map(({ chunk, vector }) => {
        const { id, source, heading, text } = chunk;
        const replacement = {
          ...{ businessId: this.#businessId, id, source, heading, text },
          ...chunkWords(chunk),
          space: vector && space ? space : null,
          ...vector && { [vectorField(vector.length)]: toBinary(vector) },
        };
        return { replaceOne: { filter: { _id: this.#key(id) }, replacement, upsert: true } };
      }));
    });
  }

  retain(ids: ReadonlySet<string>, keepsSource: (source: string) => boolean): Promise<number> {
    return reaching(async () => {
      const gone: string[] = [];
      const filter = { businessId: this.#businessId };
      const all = readDocuments(
        ALL_CHUNKS,
        (options) => this.#chunks.find(filter, { ...options, projection: { id: 1, source: 1 } }),
      );
      for await (const { _id, id, source } of all) if (!ids.has(id) && !keepsSource(source)) gone.push(_id);
      for (let start = 0; start < gone.length; start += REMOVE_BATCH) {
        const keys = gone.slice(start, start + REMOVE_BATCH);
        await this.#chunks.deleteMany({ _id: { $in: keys }, businessId: this.#businessId });
      }
      await this.#words.rebuild();
      const spaces = await readOne(MAX_TIME_MS, () => this.#chunks.distinct("space", filter));
      for (const space of spaces) {
        const dimensions = Number(/\d+$/.exec(space ?? "")?.[0]);
        if (dimensions) {
          await ensureVectorIndex(this.#database, this.#chunks, dimensions, this.#clock, this.#log);
        }
      }
      return gone.length;
    });
  }

  size(space: string | undefined): Promise<KnowledgeSize> {
    const businessId = this.#businessId;
    return reaching(async () => {
      const count = (filter: Filter<ChunkDocument>) =>
        readOne(MAX_TIME_MS, (options) => this.#chunks.countDocuments(filter, options));
      const [chunks, embedded, sources] = await Promise.all([
        count({ businessId }),
        space === undefined ? 0 : count({ businessId, space }),
        readOne(MAX_TIME_MS, () => this.#chunks.distinct("source", { businessId })),
      ]);
      return { chunks, embedded, sources: sources.length };
    });
  }

  searchWords(question: string, limit: number): Promise<Hit[]> {
    return reaching(async () =>
      (await this.#words.search(question, limit)).map(({ item, score }) => ({ chunk: item, score }))
    );
  }

  searchVector(vector: Float32Array, space: string, limit: number, signal?: AbortSignal): Promise<Hit[]> {
    return reaching(
      async () => {
        signal?.throwIfAborted();
        const query = { businessId: this.#businessId, vector, space, limit, ms: SEARCH_MS, signal };
        const found = await searchVector(this.#database, this.#chunks, query);
        return await this.#hits(found);
      },
      undefined,
      signal,
    );
  }

  sampleVectors(space: string, limit: number): Promise<Float32Array[]> {
    return reaching(() =>
      sampleVectors(this.#chunks, { businessId: this.#businessId, space, limit, ms: SEARCH_MS })
    );
  }

  /** Does nothing: the connection belongs to others. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #key(id: string): string {
    return `${this.#businessId}/${id}`;
  }

  /** The chunks with these ids, in their order; those removed meanwhile are left out. */
  async #hits(found: readonly Ranked<string>[]): Promise<Hit[]> {
    const keys = found.map(({ item }) => this.#key(item));
    const filter = { _id: { $in: keys }, businessId: this.#businessId };
    const projection = { id: 1, source: 1, heading: 1, text: 1 };
    const bounds = { documents: keys.length, ms: SEARCH_MS };
    const chunks = new Map<string, Chunk>();
    const documents = readDocuments(
      bounds,
      (options) => this.#chunks.find(filter, { ...options, projection, limit: keys.length }),
    );
    for await (const { _id, ...chunk } of documents) chunks.set(chunk.id, chunk);
    return found.flatMap(({ item, score }) => {
      const chunk = chunks.get(item);
      return chunk ? [{ chunk, score }] : [];
    });
  }
}
