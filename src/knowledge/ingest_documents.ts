import { cutIntoChunks, embeddedText, type Section } from "./chunker.ts";
import type { Embedder } from "./embedder.ts";
import type { Chunk, KnowledgeSize, KnowledgeStore } from "./knowledge_store.ts";
import { AppError } from "../util/errors.ts";

/** Chunks that are embedded and stored at a time: what an interruption loses, and what the next run pays for again. */
export const BATCH_CHUNKS = 64;
/** Most chunks of one business. */
const MAX_CHUNKS = 200_000;

/** A document to ingest. */
export interface IngestSource {
  /** What answers call it; the same in each run. */
  readonly name: string;
  /** Reads it. @throws {AppError} */
  read(): Promise<readonly Section[]>;
}

/** What {@link ingestDocuments} works with. */
export interface IngestOptions {
  readonly store: KnowledgeStore;
  readonly sources: readonly IngestSource[];
  /** Undefined: the chunks can be found only by their words. */
  readonly embedder: Embedder | undefined;
  /** True: sources that are not among these stay. Default false. */
  readonly keepsOthers?: boolean;
  readonly onProgress?: (progress: IngestProgress) => void;
  readonly signal?: AbortSignal;
}

/** How far it has come. */
export interface IngestProgress {
  /** The current document. */
  readonly source: string;
  readonly chunksDone: number;
  readonly chunks: number;
}

/** What it has done. */
export interface IngestReport {
  readonly put: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly size: KnowledgeSize;
}

/**
 * Makes a business's knowledge match its documents: the state at the end depends only on them and the embedder, not on what was
 * there before. Chunks that are already there are not embedded again, so an interrupted run resumes where it stopped. What is
 * gone from the documents is removed last: callers always find at least what both versions have.
 *
 * @throws {AppError} `knowledge_too_large`, and of a document that cannot be read, both before anything is stored; of the
 *   embedder or the store
 */
export async function ingestDocuments(options: IngestOptions): Promise<IngestReport> {
  const { store, sources, embedder, onProgress, signal } = options;
  const documents = await readAll(sources);
  const ids = new Set<string>();
  const all = documents.reduce((sum, { chunks }) => sum + chunks.length, 0);
  let put = 0;
  let done = 0;
  for (const { name, chunks } of documents) {
    for (let start = 0; start < chunks.length; start += BATCH_CHUNKS) {
      signal?.throwIfAborted();
      const batch = chunks.slice(start, start + BATCH_CHUNKS);
      for (const { id } of batch) ids.add(id);
      put += await putMissing(batch, store, embedder, signal);
      done += batch.length;
      onProgress?.({ source: name, chunksDone: done, chunks: all });
    }
  }
  const given = new Set(sources.map(({ name }) => name));
  const removed = await store.retain(ids, (source) => options.keepsOthers === true && !given.has(source));
  const size = await store.size(embedder?.space);
  return { put, unchanged: ids.size - put, removed, size };
}

async function readAll(sources: readonly IngestSource[]): Promise<{ name: string; chunks: Chunk[] }[]> {
  const documents: { name: string; chunks: Chunk[] }[] = [];
  let total = 0;
  for (const source of sources) {
    const chunks = [...cutIntoChunks(source.name, await source.read())];
    total += chunks.length;
    if (total > MAX_CHUNKS) {
      throw new AppError(
        "knowledge_too_large",
        `More than ${MAX_CHUNKS} chunks; ${source.name} goes beyond it.`,
      );
    }
    documents.push({ name: source.name, chunks });
  }
  return documents;
}

async function putMissing(
  batch: readonly Chunk[],
  store: KnowledgeStore,
  embedder: Embedder | undefined,
  signal: AbortSignal | undefined,
): Promise<number> {
  const missing = await store.missing(batch.map(({ id }) => id), embedder?.space);
  const chunks = batch.filter(({ id }) => missing.has(id));
  if (chunks.length === 0) return 0;
  const vectors = await embedder?.embed(chunks.map(embeddedText), signal) ?? [];
  await store.put(chunks.map((chunk, index) => ({ chunk, vector: vectors[index] })), embedder?.space);
  return chunks.length;
}
