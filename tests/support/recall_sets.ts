import { DEFAULT_KNOWLEDGE } from "../../src/businesses/business.ts";
import { ingestDocuments } from "../../src/knowledge/ingest_documents.ts";
import { Knowledge } from "../../src/knowledge/knowledge.ts";
import type { KnowledgeStore } from "../../src/knowledge/knowledge_store.ts";
import { readDocument } from "../../src/knowledge/readers/read_document.ts";
import { createLog } from "../../src/observability/log.ts";
import { SystemClock } from "../../src/util/system_clock.ts";

const FOLDER = new URL("../fixtures/recall/", import.meta.url);

/** A document with questions about it. */
export interface RecallSet {
  readonly name: string;
  /** As a whole question, as a caller speaks, and a part of the passage that answers it. */
  readonly answerable: readonly (readonly [whole: string, spoken: string, answer: string])[];
  readonly unanswerable: readonly string[];
}

/** How many of a set's questions found what they should among the first five passages that a call is given. */
export interface RecallCounts {
  questions: number;
  whole: number;
  spoken: number;
  unanswerable: number;
  /** Unanswerable ones that were given passages. */
  misled: number;
}

/** The sets of `tuning`, which may be looked at, or of `kept`, which may not be while the search is changed. */
export async function recallSets(part: "tuning" | "kept"): Promise<RecallSet[]> {
  const folder = new URL(`${part}/`, FOLDER);
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    name.endsWith(".json")
  );
  return await Promise.all(
    names.sort().map(async (name) => ({
      name: `${part}/${name.slice(0, -".json".length)}`,
      ...JSON.parse(await Deno.readTextFile(new URL(name, folder))),
    })),
  );
}

/** Ingests a set into an empty store and asks its questions as a call does, without vectors. */
export async function recallOfSet(
  set: RecallSet,
  store: KnowledgeStore,
  onMiss: (question: string, given: readonly string[]) => void = () => {},
): Promise<RecallCounts> {
  const source = `${set.name}.md`;
  const read = async () => await readDocument(source, await Deno.readFile(new URL(source, FOLDER)));
  await ingestDocuments({ store, embedder: undefined, sources: [{ name: source, read }] });
  const knowledge = new Knowledge({
    ...{ store, embeddings: undefined, held: store },
    ...{ clock: new SystemClock(), log: createLog() },
  });
  const given = async (question: string) =>
    (await knowledge.search(question, { ...DEFAULT_KNOWLEDGE, results: 5 })).hits;
  const finds = async (question: string, answer: string) => {
    const hits = await given(question);
    const isFound = hits.some(({ chunk }) => chunk.text.includes(answer));
    if (!isFound) onMiss(question, hits.map(({ chunk, words }) => `${words?.toFixed(2)} ${chunk.heading}`));
    return isFound;
  };
  const counts = {
    questions: set.answerable.length,
    whole: 0,
    spoken: 0,
    unanswerable: set.unanswerable.length,
    misled: 0,
  };
  for (const [whole, spoken, answer] of set.answerable) {
    if (await finds(whole, answer)) counts.whole++;
    if (await finds(spoken, answer)) counts.spoken++;
  }
  for (const question of set.unanswerable) {
    const hits = await given(question);
    if (hits.length === 0) continue;
    counts.misled++;
    onMiss(`(none) ${question}`, hits.map(({ chunk, words }) => `${words?.toFixed(2)} ${chunk.heading}`));
  }
  return counts;
}
