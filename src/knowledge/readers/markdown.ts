import { lowered, raised } from "./clean_text.ts";
import { decodeDocument } from "./decode_document.ts";
import { type ReadDocument, type ReadOptions, titled } from "./document_text.ts";
import { MarkdownFences } from "./markdown_fences.ts";
import { notesBelow } from "./markdown_notes.ts";
import { pictureText } from "./page_parts.ts";
import { SectionWriter } from "./section_writer.ts";

const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*)$/;
/** Under a line of text, this makes it a heading. */
const UNDERLINE = /^ {0,3}(=+|-+)[ \t]*$/;
/**
 * Their ends are looked for within bounds, so that a line of nothing but beginnings is read in no time all
 * the same.
 */
const IMAGE = /!\[([^\]]{0,500})\]\([^)]{0,2000}\)/g;
const LINK = /\[([^\]]{0,500})\]\([^)]{0,2000}\)/g;
/** What is read of a heading. */
const MAX_TITLE_CHARS = 1_000;

/**
 * Reads Markdown by its headings. Other markup stays, since models read Markdown; pictures, comments and HTML
 * become text.
 */
export async function readMarkdown(
  bytes: Uint8Array,
  { charset }: ReadOptions = {},
): Promise<ReadDocument> {
  const decoded = decodeDocument(bytes, charset);
  const { text, frontMatter } = withoutFrontMatter(decoded.text);
  const lines = notesBelow((await withoutHtml(text)).split("\n"));
  const writer = new SectionWriter();
  let body: string[] = [];
  const fences = new MarkdownFences();
  const enter = (level: number, title: string) => {
    writer.raw(body.join("\n"));
    body = [];
    writer.openHeading(level);
    writer.text(plain(title));
    writer.closeHeading();
  };
  for (const [index, line] of lines.entries()) {
    if (fences.take(line)) {
      body.push(line);
      continue;
    }
    const [, hashes, title] = HEADING.exec(line) ?? [];
    const [, underline] = UNDERLINE.exec(line) ?? [];
    const above = index > 0 ? lines[index - 1] : "";
    if (hashes) enter(hashes.length, withoutClosingHashes(title));
    else if (underline && body.at(-1) === above && isText(above)) {
      body.pop();
      enter(underline.startsWith("=") ? 1 : 2, above);
    } else body.push(line.replace(IMAGE, (_all, alt: string) => pictureText(alt)));
  }
  writer.raw(body.join("\n"));
  const notes = [...decoded.notes, ...frontMatter === undefined ? [] : ["front matter left out"]];
  return { sections: titled(writer.finish(), titleIn(frontMatter)), notes };
}

/** Neither blank nor the mark of a list, a table or a quotation. */
function isText(line: string): boolean {
  return /^ {0,3}[^\s>|#*+-]/.test(line);
}

function plain(title: string): string {
  return title.slice(0, MAX_TITLE_CHARS).replace(LINK, "$1").replace(/[*_`]/g, "").trim();
}

/**
 * `Shop ##` is the heading `Shop`. By hand, since a pattern would try every space of a long line as the last
 * one.
 */
function withoutClosingHashes(title: string): string {
  const text = title.trimEnd();
  let end = text.length;
  while (text[end - 1] === "#") end--;
  return end > 0 && /[ \t]/.test(text[end - 1]) ? text.slice(0, end).trimEnd() : text;
}

/** Settings for a site generator, between two lines of dashes at the top. */
function withoutFrontMatter(text: string): { readonly text: string; readonly frontMatter?: string } {
  const [frontMatter] = /^---\n(?:[^]*?\n)?---(?:\n|$)/.exec(text) ?? [];
  return { text: text.slice(frontMatter?.length ?? 0), frontMatter };
}

/** The title that a site generator would put above the text. */
function titleIn(frontMatter = ""): string {
  const [, title = ""] = /^title:[ \t]*(.{1,300})$/mi.exec(frontMatter) ?? [];
  return title.trim().replace(/^(["'])(.*)\1$/, "$2");
}

/**
 * HTML in Markdown: comments go, tables become tables of Markdown, and characters are written as themselves.
 */
async function withoutHtml(text: string): Promise<string> {
  if (!/[<&]/.test(text)) return text;
  const { readHtml } = await import("./html.ts");
  const textOf = (html: string) =>
    readHtml(new TextEncoder().encode(html)).sections.map((section) => section.text).join("\n\n");
  const bare = replaceSpans(text, /<!--/g, /-->/g, () => "");
  return replaceSpans(bare, /<table\b/gi, /<\/table>/gi, (table) => `\n\n${textOf(table)}\n\n`)
    .replace(/<sup>([^<]*)<\/sup>/gi, (_all, inner) => raised(inner))
    .replace(/<sub>([^<]*)<\/sub>/gi, (_all, inner) => lowered(inner))
    .replace(/<br\s*\/?>/gi, " ")
    .replace(/&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z]\w{1,30});/gi, (entity) => textOf(entity) || " ");
}

/**
 * Replaces what is between a beginning and the next end, both included. One pattern for all of it would look
 * for the end again from each beginning.
 *
 * @param begin and `end`: global patterns that nobody else uses
 */
function replaceSpans(text: string, begin: RegExp, end: RegExp, replace: (span: string) => string): string {
  let replaced = "";
  let done = 0;
  for (let found = begin.exec(text); found; found = begin.exec(text)) {
    end.lastIndex = begin.lastIndex;
    if (!end.test(text)) break;
    replaced += text.slice(done, found.index) + replace(text.slice(found.index, end.lastIndex));
    done = begin.lastIndex = end.lastIndex;
  }
  return replaced + text.slice(done);
}
