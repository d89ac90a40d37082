import type { Binary, Collection } from "mongodb";
import type { Chunk } from "../chunk.ts";

/** Where the chunks of all businesses are. */
export const COLLECTION = "knowledge";

/** A chunk as MongoDB has it. */
export interface ChunkDocument extends Chunk {
  /** Business and chunk: two businesses may have the same text. */
  readonly _id: string;
  readonly businessId: string;
  /** Different words of heading and text, for the search by words. */
  readonly words: readonly string[];
  /** Null without a vector. */
  readonly space: string | null;
  /** The vector is in the field that {@link vectorField} names, since an index has one number of dimensions. */
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
