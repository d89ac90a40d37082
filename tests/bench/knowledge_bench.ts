// `deno task bench:knowledge`: how well passages are found, how fast, and in how much memory. The text is the fixture
// `factbook`, some 250 pages. With OPENAI_API_KEY the vectors are OpenAI's; without, a stand-in's, which knows spellings and
// no meanings, so that what it reaches says little about a real model.

import { DEFAULT_KNOWLEDGE } from "../../src/businesses/business.ts";
import { readFields } from "../../src/config/config.ts";
import { readEnvironment } from "../../src/config/environment.ts";
import { makeChunk } from "../../src/knowledge/chunker.ts";
import type { Embedder } from "../../src/knowledge/embedder.ts";
import { ingestDocuments } from "../../src/knowledge/ingest_documents.ts";
import { Knowledge } from "../../src/knowledge/knowledge.ts";
import type { EmbeddedChunk } from "../../src/knowledge/knowledge_store.ts";
import { loadOpenAiEmbeddings } from "../../src/knowledge/openai_embedder.ts";
import { SqliteKnowledgeStore } from "../../src/knowledge/sqlite/sqlite_store.ts";
import { createLog } from "../../src/observability/log.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { setImmediate } from "node:timers";
import { factbook, factbookQuestions, recallOf } from "../support/factbook.ts";
import { recallOfSet, recallSets } from "../support/recall_sets.ts";
import { NgramEmbedder } from "../support/ngram_embedder.ts";
import { TempFolder } from "../support/temp_folder.ts";

const { dimensions } = DEFAULT_KNOWLEDGE;
const CHUNKS = 10_000;
const SEARCHES = 200;

const { raw } = readFields(readEnvironment());
const real = raw.openaiApiKey === undefined ? undefined : await loadOpenAiEmbeddings({
  apiKey: raw.openaiApiKey,
  baseUrl: raw.openaiBaseUrl!,
  model: raw.embeddingModel!,
  timeoutMs: 60_000,
  retries: 5,
});
const passages = (await Promise.all(factbook().map((source) => source.read()))).flatMap(({ sections }) =>
  sections
);
const corpus = passages.map(({ text }) => text);
const embedderOf = (size: number): Embedder => real?.of(size) ?? new NgramEmbedder(size, corpus);

using folder = new TempFolder();
const { answerable, unanswerable } = await factbookQuestions();
const percent = (share: number) => `${Math.round(share * 100)} %`.padStart(5);

console.log(
  real
    ? `Vectors by ${raw.embeddingModel}.`
    : "Vectors by a stand-in, hashed letter triples: no OPENAI_API_KEY.",
);
console.log(`\nrecall@5, ${answerable.length} questions        words  vectors  hybrid`);
for (const size of [128, 256, dimensions, 1536]) {
  await using store = await SqliteKnowledgeStore.open(folder.path, `recall-${size}`);
  const embedder = embedderOf(size);
  const report = await ingestDocuments({ store, embedder, sources: factbook() });
  const { words, vectors, hybrid } = await recallOf(store, embedder, answerable, 5);
  const name = `${report.size.chunks} passages, ${String(size).padStart(4)} dimensions`;
  console.log(`${name}  ${percent(words)}    ${percent(vectors)}   ${percent(hybrid)}`);
  if (size !== dimensions) continue;
  for (const [by, embeddings] of [["words alone", undefined], ["hybrid", { of: () => embedder }]] as const) {
    const knowledge = new Knowledge({
      store,
      embeddings,
      held: store,
      clock: new SystemClock(),
      log: createLog(),
    });
    const told = async (question: string) => (await knowledge.search(question, DEFAULT_KNOWLEDGE)).hits;
    let answered = 0;
    let silent = 0;
    for (const { question, source, answer } of answerable) {
      const hits = await told(question);
      if (hits.some(({ chunk }) => chunk.source === source && chunk.text.includes(answer))) answered++;
    }
    for (const question of unanswerable) if ((await told(question)).length === 0) silent++;
    console.log(
      `  as told in a call, ${by}: ${answered} of ${answerable.length} answered; nothing told for ${silent} of ${unanswerable.length} that have no answer`,
    );
  }
}

console.log("\nrecall@5 by words as told in a call       whole   spoken   given passages without an answer");
for (const [index, set] of [...await recallSets("tuning"), ...await recallSets("kept")].entries()) {
  await using store = await SqliteKnowledgeStore.open(folder.path, `set-${index}`);
  const { questions, whole, spoken, unanswerable, misled } = await recallOfSet(set, store);
  console.log(
    `${set.name.padEnd(18)} ${questions} questions     ${percent(whole / questions)}    ${
      percent(spoken / questions)
    }    ${misled} of ${unanswerable}`,
  );
}

const store = await SqliteKnowledgeStore.open(folder.path, "speed");
const stand = new NgramEmbedder(dimensions);
await fill(store);
await store[Symbol.asyncDispose]();

/** The fixture's passages over and over, each time slightly other ones. */
async function fill(store: SqliteKnowledgeStore): Promise<void> {
  const ids = new Set<string>();
  for (let start = 0; start < CHUNKS; start += 500) {
    const batch: EmbeddedChunk[] = [];
    for (let index = start; index < start + 500; index++) {
      const { heading, text } = passages[index % passages.length];
      const at = (Math.floor(index / passages.length) * 400) % Math.max(text.length - 600, 1);
      const chunk = makeChunk("factbook.md", `${heading} ${index}`, text.slice(at, at + 800));
      const [vector] = await stand.embed([chunk.text]);
      ids.add(chunk.id);
      batch.push({ chunk, vector });
    }
    await store.put(batch, stand.space);
  }
  await store.retain(ids, () => false);
}

const questions = await Promise.all(
  answerable.map(async ({ question }) => ({ question, vector: (await stand.embed([question]))[0] })),
);
const before = Deno.memoryUsage().rss;
await using open = await SqliteKnowledgeStore.open(folder.path, "speed");
let peak = before;
let longestHold = 0;
const took = { words: [] as number[], vectors: [] as number[], both: [] as number[] };
let lastTurn = performance.now();
let isMeasuring = true;
const watching = (async () => {
  while (isMeasuring) {
    await new Promise((resolve) => setImmediate(resolve));
    const now = performance.now();
    longestHold = Math.max(longestHold, now - lastTurn);
    lastTurn = now;
  }
})();
for (let round = 0; round < SEARCHES; round++) {
  const { question, vector } = questions[round % questions.length];
  const start = performance.now();
  await open.searchWords(question, 20);
  const middle = performance.now();
  await open.searchVector(vector, stand.space, 20);
  const end = performance.now();
  took.words.push(middle - start);
  took.vectors.push(end - middle);
  took.both.push(end - start);
  peak = Math.max(peak, Deno.memoryUsage().rss);
}
isMeasuring = false;
await watching;

function spread(times: number[]): string {
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor((times.length - 1) * share)].toFixed(1);
  return `median ${at(0.5)} ms, p95 ${at(0.95)} ms, worst ${at(1)} ms`;
}

console.log(
  `\n${SEARCHES} searches of ${CHUNKS} passages with ${dimensions} dimensions in SQLite, without embedding the question:`,
);
console.log(`  words    ${spread(took.words)}`);
console.log(`  vectors  ${spread(took.vectors)}`);
console.log(`  both     ${spread(took.both)}`);
console.log(`  the event loop was held for ${longestHold.toFixed(1)} ms at most`);
console.log(
  `  resident memory grew by ${((peak - before) / 1e6).toFixed(1)} MB at most, the open database included`,
);
