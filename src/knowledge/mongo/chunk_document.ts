import type { Binary, Collection } from "mongodb";
import type { Chunk } from "../knowledge_store.ts";

/** The collection of all businesses' chunks. */
export const COLLECTION = "knowledge";

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
