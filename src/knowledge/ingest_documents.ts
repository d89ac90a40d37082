import { cutIntoChunks, embeddedText } from "./chunker.ts";
import type { Embedder } from "./embedder.ts";
import type { Chunk, KnowledgeSize, KnowledgeStore } from "./knowledge_store.ts";
import type { ReadDocument } from "./readers/document_text.ts";
import { AppError } from "../util/errors.ts";

/**
 * Chunks that are embedded and stored at a time: what an interruption loses, and what the next run pays for
 * again.
 */
export const BATCH_CHUNKS = 64;
/** Most chunks of one business. */
const MAX_CHUNKS = 200_000;

/** A document to ingest. */
export interface IngestSource {
  /** What answers call it; the same in each run. */
  readonly name: string;
  /** Reads it. @throws {AppError} */
  read(): Promise<ReadDocument>;
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

/** What was taken of one document. */
export interface DocumentReport {
  readonly name: string;
  /** How many pages or sheets it has; undefined where it is divided by headings alone. */
  readonly parts?: ReadDocument["parts"];
  /** How many sections have text. */
  readonly sections: number;
  /** How many chunks are kept of it. */
  readonly chunks: number;
  /** Whether it gave nothing: what was known of it stays. */
  readonly isEmpty: boolean;
  /** What was not taken and why. */
  readonly notes: readonly string[];
  /** Why it could not be read; undefined where it could. */
  readonly problem?: AppError;
}

/** What it has done. */
export interface IngestReport {
  /** One for each source, in their order. */
  readonly documents: readonly DocumentReport[];
  readonly put: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly size: KnowledgeSize;
}

/**
 * Makes a business's knowledge match its documents: the state at the end depends only on them and the
 * embedder, not on what was there before. Chunks that are already there are not embedded again, so an
 * interrupted run resumes where it stopped. What is gone from the documents is removed last: callers always
 * find at least what both versions have. A document that cannot be read, or has nothing, stops none of the
 * others, and what was known of it stays; when all have nothing, everything does.
 *
 * @throws {AppError} `knowledge_too_large`, before anything is stored; of the embedder or the store
 */
export async function ingestDocuments(options: IngestOptions): Promise<IngestReport> {
  const { store, sources, embedder, onProgress, signal } = options;
  const documents = await readAll(sources, signal);
  const ids = new Set<string>();
  const all = documents.reduce((sum, { chunks }) => sum + chunks.length, 0);
  let put = 0;
  let done = 0;
  for (const { report: { name }, chunks } of documents) {
    for (let start = 0; start < chunks.length; start += BATCH_CHUNKS) {
      signal?.throwIfAborted();
      const batch = chunks.slice(start, start + BATCH_CHUNKS);
      for (const { id } of batch) ids.add(id);
      put += await putMissing(batch, store, embedder, signal);
      done += batch.length;
      onProgress?.({ source: name, chunksDone: done, chunks: all });
    }
  }
  const reports = documents.map(({ report }) => report);
  const taken = new Set(reports.filter(({ isEmpty }) => !isEmpty).map(({ name }) => name));
  const empty = new Set(reports.filter(({ isEmpty }) => isEmpty).map(({ name }) => name));
  const keeps = (source: string) => empty.has(source) || (options.keepsOthers === true && !taken.has(source));
  const removed = all === 0 ? 0 : await store.retain(ids, keeps);
  const size = await store.size(embedder?.space);
  return { documents: reports, put, unchanged: ids.size - put, removed, size };
}

interface CutDocument {
  readonly report: DocumentReport;
  readonly chunks: readonly Chunk[];
}

async function readAll(
  sources: readonly IngestSource[],
  signal: AbortSignal | undefined,
): Promise<CutDocument[]> {
  const documents: CutDocument[] = [];
  const onPages = new Set<string>();
  let total = 0;
  for (const source of sources) {
    signal?.throwIfAborted();
    const document = await readOne(source, onPages);
    total += document.chunks.length;
    if (total > MAX_CHUNKS) {
      throw new AppError(
        "knowledge_too_large",
        `More than ${MAX_CHUNKS} chunks; ${source.name} goes beyond it.`,
      );
    }
    documents.push(document);
  }
  return documents;
}

/** @param onPages what pages of the site have said so far: what all of them say is kept once */
async function readOne(source: IngestSource, onPages: Set<string>): Promise<CutDocument> {
  const { name } = source;
  try {
    const { sections, parts, notes = [], isPage } = await source.read();
    const all = [...cutIntoChunks(name, sections)];
    const chunks = isPage ? all.filter(({ heading, text }) => addNew(onPages, `${heading}\0${text}`)) : all;
    const repeated = all.length - chunks.length;
    const report = {
      name,
      parts,
      sections: sections.length,
      chunks: chunks.length,
      isEmpty: all.length === 0,
      notes: repeated > 0
        ? [...notes, `${repeated} ${repeated === 1 ? "passage" : "passages"} that other pages have`]
        : notes,
    };
    return { report, chunks };
  } catch (problem) {
    if (!(problem instanceof AppError)) throw problem;
    return { report: { name, sections: 0, chunks: 0, isEmpty: true, notes: [], problem }, chunks: [] };
  }
}

function addNew(set: Set<string>, value: string): boolean {
  const { size } = set;
  return set.add(value).size > size;
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
