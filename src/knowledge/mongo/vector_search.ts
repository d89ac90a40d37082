import type { Binary, Db, MongoServerError } from "mongodb";
import { TopK } from "../top_k.ts";
import { dot, vectorOf } from "../vector.ts";
import { type ChunkCollection, vectorField, vectorIndex } from "./chunk_document.ts";
import { saysNoSearch } from "./without_search.ts";

/** Candidates that the index looks at for each result wanted, as MongoDB's documentation says to begin with. */
const CANDIDATES_A_RESULT = 20;
/** Vectors that are in memory at a time while all are looked at: half a megabyte at 512 dimensions. */
const SCAN_BATCH = 256;
/** "The server is overloaded": said of a search, while other queries are answered. */
const OVERLOADED = 489;

/** A chunk whose vector is near. */
export interface VectorHit {
  readonly id: string;
  readonly cosine: number;
}

/** What is looked for. */
export interface VectorQuery {
  readonly businessId: string;
  /** Of length 1. */
  readonly vector: Float32Array;
  readonly space: string;
  readonly limit: number;
  readonly maxTimeMS: number;
  readonly signal: AbortSignal | undefined;
}

/** Databases whose server has said that it has no vector search. A new connection is a new object, and asks again. */
const withoutSearch = new WeakSet<Db>();

/** Whether the server may have vector search: true until it has said that it has not. */
export function maySearch(database: Db): boolean {
  return !withoutSearch.has(database);
}

/** Remembers what an error says about the server. @throws the error, when it says something else */
export function noteNoSearch(database: Db, error: unknown): void {
  if (!saysNoSearch(error)) throw error;
  withoutSearch.add(database);
}

/**
 * The nearest chunks of a business: by its index where the server has vector search, else by looking at every vector. Also
 * when the index finds nothing at all, which is what a server says of an index that is not there (yet).
 */
export async function searchVector(
  database: Db,
  chunks: ChunkCollection,
  query: VectorQuery,
): Promise<VectorHit[]> {
  if (maySearch(database)) {
    try {
      const hits = await searchIndex(chunks, query);
      if (hits.length > 0) return hits;
    } catch (error) {
      if ((error as MongoServerError).code !== OVERLOADED) noteNoSearch(database, error);
    }
  }
  return await scan(chunks, query);
}

/** `$vectorSearch`, filtered by business before anything is compared. Its score is (1 + cosine) / 2. */
async function searchIndex(
  chunks: ChunkCollection,
  { businessId, vector, space, limit, maxTimeMS }: VectorQuery,
): Promise<VectorHit[]> {
  const found = await chunks.aggregate<{ id: string; score: number }>([
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
  ], { maxTimeMS }).toArray();
  return found.map(({ id, score }) => ({ id, cosine: 2 * score - 1 }));
}

/** Looks at every vector, as they stream by. */
async function scan(
  chunks: ChunkCollection,
  { businessId, vector, space, limit, maxTimeMS, signal }: VectorQuery,
): Promise<VectorHit[]> {
  const field = vectorField(vector.length);
  const best = new TopK<string>(limit);
  const projection = { _id: 0, id: 1, [field]: 1 };
  const cursor = chunks.find({ businessId, space }, { projection, batchSize: SCAN_BATCH, maxTimeMS, signal });
  for await (const document of cursor) {
    const stored = document[field];
    if (stored) best.add(document.id, dot(vector, floatsOf(stored)));
  }
  return best.ranked().map(({ item, score }) => ({ id: item, cosine: score }));
}

/** The numbers of a stored vector: BSON's own kind of vector, or its plain bytes where the server knows no such kind. */
function floatsOf(stored: Binary): Float32Array {
  return stored.sub_type === VECTOR_SUBTYPE ? stored.toFloat32Array() : vectorOf(stored.value());
}

/** BSON's subtype of vectors. */
const VECTOR_SUBTYPE = 9;
