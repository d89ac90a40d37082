import { Parser } from "htmlparser2";
import type { Section } from "../chunker.ts";
import { decodeText, Headings } from "./text.ts";

/** Elements whose text nobody reads. */
const SKIPPED = new Set("script style template noscript svg nav iframe head select".split(" "));
/** Elements that begin and end a paragraph. */
const BLOCKS = new Set(
  ("address article aside blockquote body dd details div dl dt fieldset figcaption figure footer form header hr " +
    "main ol p pre section summary table tbody tfoot thead ul").split(" "),
);
/** Elements that begin a line. */
const LINES = new Set(["br", "li", "tr", "caption"]);
const HEADING = /^h([1-6])$/;

/** Reads a web page by its headings, without scripts, styles and navigation; `|` separates the cells of a row. */
export function readHtml(bytes: Uint8Array): Section[] {
  const sections: Section[] = [];
  const headings = new Headings();
  let text = "";
  let title: string | undefined;
  let skipped = 0;
  const end = () => {
    if (text.trim() !== "") sections.push({ heading: String(headings), text: text.trim() });
    text = "";
  };
  const parser = new Parser({
    onopentag(name) {
      if (SKIPPED.has(name)) skipped++;
      if (skipped > 0) return;
      if (HEADING.test(name)) {
        end();
        title = "";
      } else if (BLOCKS.has(name)) text += "\n\n";
      else if (LINES.has(name)) text += "\n";
      else if ((name === "td" || name === "th") && !/\n\s*$|^\s*$/.test(text)) text += " | ";
    },
    ontext(data) {
      if (skipped > 0) return;
      const words = data.replace(/\s+/g, " ");
      if (title === undefined) text += words;
      else title += words;
    },
    onclosetag(name) {
      if (skipped > 0) {
        if (SKIPPED.has(name)) skipped--;
        return;
      }
      const [, level] = HEADING.exec(name) ?? [];
      if (level && title !== undefined) {
        headings.enter(Number(level), title.trim());
        title = undefined;
      } else if (BLOCKS.has(name)) text += "\n\n";
    },
  }, { decodeEntities: true });
  parser.end(decodeText(bytes));
  end();
  return sections;
}
