import type { Embedder } from "../../src/knowledge/embedder.ts";
import { fuse } from "../../src/knowledge/knowledge.ts";
import type { IngestSource } from "../../src/knowledge/ingest_documents.ts";
import type { KnowledgeStore } from "../../src/knowledge/knowledge_store.ts";
import { readDocument } from "../../src/knowledge/readers/read_document.ts";

const FOLDER = new URL("../fixtures/factbook/", import.meta.url);

/** A question, and the passage that answers it. */
export interface FactbookQuestion {
  question: string;
  /** Name of the document. */
  source: string;
  /** Part of the passage. */
  answer: string;
}

/** The questions of the fixture, and some that it does not answer. */
export async function factbookQuestions(): Promise<
  { answerable: FactbookQuestion[]; unanswerable: string[] }
> {
  return JSON.parse(await Deno.readTextFile(new URL("questions.json", FOLDER)));
}

/** The documents of the fixture. */
export function factbook(): IngestSource[] {
  return [...Deno.readDirSync(FOLDER)].map(({ name }) => name).filter((name) => name.endsWith(".md")).sort()
    .map((name) => ({
      name,
      read: async () => await readDocument(name, await Deno.readFile(new URL(name, FOLDER))),
    }));
}

/** How many of the questions have their answer among the first `limit` passages, 0 to 1, by each way of looking for it. */
export async function recallOf(
  store: KnowledgeStore,
  embedder: Embedder,
  questions: readonly FactbookQuestion[],
  limit: number,
): Promise<{ words: number; vectors: number; hybrid: number }> {
  const found = { words: 0, vectors: 0, hybrid: 0 };
  for (const { question, source, answer } of questions) {
    const [vector] = await embedder.embed([question]);
    const byWords = await store.searchWords(question, 20);
    const byVectors = await store.searchVector(vector, embedder.space, 20);
    const answers = (hits: readonly { chunk: { source: string; text: string } }[]) =>
      hits.slice(0, limit).some(({ chunk }) => chunk.source === source && chunk.text.includes(answer));
    if (answers(byWords)) found.words++;
    if (answers(byVectors)) found.vectors++;
    if (answers(fuse(byVectors, byWords))) found.hybrid++;
  }
  return {
    words: found.words / questions.length,
    vectors: found.vectors / questions.length,
    hybrid: found.hybrid / questions.length,
  };
}
