import type { Binary, Db, MongoServerError } from "mongodb";
import { readDocuments } from "../../util/bounded_reads.ts";
import { AppError } from "../../util/errors.ts";
import { type Ranked, TopK } from "../top_k.ts";
import { dot, toVector } from "../vector.ts";
import { ALL_CHUNKS, type ChunkCollection, vectorField, vectorIndex } from "./chunk_document.ts";

/**
 * Candidates that the index considers for each result, the starting point that MongoDB's documentation
 * recommends.
 */
const CANDIDATES_A_RESULT = 20;
/** Vectors in memory at a time while all are compared: half a megabyte at 512 dimensions. */
const SCAN_BATCH = 256;
/** How long the server may take to say what has become of an index. */
const MAX_TIME_MS = 5_000;
/** "The server is overloaded": a search gets it while other queries are answered. */
const OVERLOADED = 489;

/**
 * Error codes of servers that have no vector search: by stage, by command, and of versions that know neither.
 */
const NO_SEARCH_CODES: readonly unknown[] = [31082, 6047401, 40324, 59, 115, 238];
const NO_SEARCH_NAMES = /^(?:SearchNotEnabled|CommandNotFound|NotImplemented|CommandNotSupported)$/;
const NO_SEARCH_WORDS = /vectorSearch|SearchNotEnabled|createSearchIndexes|listSearchIndexes/;

/** A search by meaning. */
export interface VectorQuery {
  readonly businessId: string;
  /** Of length 1. */
  readonly vector: Float32Array;
  readonly space: string;
  readonly limit: number;
  /** How long each of its questions may take. */
  readonly ms: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Databases whose server said that it has no vector search. A new connection is a new object, so it asks
 * again.
 */
const withoutSearch = new WeakSet<Db>();

/** Whether the server may have vector search: true until it says that it has not. */
export function maySearch(database: Db): boolean {
  return !withoutSearch.has(database);
}

/**
 * Remembers that the server has no vector search, if `error` says so.
 * @throws `error` if it says anything else
 */
export function noteNoSearch(database: Db, error: unknown): void {
  if (!saysNoSearch(error)) throw error;
  withoutSearch.add(database);
}

/**
 * The ids of the nearest chunks of a business by cosine, best first: by the index where the server has vector
 * search, else by comparing every vector. Also when the index finds nothing, which is how a server answers
 * for an index that is missing.
 *
 * @throws {AppError} `knowledge_index_not_ready` while the index is built or has failed: comparing every
 *   vector would take longer than a caller waits
 */
export async function searchVector(
  database: Db,
  chunks: ChunkCollection,
  query: VectorQuery,
): Promise<readonly Ranked<string>[]> {
  if (maySearch(database)) {
    let failure: unknown;
    try {
      const hits = await searchIndex(chunks, query);
      if (hits.length > 0) return hits;
    } catch (error) {
      if ((error as MongoServerError).code !== OVERLOADED) {
        if (saysNoSearch(error)) noteNoSearch(database, error);
        else failure = error;
      }
    }
    if (maySearch(database)) await checkIndex(chunks, query.vector.length);
    if (failure !== undefined) throw failure;
  }
  return await scan(chunks, query);
}

/** `$vectorSearch`, filtered by business before anything is compared. Its score is (1 + cosine) / 2. */
async function searchIndex(
  chunks: ChunkCollection,
  { businessId, vector, space, limit, ms }: VectorQuery,
): Promise<readonly Ranked<string>[]> {
  const stages = [
    {
      $vectorSearch: {
        index: vectorIndex(vector.length),
        path: vectorField(vector.length),
        queryVector: [...vector],
        numCandidates: limit * CANDIDATES_A_RESULT,
        limit,
        filter: { businessId, space },
      },
    },
    { $project: { _id: 0, id: 1, score: { $meta: "vectorSearchScore" } } },
  ];
  const found = readDocuments(
    { documents: limit, ms },
    (options) => chunks.aggregate<{ id: string; score: number }>(stages, options),
  );
  return await Array.fromAsync(found, ({ id, score }) => ({ item: id, score: 2 * score - 1 }));
}

/** Vectors of chunks of a business, by the order of their ids, which are hashes. */
export async function sampleVectors(
  chunks: ChunkCollection,
  { businessId, space, limit, ms }: Pick<VectorQuery, "businessId" | "space" | "limit" | "ms">,
): Promise<Float32Array[]> {
  const field = vectorField(Number(/\d+$/.exec(space)?.[0]));
  const _id = { $gte: `${businessId}/`, $lt: `${businessId}0` }; // "0" follows "/"
  const filter = { _id, businessId, space };
  const projection = { _id: 0, [field]: 1 };
  const found = await Array.fromAsync(readDocuments(
    { documents: limit, ms },
    (options) => chunks.find(filter, { ...options, projection, sort: { _id: 1 }, limit }),
  ));
  return found.flatMap((document) => document[field] ? [readVector(document[field])] : []);
}

/** Compares every vector as they stream by. */
async function scan(
  chunks: ChunkCollection,
  { businessId, vector, space, limit, ms, signal }: VectorQuery,
): Promise<readonly Ranked<string>[]> {
  const field = vectorField(vector.length);
  const best = new TopK<string>(limit);
  const projection = { _id: 0, id: 1, [field]: 1 };
  const all = readDocuments(
    { documents: ALL_CHUNKS.documents, ms },
    (options) => chunks.find({ businessId, space }, { ...options, projection, batchSize: SCAN_BATCH }),
  );
  for await (const document of all) {
    signal?.throwIfAborted();
    const stored = document[field];
    if (stored) best.add(document.id, dot(vector, readVector(stored)));
  }
  return best.ranked();
}

/** A search index, as the server reports it. */
export interface IndexState {
  readonly name: string;
  readonly status?: string;
  readonly queryable?: boolean;
}

/** The index of vectors of that many dimensions; undefined where it is missing. */
export async function indexState(
  chunks: ChunkCollection,
  dimensions: number,
): Promise<IndexState | undefined> {
  const found = readDocuments(
    { documents: 1, ms: MAX_TIME_MS },
    (options) => chunks.listSearchIndexes(vectorIndex(dimensions), options),
  );
  return (await Array.fromAsync(found))[0] as IndexState | undefined;
}

/** Whether an index can be queried. One that is built anew still answers by what it was. */
export function isReady(state: IndexState | undefined): boolean {
  return state?.queryable === true || state?.status === "READY";
}

/** @throws {AppError} `knowledge_index_not_ready` */
async function checkIndex(chunks: ChunkCollection, dimensions: number): Promise<void> {
  const state = await indexState(chunks, dimensions).catch(() => undefined); // the search says what is wrong
  if (state === undefined || isReady(state)) return;
  const message = `The index ${state.name} is ${state.status?.toLowerCase() ?? "not ready"}.`;
  throw new AppError("knowledge_index_not_ready", message);
}

/** Reads a stored vector: BSON's vector type, or plain bytes where the server does not know that type. */
function readVector(stored: Binary): Float32Array {
  return stored.sub_type === VECTOR_SUBTYPE ? stored.toFloat32Array() : toVector(stored.value());
}

/** BSON's subtype of vectors. */
const VECTOR_SUBTYPE = 9;

/**
 * Whether an error says that the server has no vector search, now or later: by the codes of MongoDB community
 * servers (31082 `SearchNotEnabled`, 6047401, 40324 and 59), of servers that speak its protocol (115, 238),
 * and by the message where an older server has another code.
 */
export function saysNoSearch(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== "MongoServerError") return false;
  const { code, codeName = "" } = error as Error & { code?: unknown; codeName?: string };
  return NO_SEARCH_CODES.includes(code) || NO_SEARCH_NAMES.test(codeName) ||
    NO_SEARCH_WORDS.test(error.message);
}
