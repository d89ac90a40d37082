import type { Db } from "mongodb";
import { type Clock, sleep } from "../../util/clock.ts";
import type { Log } from "../../observability/log.ts";
import { AppError } from "../../util/errors.ts";
import { type ChunkCollection, vectorField, vectorIndex } from "./chunk_document.ts";
import { indexState, isReady, maySearch, noteNoSearch } from "./vector_search.ts";

/** How long a new index may take until it can be queried, in milliseconds: large ones take minutes. */
const READY_TIMEOUT_MS = 10 * 60_000;
const POLL_MS = 1_000;

/**
 * Creates the index of vectors of that many dimensions if it is missing, and waits until it can be queried. A
 * server without vector search needs none: all vectors are compared there. One that has failed is dropped and
 * made again, once, with a line in the log.
 *
 * @throws {AppError} `knowledge_index_not_ready`
 */
export async function ensureVectorIndex(
  database: Db,
  chunks: ChunkCollection,
  dimensions: number,
  clock: Clock,
  log?: Log,
): Promise<void> {
  if (!maySearch(database)) return;
  const name = vectorIndex(dimensions);
  const deadlineMs = clock.now() + READY_TIMEOUT_MS;
  const notReady = (what: string) =>
    new AppError(
      "knowledge_index_not_ready",
      `The passages are stored, but the index ${name} ${what}: until it is ready they are found by their words alone.`,
    );
  let isRebuilt = false;
  try {
    for (let wasMissing = false;;) {
      const state = await indexState(chunks, dimensions);
      if (isReady(state)) return;
      if (clock.now() >= deadlineMs) {
        throw notReady(`is not ready after ${READY_TIMEOUT_MS / 60_000} minutes`);
      }
      if (state?.status === "FAILED") {
        if (isRebuilt) throw notReady("could not be built, twice");
        log?.warn("vector_index_rebuilt", { index: name });
        isRebuilt = true;
        await chunks.dropSearchIndex(name);
      }
      if (state === undefined && !wasMissing) {
        await createIndex(chunks, dimensions);
        wasMissing = true;
        continue;
      }
      if (state?.status === "FAILED") wasMissing = false; // it is made again once it is gone
      await sleep(clock, POLL_MS);
    }
  } catch (error) {
    noteNoSearch(database, error);
  }
}

async function createIndex(chunks: ChunkCollection, dimensions: number): Promise<void> {
  await chunks.createSearchIndex({
    name: vectorIndex(dimensions),
    type: "vectorSearch",
    definition: {
      fields: [
        { type: "vector", path: vectorField(dimensions), numDimensions: dimensions, similarity: "cosine" },
        { type: "filter", path: "businessId" },
        { type: "filter", path: "space" },
      ],
    },
  });
}
