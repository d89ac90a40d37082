import { cutIntoChunks, type Section } from "../../src/knowledge/chunker.ts";
import type { Embedder } from "../../src/knowledge/embedder.ts";
import type { IngestSource } from "../../src/knowledge/ingest_documents.ts";
import type { Chunk, KnowledgeStore } from "../../src/knowledge/knowledge_store.ts";

/** A document that has these sections. */
export function documentOf(name: string, sections: Record<string, string>): IngestSource {
  const read = () => Promise.resolve({ sections: objectSections(sections) });
  return { name, read };
}

/** Chunks as a store holds them. */
export function chunksFrom(name: string, sections: Record<string, string>): Chunk[] {
  return [...cutIntoChunks(name, objectSections(sections))];
}

/** Stores chunks with their vectors, as one clean run does. */
export async function fill(
  store: KnowledgeStore,
  embedder: Embedder,
  chunks: readonly Chunk[],
): Promise<void> {
  const vectors = await embedder.embed(chunks.map(({ text }) => text));
  await store.put(chunks.map((chunk, index) => ({ chunk, vector: vectors[index] })), embedder.space);
  await store.retain(new Set(chunks.map(({ id }) => id)), () => false);
}

function objectSections(sections: Record<string, string>): Section[] {
  return Object.entries(sections).map(([heading, text]) => ({ heading, text }));
}
