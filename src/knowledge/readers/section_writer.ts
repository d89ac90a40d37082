import type { Section } from "../chunker.ts";
import { type CellOptions, type TableRow, writeTable } from "./table_builder.ts";

/** What a document says, a part at a time. */
type Part =
  | { readonly kind: "text" | "raw"; readonly text: string }
  | { readonly kind: "line" | "paragraph" | "heading end" | "headings end" }
  | { readonly kind: "heading"; readonly level: number }
  | { readonly kind: "table"; readonly rows: readonly OpenRow[] };

interface OpenRow {
  isHeader: boolean;
  readonly cells: { options: CellOptions; readonly parts: Part[] }[];
}

/**
 * A heading in a cell that has more text than this beside it heads a part of the page, and the table only
 * lays it out.
 */
const MAX_HEADED_CELL_CHARS = 200;

/**
 * Makes sections of what a reader finds in a document: headings, paragraphs, lines and tables, in their
 * order. A heading with nothing below it is text of the section above. Tables that only lay out a page are
 * read cell by cell.
 */
export class SectionWriter {
  readonly #sections: Section[] = [];
  readonly #headings = new Headings();
  readonly #tables: OpenRow[][] = [];
  /** Where parts go: the open regions and cells, outermost first. Empty: into sections at once. */
  readonly #open: Part[][] = [];
  #text = "";
  #title: { readonly level: number; text: string } | undefined;
  /** The heading that nothing is below so far, and those above it. */
  #bare: { readonly level: number; readonly text: string; readonly above: string } | undefined;
  /** Whether the last section is of headings alone. */
  #isBareList = false;

  /** Adds words; white space counts as one space. */
  text(text: string): void {
    this.#add({ kind: "text", text });
  }

  /** Adds text that is laid out already: lines, tables, and blank lines between paragraphs. */
  raw(text: string): void {
    this.#add({ kind: "raw", text });
  }

  /** Begins a line. */
  line(): void {
    this.#add({ kind: "line" });
  }

  /** Begins a paragraph. */
  paragraph(): void {
    this.#add({ kind: "paragraph" });
  }

  /** Begins a heading; 1 is the outermost. */
  openHeading(level: number): void {
    this.#add({ kind: "heading", level });
  }

  closeHeading(): void {
    this.#add({ kind: "heading end" });
  }

  /** What follows belongs to no heading so far. */
  leaveHeadings(): void {
    this.#add({ kind: "headings end" });
  }

  openTable(): void {
    this.#tables.push([]);
  }

  /** @param isHeader true: names the columns, whatever its cells are */
  openRow(isHeader = false): void {
    this.#tables.at(-1)?.push({ isHeader, cells: [] });
  }

  /** The row that was opened last names the columns. */
  headRow(): void {
    const row = this.#tables.at(-1)?.at(-1);
    if (row) row.isHeader = true;
  }

  /** Changes what the cell that was opened last is. */
  describeCell(options: CellOptions): void {
    const cell = this.#tables.at(-1)?.at(-1)?.cells.at(-1);
    if (cell) cell.options = { ...cell.options, ...options };
  }

  /** Begins a cell of the table that was opened last. To be closed before the next one is opened. */
  openCell(options: CellOptions = {}): void {
    const table = this.#tables[this.#tables.length - 1];
    if (table.length === 0) this.openRow();
    const parts: Part[] = [];
    table[table.length - 1].cells.push({ options, parts });
    this.#open.push(parts);
  }

  closeCell(): void {
    this.#open.pop();
  }

  closeTable(): void {
    const rows = this.#tables.pop();
    if (rows) this.#add({ kind: "table", rows });
  }

  /** Begins a part of the document that may be left out or changed once it is known. */
  openRegion(): void {
    this.#open.push([]);
  }

  /** Text of the region that was opened last, so far. */
  get regionText(): string {
    return this.#open.at(-1)?.map((part) => part.kind === "text" ? part.text : " ").join("") ?? "";
  }

  /**
   * Ends the region that was opened last. @param change what becomes of its text; undefined: nothing of it is
   * taken
   */
  closeRegion(change?: (text: string) => string): void {
    const parts = this.#open.pop() ?? [];
    if (change === undefined) return;
    for (const part of parts) {
      this.#add(part.kind === "text" ? { kind: "text", text: change(part.text) } : part);
    }
  }

  /** All sections. Ends the document. */
  finish(): Section[] {
    while (this.#open.length > 0) this.closeRegion((text) => text);
    this.leaveHeadings();
    return this.#sections;
  }

  #add(part: Part): void {
    const open = this.#open.at(-1);
    if (open) open.push(part);
    else this.#write(part);
  }

  #write(part: Part): void {
    switch (part.kind) {
      case "text":
        if (this.#title) this.#title.text += oneLine(part.text);
        else this.#text += oneLine(part.text);
        break;
      case "raw":
        this.#text += part.text;
        break;
      case "line":
        this.#break("\n");
        break;
      case "paragraph":
        this.#break("\n\n");
        break;
      case "heading":
        this.#endTitle();
        this.#endSection();
        this.#title = { level: part.level, text: "" };
        break;
      case "heading end":
        this.#endTitle();
        break;
      case "headings end":
        this.#endTitle();
        this.#endSection();
        this.#keepBare();
        this.#headings.enter(0, "");
        this.#isBareList = false;
        break;
      case "table":
        this.#writeTable(part.rows);
    }
  }

  #break(mark: string): void {
    if (this.#title) this.#title.text += " ";
    else this.#text += mark;
  }

  #writeTable(rows: readonly OpenRow[]): void {
    if (!this.#title && rows.some(({ cells }) => cells.some(({ parts }) => isLayout(parts)))) {
      for (const { parts } of rows.flatMap(({ cells }) => cells)) {
        this.#break("\n\n");
        for (const part of parts) this.#write(part);
      }
      this.#endTitle();
    } else {
      const written = rows.map(({ isHeader, cells }): TableRow => ({
        isHeader,
        cells: cells.map(({ options, parts }) => ({ ...options, text: cellText(parts) })),
      }));
      this.#break("\n\n");
      if (this.#title) this.#title.text += oneLine(writeTable(written));
      else this.#text += writeTable(written);
    }
    this.#break("\n\n");
  }

  #endTitle(): void {
    const text = this.#title?.text.replace(/\s+/g, " ").trim() ?? "";
    const level = this.#title?.level ?? 0;
    this.#title = undefined;
    if (text === "") return;
    if (this.#bare && this.#bare.level >= level) this.#keepBare();
    this.#headings.enter(level, "");
    this.#bare = { level, text, above: String(this.#headings) };
    this.#headings.enter(level, text);
  }

  #endSection(): void {
    const text = this.#text.trim();
    this.#text = "";
    if (text === "") return;
    this.#bare = undefined;
    this.#isBareList = false;
    this.#sections.push({ heading: String(this.#headings), text });
  }

  #keepBare(): void {
    if (!this.#bare) return;
    const { text, above } = this.#bare;
    this.#bare = undefined;
    const last = this.#sections.at(-1);
    if (this.#isBareList && last?.heading === above) {
      this.#sections[this.#sections.length - 1] = { heading: above, text: `${last.text}\n${text}` };
    } else this.#sections.push({ heading: above, text });
    this.#isBareList = true;
  }
}

/** Whether a cell has a table or a part of the page in it. */
function isLayout(parts: readonly Part[]): boolean {
  if (parts.some(({ kind }) => kind === "table")) return true;
  if (!parts.some(({ kind }) => kind === "heading")) return false;
  return parts.reduce((chars, part) => part.kind === "text" ? chars + part.text.length : chars, 0) >
    MAX_HEADED_CELL_CHARS;
}

/** The text of a cell on one line, its paragraphs divided by semicolons where they do not end in a mark. */
function cellText(parts: readonly Part[]): string {
  const lines = parts.map((part) => part.kind === "text" ? oneLine(part.text) : "\n").join("").split("\n");
  return lines.map((line) => line.replace(/\s+/g, " ").trim()).filter((line) => line !== "").join("\n")
    .replace(/(?<=[.,:;!?])\n/g, " ").replaceAll("\n", "; ");
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

/** The headings above the place that a reader has reached. */
class Headings {
  readonly #path: { readonly level: number; readonly text: string }[] = [];

  /** A heading of `level` (1 is the outermost) ends those of its level and below. */
  enter(level: number, text: string): void {
    while (this.#path.length > 0 && this.#path[this.#path.length - 1].level >= level) this.#path.pop();
    if (text !== "") this.#path.push({ level, text });
  }

  /** Outermost first. */
  toString(): string {
    return this.#path.map(({ text }) => text).join(" > ");
  }
}
