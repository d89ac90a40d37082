// `deno task bench:fidelity FILE…`: how much of documents is read, against programs that know nothing of our readers:
// pdftotext for PDF, LibreOffice for HTML, DOCX and XLSX. Counted are the words that both have in the same order, of those that
// the other program has, by columns or by rows of tables, whichever fits better; letters of Chinese and Japanese count as words. Also says how long it took, and in how much memory.

import { readDocument } from "../../src/knowledge/readers/read_document.ts";
import type { ReadDocument } from "../../src/knowledge/readers/document_text.ts";

const WORD = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}]|[[\p{L}\p{N}\p{M}]--[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}]]+/gv;

async function run(command: string, ...args: string[]): Promise<string> {
  const { stdout, stderr, code } = await new Deno.Command(command, { args }).output();
  if (code > 1) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** The text of a document as other programs read it. pdftotext reads tables by columns, or with `-layout` by rows. */
async function otherTexts(path: string, ending: string, folder: string): Promise<string[]> {
  if (ending !== "pdf") return [await officeText(path, ending, folder)];
  return [
    await run("pdftotext", "-enc", "UTF-8", path, "-"),
    await run("pdftotext", "-layout", "-enc", "UTF-8", path, "-"),
  ];
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
  return text.normalize("NFKC").toLowerCase().replace(/[\u00ad\u200b\u200e\u200f\u202a-\u202e]/g, "").match(
    WORD,
  ) ?? [];
}

/** Words of `wanted` that `read` has in the same order. */
async function common(wanted: readonly string[], read: readonly string[], folder: string): Promise<number> {
  const [a, b] = [`${folder}/a`, `${folder}/b`];
  await Deno.writeTextFile(a, wanted.join("\n") + "\n");
  await Deno.writeTextFile(b, read.join("\n") + "\n");
  const missing = (await run("diff", "--minimal", a, b)).match(/^< /gm)?.length ?? 0;
  await Deno.remove(a);
  await Deno.remove(b);
  return wanted.length - missing;
}

function textOf({ sections }: ReadDocument, ending: string): string {
  // What a reader says of a page, and its path of headings, is not in the document: each heading counts where it begins.
  let above: string[] = [];
  return sections.map(({ heading, text }) => {
    const path = ending === "pdf" ? [] : heading.split(" > ").filter((part) => part !== "");
    const same = path.findIndex((part, level) => part !== above[level]);
    const fresh = same < 0 ? [] : path.slice(same);
    above = path;
    return [...fresh, text].join("\n");
  }).join("\n");
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
  const read = words(textOf(document, ending));
  let best = { found: 0, wanted: 1 };
  for (const wanted of texts.map(words)) {
    const found = await common(wanted, read, folder);
    if (found / wanted.length > best.found / best.wanted) best = { found, wanted: wanted.length };
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
