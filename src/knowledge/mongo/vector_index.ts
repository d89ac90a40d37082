import type { Db } from "mongodb";
import { type Clock, sleep } from "../../util/clock.ts";
import { AppError } from "../../util/errors.ts";
import { type ChunkCollection, vectorField, vectorIndex } from "./chunk_document.ts";
import { maySearch, noteNoSearch } from "./vector_search.ts";

/** How long a new index may take until it can be queried, in milliseconds: large ones take minutes. */
const READY_TIMEOUT_MS = 10 * 60_000;
const POLL_MS = 1_000;

/** A search index, as the server reports it. */
interface IndexState {
  readonly name: string;
  readonly status?: string;
  readonly queryable?: boolean;
}

/**
 * Creates the index of vectors of that many dimensions if it is missing, and waits until it can be queried. A
 * server without vector search needs none: all vectors are compared there.
 *
 * @throws {AppError} `knowledge_index_not_ready`
 */
export async function ensureVectorIndex(
  database: Db,
  chunks: ChunkCollection,
  dimensions: number,
  clock: Clock,
): Promise<void> {
  if (!maySearch(database)) return;
  const name = vectorIndex(dimensions);
  const state = async () => (await chunks.listSearchIndexes(name).toArray())[0] as IndexState | undefined;
  try {
    if (await state() === undefined) {
      await chunks.createSearchIndex({
        name,
        type: "vectorSearch",
        definition: {
          fields: [
            {
              type: "vector",
              path: vectorField(dimensions),
              numDimensions: dimensions,
              similarity: "cosine",
            },
            { type: "filter", path: "businessId" },
            { type: "filter", path: "space" },
          ],
        },
      });
    }
    const deadlineMs = clock.now() + READY_TIMEOUT_MS;
    while (!isReady(await state())) {
      if (clock.now() >= deadlineMs) {
        const message = `The index ${name} is not ready after ${READY_TIMEOUT_MS / 60_000} minutes.`;
        throw new AppError("knowledge_index_not_ready", message);
      }
      await sleep(clock, POLL_MS);
    }
  } catch (error) {
    noteNoSearch(database, error);
  }
}

function isReady(state: IndexState | undefined): boolean {
  return state?.queryable === true || state?.status === "READY";
}
