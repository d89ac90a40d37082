import type { LoadOptions } from "../config/config.ts";
import { readEnvironment } from "../config/environment.ts";
import type { Embedder } from "../knowledge/embedder.ts";
import { type DocumentReport, ingestDocuments, type IngestProgress } from "../knowledge/ingest_documents.ts";
import { embeddingsKind, openKnowledgeStore } from "../services/knowledge_services.ts";
import { EXIT, failure, parseCommand, wrongUsage } from "./arguments.ts";
import { ProgressLine } from "./progress.ts";
import { type KnowledgeSetup, setUp } from "./knowledge_setup.ts";
import {
  documentsAt,
  type DocumentsOptions,
  type FoundDocuments,
} from "../knowledge/readers/documents_at.ts";
import { GuardedRequests } from "../egress/guarded_requests.ts";
import { VERSION } from "./version.ts";
import { ReadingApart } from "../knowledge/readers/reading_apart.ts";
import { listed } from "../knowledge/readers/document_text.ts";

/** Nobody waits on the telephone: a batch may take long, and be tried again often. */
const EMBED_PATIENCE = { timeoutMs: 60_000, retries: 6 };
/** Between two requests to one web site, in milliseconds. */
const PAGE_DELAY_MS = 500;
/** Longest time for all pages, in milliseconds. */
const MAX_SITE_MS = 30 * 60_000;
/** Characters of the progress bar. */
const BAR_CHARS = 30;

const HELP = `Usage: slimline ingest --business ID [OPTIONS] FILE|FOLDER|ADDRESS…

Takes documents into the knowledge of a business: Markdown, text, HTML, PDF, DOCX, XLSX, CSV or JSON; of a folder all that is
below it. They are all of its knowledge from then on. What is there already is not embedded again, and what is gone is removed;
a run that was interrupted goes on where it was. An address, https://…, is that of a page or of a sitemap; that of a site alone
takes in what its sitemap lists. It ends with a line for each document: what was taken, and what was not and why.

  --business ID    whose knowledge, as in its file
  --add            keep the documents that are not given this time
  --no-embed       make no vectors, even with a key: passages are found by their words alone
  --password WORD  opens PDFs that are protected

OPENAI_API_KEY, OPENAI_BASE_URL, EMBEDDING_BASE_URL, EMBEDDING_API_KEY, EMBEDDING_MODEL, DATA_DIR, MONGODB_URI, BUSINESSES and
PRIVATE_HOSTS are read from the environment.
Exit codes: 0 done, 1 not done or a document gave nothing, 2 wrong usage or configuration.`;

const OPTIONS = {
  business: { type: "string" },
  add: { type: "boolean", default: false },
  "no-embed": { type: "boolean", default: false },
  password: { type: "string" },
} as const;

/**
 * `slimline ingest`: makes a business's knowledge what its documents say.
 *
 * @param env values by variable name; default the process's
 */
export async function ingest(argv: string[], env: LoadOptions["env"] = readEnvironment()): Promise<number> {
  const spec = { command: "ingest", args: argv, options: OPTIONS, allowPositionals: true } as const;
  const parsed = parseCommand(spec, HELP);
  if (typeof parsed === "number") return parsed;
  const { values, positionals } = parsed;
  if (values.business === undefined) return wrongUsage("ingest", "--business is missing.");
  if (positionals.length === 0) return wrongUsage("ingest", "Documents are missing.");
  const line = new ProgressLine();
  try {
    using reading = new ReadingApart();
    const read: DocumentsOptions["read"] = (...document) => reading.read(...document);
    await using setup = await setUp(values.business, env);
    const found = await findDocuments(positionals, setup, { password: values.password, read });
    await using held = new AsyncDisposableStack();
    const report = await ingestDocuments({
      store: await openKnowledgeStore(setup.services, setup.businessId, held),
      sources: found.sources,
      embedder: values["no-embed"] ? undefined : await createEmbedder(setup, held),
      keepsOthers: values.add || !found.isComplete,
      onProgress: (progress) => line.show(bar(progress)),
    });
    line.end();
    const { chunks, sources: documents, embedded } = report.size;
    console.log(`${report.put} new, ${report.unchanged} unchanged, ${report.removed} removed.`);
    const size = `${count(chunks, "passage")} of ${count(documents, "document")}`;
    console.log(`${setup.businessId} knows ${size}, ${embedded} with vectors.`);
    for (const document of report.documents) console.log(documentLine(document));
    if (found.unread.length > 0) {
      console.log(`Not read: ${listed(found.unread)}.`);
    }
    if (!setup.isOn) {
      console.log('Calls do not search them yet: add "knowledge": {} to the business\'s file.');
    }
    if (!found.isComplete) console.error("Other documents were kept, since not all paths are there.");
    const empty = report.documents.filter(({ isEmpty }) => isEmpty);
    if (empty.length === 0) return EXIT.good;
    const stays = "What was known of it stays; remove the document to remove that.";
    console.error(`Nothing was taken of ${listed(empty.map(({ name }) => name))}. ${stays}`);
    return EXIT.failed;
  } catch (error) {
    line.end();
    return failure(error);
  }
}

/** Documents of paths, and pages of addresses. */
async function findDocuments(
  places: readonly string[],
  { config }: KnowledgeSetup,
  options: DocumentsOptions,
): Promise<FoundDocuments> {
  const addresses = places.filter((place) => /^https?:/i.test(place));
  const paths = places.filter((place) => !addresses.includes(place));
  const found = paths.length > 0 ? [await documentsAt(paths, options)] : [];
  if (addresses.length > 0) {
    const { pagesAt } = await import("../knowledge/web/pages_at.ts");
    found.push(
      await pagesAt(addresses, {
        ...options,
        requests: new GuardedRequests({ privateHosts: config.privateHosts }),
        delayMs: PAGE_DELAY_MS,
        userAgent: `slimline/${VERSION}`,
        signal: AbortSignal.timeout(MAX_SITE_MS),
      }),
    );
  }
  return {
    sources: found.flatMap(({ sources }) => sources),
    unread: found.flatMap(({ unread }) => unread),
    isComplete: found.every(({ isComplete }) => isComplete),
  };
}

/** @param held gets what the embedder holds */
async function createEmbedder(
  { config, settings, services }: KnowledgeSetup,
  held: AsyncDisposableStack,
): Promise<Embedder | undefined> {
  const openai = embeddingsKind(config, EMBED_PATIENCE);
  if (openai === undefined) {
    const without = "Without OPENAI_API_KEY or EMBEDDING_BASE_URL no vectors are made";
    console.error(`${without}: passages are found by their words alone.`);
    return undefined;
  }
  return held.use(await services.registry.acquire(openai)).service.of(settings.dimensions);
}

/** What was taken of a document, what was not, and why. */
function documentLine({ name, parts, sections, chunks, notes, problem }: DocumentReport): string {
  if (problem) {
    const why = problem.message.startsWith(name)
      ? problem.message.slice(name.length).replace(/^:? /, "")
      : problem.message;
    return `${name}: nothing taken: ${why}`;
  }
  const size = parts ? count(parts.count, parts.what) : count(sections, "section");
  return [`${name}: ${size}, ${count(chunks, "passage")}`, ...notes].join("; ");
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function bar({ source, chunksDone, chunks }: IngestProgress): string {
  const filled = Math.round(BAR_CHARS * chunksDone / chunks);
  const percent = String(Math.floor(100 * chunksDone / chunks)).padStart(3);
  return `[${"#".repeat(filled)}${"-".repeat(BAR_CHARS - filled)}] ${percent} %  ${source}`;
}
