import type { Section } from "../chunker.ts";
import { decodeText, Headings } from "./text.ts";

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$/;
/** Under a line of text, this makes it a heading. */
const UNDERLINE = /^ {0,3}(=+|-+)[ \t]*$/;

/** Reads Markdown by its headings. Other markup stays, since models read Markdown; images are left out. */
export function readMarkdown(bytes: Uint8Array): Section[] {
  const lines = withoutFrontMatter(decodeText(bytes)).split("\n");
  const sections: Section[] = [];
  const headings = new Headings();
  let body: string[] = [];
  let fence: string | undefined;
  const enter = (level: number, title: string) => {
    sections.push({ heading: String(headings), text: body.join("\n") });
    body = [];
    headings.enter(level, plain(title));
  };
  for (const [index, line] of lines.entries()) {
    const [, mark] = FENCE.exec(line) ?? [];
    if (mark && (fence === undefined || mark.startsWith(fence))) {
      fence = fence === undefined ? mark : undefined;
    }
    if (fence !== undefined || mark) {
      body.push(line);
      continue;
    }
    const [, hashes, title] = HEADING.exec(line) ?? [];
    const [, underline] = UNDERLINE.exec(line) ?? [];
    const above = index > 0 ? lines[index - 1] : "";
    if (hashes) enter(hashes.length, title);
    else if (underline && body.at(-1) === above && isText(above)) {
      body.pop();
      enter(underline.startsWith("=") ? 1 : 2, above);
    } else body.push(line.replace(/!\[[^\]]*\]\([^)]*\)/g, ""));
  }
  sections.push({ heading: String(headings), text: body.join("\n") });
  return sections.filter(({ text }) => text.trim() !== "");
}

/** Neither blank nor the mark of a list, a table or a quotation. */
function isText(line: string): boolean {
  return /^ {0,3}[^\s>|#*+-]/.test(line);
}

function plain(title: string): string {
  return title.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[*_`]/g, "").trim();
}

/** Settings for a site generator, between two lines of dashes at the top. */
function withoutFrontMatter(text: string): string {
  return text.replace(/^---\n[^]*?\n---(?:\n|$)/, "");
}
