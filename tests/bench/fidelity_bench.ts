// `deno task bench:fidelity FILE…`: how much of documents is read, against programs that know nothing of our readers:
// pdftotext for PDF, LibreOffice for all else. Counted are the words that both have in the same order, of those that the other
// program has. Letters of Chinese and Japanese count as words, and a hyphen within a word does not count, nor the end of a line
// behind it: whether a cut word had one is a guess of either. Programs do not agree in which order the cells of a table are read,
// pdftotext does not with itself: each page counts by the order that fits best of its three (by columns, by rows, and as the file
// has it). Exit code 1 when less than 0.99 of a document is read. Also says how long each took.

import { readDocument } from "../../src/knowledge/readers/read_document.ts";
import type { ReadDocument } from "../../src/knowledge/readers/document_text.ts";

/** What must be read of each document. */
const LEAST_SHARE = 0.99;
const WORD = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}]|[[\p{L}\p{N}\p{M}]--[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}]]+/gv;

async function run(command: string, ...args: string[]): Promise<string> {
  const { stdout, stderr, code } = await new Deno.Command(command, { args }).output();
  if (code > 1) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** The pages of a document as another program reads them, in each of its orders. */
async function otherTexts(path: string, ending: string, folder: string): Promise<string[][]> {
  if (ending !== "pdf") return [[await officeText(path, ending, folder)]];
  return await Promise.all(
    [[], ["-layout"], ["-raw"]].map(async (order) =>
      (await run("pdftotext", ...order, "-enc", "UTF-8", path, "-")).split("\f")
    ),
  );
}

async function officeText(path: string, ending: string, folder: string): Promise<string> {
  const target = ending === "xlsx"
    ? "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    : "txt:Text (encoded):UTF8";
  const input = ending === "html" ? "--infilter=HTML (StarWriter)" : "";
  await run(
    "soffice",
    "--headless",
    ...input ? [input] : [],
    "--convert-to",
    target,
    "--outdir",
    folder,
    path,
  );
  let text = "";
  for (const { name } of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    text += await Deno.readTextFile(`${folder}/${name}`);
    await Deno.remove(`${folder}/${name}`);
  }
  return text;
}

function words(text: string): string[] {
  return text.normalize("NFKC").toLowerCase().replace(/[\u200b\u200e\u200f\u202a-\u202e]/g, "")
    .replace(/(?<=[\p{L}\p{N}])[-\u00ad\u2010\u2011](?:\s*\n\s*)?(?=[\p{L}\p{N}])/gu, "")
    .match(WORD) ?? [];
}

/** Words of `wanted` that `read` has in the same order: their longest common subsequence. */
function common(wanted: readonly string[], read: readonly string[]): number {
  const ids = new Map<string, number>();
  const idOf = (word: string) => ids.get(word) ?? (ids.set(word, ids.size), ids.size - 1);
  const columns = Int32Array.from(read, idOf);
  let [above, row] = [new Uint32Array(read.length + 1), new Uint32Array(read.length + 1)];
  for (const word of wanted) {
    const id = idOf(word);
    for (let at = 0; at < columns.length; at++) {
      row[at + 1] = columns[at] === id ? above[at] + 1 : Math.max(above[at + 1], row[at]);
    }
    [above, row] = [row, above];
  }
  return above[read.length];
}

/** How many words of a page are read, in the order that fits best. */
function bestOrder(
  orders: readonly (readonly string[])[],
  read: readonly string[],
): { found: number; wanted: number } {
  let best = { found: 0, wanted: orders[0].length };
  for (const wanted of orders) {
    const found = common(wanted, read);
    if (found * best.wanted > best.found * wanted.length) best = { found, wanted: wanted.length };
  }
  return best;
}

/** The pages of a PDF, or all of another document, as we read them. */
function ourTexts({ sections, parts }: ReadDocument, ending: string): string[] {
  if (ending === "pdf") {
    const pages = new Map(sections.map(({ heading, text }) => [heading, text]));
    return Array.from({ length: parts?.count ?? 0 }, (_, index) => pages.get(`Page ${index + 1}`) ?? "");
  }
  // A section's path of headings is not in the document: each heading counts where it begins.
  let above: string[] = [];
  const texts = sections.map(({ heading, text }) => {
    const path = heading.split(" > ").filter((part) => part !== "");
    const same = path.findIndex((part, level) => part !== above[level]);
    const fresh = same < 0 ? [] : path.slice(same);
    above = path;
    return [...fresh, text].join("\n");
  });
  return [texts.join("\n")];
}

const folder = await Deno.makeTempDir();
let [all, wantedAll] = [0, 0];
let worst = 1;
for (const path of Deno.args) {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const ending = name.slice(name.lastIndexOf(".") + 1);
  const texts = await otherTexts(path, ending, folder);
  const startedMs = performance.now();
  const document = await readDocument(name, await Deno.readFile(path));
  const ms = performance.now() - startedMs;
  const best = { found: 0, wanted: 0 };
  for (const [index, page] of ourTexts(document, ending).entries()) {
    const { found, wanted } = bestOrder(texts.map((pages) => words(pages[index] ?? "")), words(page));
    best.found += found;
    best.wanted += wanted;
  }
  const { found } = best;
  // Navigation is left out on purpose, and counted.
  const navigation = Number(/(\d+) words? of navigation/.exec(document.notes?.join() ?? "")?.[1] ?? 0);
  const wanted = Math.max(found, best.wanted - navigation);
  const share = found / wanted;
  [all, wantedAll, worst] = [all + found, wantedAll + wanted, Math.min(worst, share)];
  const pages = document.parts
    ? `${document.parts.count} ${document.parts.what}s`
    : `${document.sections.length} sections`;
  console.log(
    `${share.toFixed(4)}  ${String(wanted).padStart(7)} words  ${pages.padStart(13)}  ${
      Math.round(ms)
    } ms  ${name}`,
  );
}
await Deno.remove(folder, { recursive: true });
console.log(
  `\n${Deno.args.length} documents, ${wantedAll} words: ${(all / wantedAll).toFixed(4)} in all, ${
    worst.toFixed(4)
  } at least`,
);
if (worst < LEAST_SHARE) Deno.exitCode = 1;
