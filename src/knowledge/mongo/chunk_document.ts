import type { Binary, Collection } from "mongodb";
import type { QueryBounds } from "../../util/bounded_reads.ts";
import type { Chunk } from "../knowledge_store.ts";

/** The collection of all businesses' chunks. */
export const COLLECTION = "knowledge";

/** Chunks of a business, more than an ingestion puts; and how long it may take to go through all of them. */
export const ALL_CHUNKS: QueryBounds = { documents: 1_000_000, ms: 10 * 60_000 };

/** A chunk as MongoDB has it. */
export interface ChunkDocument extends Chunk {
  /** Business and chunk: two businesses may have the same text. */
  readonly _id: string;
  readonly businessId: string;
  /** Distinct words of heading and text, for the search by words. */
  readonly words: readonly string[];
  /** Those of the heading. */
  readonly headingWords: readonly string[];
  /** Version of how they were made; older chunks have none. */
  readonly wordsVersion: number;
  /** Null without a vector. */
  readonly space: string | null;
  /** The vector, in the field that {@link vectorField} names: an index has one number of dimensions. */
  readonly [vector: `vector${number}`]: Binary | undefined;
}

export type ChunkCollection = Collection<ChunkDocument>;

/** The field of vectors of so many dimensions. */
export function vectorField(dimensions: number): `vector${number}` {
  return `vector${dimensions}`;
}

/** The name of their index. */
export function vectorIndex(dimensions: number): string {
  return `${COLLECTION}_${vectorField(dimensions)}`;
}
