import { Parser } from "htmlparser2";
import type { Section } from "../chunk.ts";
import { decodeText } from "./decode.ts";
import { Headings } from "./headings.ts";

/** What is not for reading. */
const SKIPPED = new Set([
  "script",
  "style",
  "template",
  "noscript",
  "svg",
  "nav",
  "iframe",
  "head",
  "select",
]);
/** What begins and ends a paragraph. */
const BLOCKS = new Set(
  ("address article aside blockquote body dd details div dl dt fieldset figcaption figure footer form header hr " +
    "main ol p pre section summary table tbody tfoot thead ul").split(" "),
);
/** What begins a line. */
const LINES = new Set(["br", "li", "tr", "caption"]);
const HEADING = /^h([1-6])$/;

/** A web page by its headings. Scripts, styles and navigation are left out; cells of a row are divided by `|`. */
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
