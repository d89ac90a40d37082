import { type Chunk, embeddedText, type Section } from "./chunk.ts";
import { chunksOf } from "./chunker.ts";
import type { Embedder } from "./embedder.ts";
import type { KnowledgeSize, KnowledgeStore } from "./knowledge_store.ts";
import { AppError } from "../util/errors.ts";

/** Chunks that are embedded and stored at a time: what an interruption loses, and what is paid for twice after it. */
export const BATCH_CHUNKS = 64;
/** Most chunks of one business. */
const MAX_CHUNKS = 200_000;

/** A document to be taken in. */
export interface IngestSource {
  /** As answers shall call it; the same one in each run. */
  readonly name: string;
  /** Reads it. @throws {AppError} */
  read(): Promise<readonly Section[]>;
}

/** What taking documents in takes. */
export interface IngestOptions {
  readonly store: KnowledgeStore;
  readonly sources: readonly IngestSource[];
  /** Undefined: the chunks can be found by their words alone. */
  readonly embedder: Embedder | undefined;
  /** True: sources that are not among these stay. */
  readonly keepsOthers?: boolean;
  readonly onProgress?: (progress: IngestProgress) => void;
  readonly signal?: AbortSignal;
}

/** How far it is. */
export interface IngestProgress {
  /** The document that it is at. */
  readonly source: string;
  readonly chunksDone: number;
  readonly chunks: number;
}

/** What it has come to. */
export interface IngestReport {
  readonly put: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly size: KnowledgeSize;
}

/**
 * Makes a business's knowledge what its documents say: the state at the end depends on them and the embedder alone, not on what
 * was there before. Chunks that are there already are not embedded again, so that a run that was interrupted goes on where it
 * was. What is gone from the documents is removed last: callers never find less than what is in both.
 *
 * @throws {AppError} of a document that cannot be read, before anything is stored; of the embedder or the store
 */
export async function ingest(options: IngestOptions): Promise<IngestReport> {
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
    const chunks = [...chunksOf(source.name, await source.read())];
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
