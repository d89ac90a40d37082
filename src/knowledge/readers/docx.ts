import { Parser } from "htmlparser2";
import { AppError } from "../../util/errors.ts";
import type { Section } from "../chunker.ts";
import { raised } from "./clean_text.ts";
import type { ReadDocument } from "./document_text.ts";
import { ListNumbers } from "./docx_lists.ts";
import { headingLevels, isOn, type Look, lookOf, styleLooks } from "./docx_styles.ts";
import { contactBehind } from "./page_parts.ts";
import { SectionWriter } from "./section_writer.ts";
import { unzipFiles } from "./zip_files.ts";

/** Elements within one another; no document has more. */
const MAX_DEPTH = 2_000;
/**
 * What is not part of the text: drawings for older programs, deleted and moved text, comments, instructions
 * of fields, how a word above is pronounced.
 */
const SKIPPED = new Set([
  "Fallback",
  "del",
  "moveFrom",
  "instrText",
  "delText",
  "annotation",
  "pPrChange",
  "rPrChange",
  "numberingChange",
  "rt",
]);
const WANTED =
  /^(?:\[Content_Types\]\.xml|word\/(?:styles|numbering|footnotes|endnotes|document\d*|header\d*|footer\d*)\.xml|word\/_rels\/document\d*\.xml\.rels)$/;

type Attributes = Readonly<Record<string, string>>;

/**
 * Reads a document of Word by its headings: text, tables, notes, and what stands at the top and bottom of its
 * pages.
 */
export function readDocx(bytes: Uint8Array): ReadDocument {
  const files = unzipFiles(bytes, (name) => WANTED.test(name));
  const text = (name: string) => new TextDecoder().decode(files.get(name));
  const types = text("[Content_Types].xml");
  const main = /PartName="\/(word\/document\d*\.xml)"[^>]*main\+xml/.exec(types)?.[1] ?? "word/document.xml";
  if (!files.has(main)) throw new Error("It has no text of Word.");
  const levels = headingLevels(text("word/styles.xml"));
  const notes = new Map([
    ...notesOf(text("word/footnotes.xml"), ""),
    ...notesOf(text("word/endnotes.xml"), "e"),
  ]);
  const lists = new ListNumbers(text("word/numbering.xml"), text("word/styles.xml"));
  const links = linksIn(text(main.replace("word/", "word/_rels/") + ".rels"));
  const sections = new WordReader(levels, notes, lists, links, styleLooks(text("word/styles.xml"))).read(
    text(main),
  );
  return { sections: [...sections, ...letterhead(files, text)] };
}

/** Where links lead, by their ids. */
function linksIn(relations: string): Map<string, string> {
  const links = new Map<string, string>();
  parseXml(relations, {
    open: (_name, { Id = "", Target = "", Type = "" }) => {
      if (Type.endsWith("/hyperlink")) links.set(Id, Target);
    },
    text: () => {},
    close: () => {},
  });
  return links;
}

/** The text of headers and footers, once: a letterhead has the address and the telephone number. */
function* letterhead(
  files: ReadonlyMap<string, unknown>,
  text: (name: string) => string,
): Generator<Section> {
  const seen = new Set<string>();
  for (const name of [...files.keys()].filter((name) => /^word\/(?:header|footer)/.test(name)).sort()) {
    for (const section of new WordReader(new Map(), new Map(), new ListNumbers("", "")).read(text(name))) {
      if (!seen.has(section.text) && /\p{L}/u.test(section.text)) yield section;
      seen.add(section.text);
    }
  }
}

/** Notes by their ids. @param kind stands before an id */
function notesOf(xml: string, kind: string): Map<string, string> {
  const notes = new Map<string, string>();
  let id = "";
  parseXml(xml, {
    open: (name, attributes) => {
      if (name === "footnote" || name === "endnote") {
        id = attributes.type === undefined ? kind + attributes.id : "";
      } else if (name === "p" && id !== "") notes.set(id, `${notes.get(id) ?? ""} `);
    },
    text: (text, parent) => {
      if (id !== "" && parent === "t") notes.set(id, (notes.get(id) ?? "") + text);
    },
    close: () => {},
  });
  return notes;
}

interface XmlEvents {
  open(name: string, attributes: Attributes): void;
  text(text: string, parent: string): void;
  close(name: string): void;
}

/** Elements and attributes without the prefixes of their name spaces. */
function parseXml(xml: string, events: XmlEvents): void {
  const open: string[] = [];
  const plain = (name: string) => name.slice(name.indexOf(":") + 1);
  const parser = new Parser({
    onopentag: (name, attributes) => {
      if (open.length >= MAX_DEPTH) {
        throw new AppError("document_too_deep", `More than ${MAX_DEPTH} elements are within one another.`);
      }
      open.push(plain(name));
      events.open(
        plain(name),
        Object.fromEntries(Object.entries(attributes).map(([key, value]) => [plain(key), value])),
      );
    },
    ontext: (text) => events.text(text, open.at(-1) ?? ""),
    onclosetag: () => events.close(open.pop() ?? ""),
  }, { xmlMode: true, decodeEntities: true });
  parser.end(xml);
}

class WordReader {
  readonly #writer = new SectionWriter();
  readonly #levels: ReadonlyMap<string, number>;
  readonly #notes: ReadonlyMap<string, string>;
  /** Notes that are told of since the last heading. */
  #pending: string[] = [];
  #noteCount = 0;
  #skipped = 0;
  /** Within the properties of a paragraph, which are no runs. */
  #properties = 0;
  #heading: number | undefined;
  readonly #lists: ListNumbers;
  /** Where the paragraph stands in a list, as it says itself or its style. */
  #item: { style?: string; list?: string; level?: number } = {};
  #run: Look = {};
  readonly #looks: ReadonlyMap<string, Look>;
  readonly #links: ReadonlyMap<string, string>;
  /** The link that is read. */
  #link: { readonly address: string; text: string } | undefined;

  /**
   * @param links see {@link linksIn}
   * @param looks see {@link styleLooks}
   */
  constructor(
    levels: ReadonlyMap<string, number>,
    notes: ReadonlyMap<string, string>,
    lists: ListNumbers,
    links: ReadonlyMap<string, string> = new Map(),
    looks: ReadonlyMap<string, Look> = new Map(),
  ) {
    this.#links = links;
    this.#looks = looks;
    this.#lists = lists;
    this.#levels = levels;
    this.#notes = notes;
  }

  read(xml: string): Section[] {
    parseXml(xml, {
      open: (name, attributes) => this.#open(name, attributes),
      text: (text, parent) => this.#text(text, parent),
      close: (name) => this.#close(name),
    });
    this.#tellNotes();
    return this.#writer.finish();
  }

  #open(name: string, attributes: Attributes): void {
    if (SKIPPED.has(name)) this.#skipped++;
    if (this.#skipped > 0) return;
    const writer = this.#writer;
    const { val } = attributes;
    switch (name) {
      case "p":
        writer.paragraph();
        break;
      case "pPr":
        this.#properties++;
        this.#heading = undefined;
        this.#item = {};
        break;
      case "pStyle":
        this.#heading = this.#levels.get(val ?? "");
        this.#item.style = val;
        break;
      case "outlineLvl":
        this.#heading = Number(val) < 9 ? Number(val) + 2 : undefined; // as in docx_styles.ts
        break;
      case "numId":
        this.#item.list = val;
        break;
      case "ilvl":
        this.#item.level = Number(val);
        break;
      case "r":
        this.#run = {};
        break;
      case "rStyle":
        Object.assign(this.#run, this.#looks.get(val ?? ""));
        break;
      case "tab":
        if (this.#properties === 0) writer.text(" ");
        break;
      case "br":
      case "cr":
        writer.line();
        break;
      case "noBreakHyphen":
        writer.text("-");
        break;
      case "sym":
        if (!this.#run.isHidden) writer.text(symbolOf(attributes.font ?? "", attributes.char ?? ""));
        break;
      case "footnoteReference":
        this.#note(attributes.id ?? "");
        break;
      case "endnoteReference":
        this.#note(`e${attributes.id}`);
        break;
      case "hyperlink":
        this.#link = { address: this.#links.get(attributes.id ?? "") ?? "", text: "" };
        break;
      default:
        if (!this.#openTablePart(name, val)) Object.assign(this.#run, lookOf(name, val));
    }
  }

  /** Begins a part of a table. Returns false for what is none. */
  #openTablePart(name: string, val: string | undefined): boolean {
    const writer = this.#writer;
    switch (name) {
      case "tbl":
        writer.openTable();
        break;
      case "tr":
        writer.openRow();
        break;
      case "gridBefore":
        writer.openCell({ columns: Number(val) });
        writer.closeCell();
        break;
      case "tblHeader":
        if (isOn(val)) writer.headRow();
        break;
      case "tc":
        writer.openCell();
        break;
      case "gridSpan":
        writer.describeCell({ columns: Number(val) });
        break;
      case "vMerge":
        writer.describeCell({ isContinued: val !== "restart" });
        break;
      default:
        return false;
    }
    return true;
  }

  #text(text: string, parent: string): void {
    if (this.#skipped > 0 || parent !== "t" || this.#run.isHidden) return;
    const { form, isStruck } = this.#run;
    if (this.#link) this.#link.text += text;
    const formed = form ? form(text) : text;
    this.#writer.text(isStruck ? formed.replace(/\S(?:.*\S)?/s, "~~$&~~") : formed);
  }

  #close(name: string): void {
    if (this.#skipped > 0) {
      if (SKIPPED.has(name)) this.#skipped--;
      return;
    }
    const writer = this.#writer;
    switch (name) {
      case "pPr":
        this.#properties--;
        if (this.#heading !== undefined) {
          this.#tellNotes();
          writer.openHeading(this.#heading);
        } else writer.text(this.#lists.next(this.#item));
        break;
      case "p":
        if (this.#heading !== undefined) writer.closeHeading();
        this.#heading = undefined;
        writer.paragraph();
        break;
      case "hyperlink": {
        const contact = this.#link ? contactBehind(this.#link.address, this.#link.text) : "";
        if (contact !== "") writer.text(` (${contact})`);
        this.#link = undefined;
        break;
      }
      case "tc":
        writer.closeCell();
        break;
      case "tbl":
        writer.closeTable();
    }
  }

  #note(id: string): void {
    const note = this.#notes.get(id)?.trim();
    if (!note) return;
    const mark = raised(String(++this.#noteCount));
    this.#writer.text(mark);
    this.#pending.push(`${mark} ${note}`);
  }

  /** Notes stand below the text that they are of. */
  #tellNotes(): void {
    for (const note of this.#pending) {
      this.#writer.paragraph();
      this.#writer.text(note);
      this.#writer.paragraph();
    }
    this.#pending = [];
  }
}

/** Signs of fonts that have pictures in place of letters, as characters that everybody has. */
const SYMBOLS: Readonly<Record<string, string>> = {
  "Wingdings fc": "✓",
  "Wingdings fb": "✗",
  "Wingdings fe": "☑",
  "Wingdings fd": "☒",
  "Wingdings a8": "☐",
  "Wingdings 6f": "☐",
  "Wingdings 28": "☎",
  "Wingdings 2a": "✉",
  "Wingdings e0": "→",
  "Wingdings 2 50": "✓",
  "Wingdings 2 4f": "✗",
  "Wingdings 2 52": "☑",
  "Wingdings 2 54": "☒",
  "Symbol a3": "≤",
  "Symbol b3": "≥",
  "Symbol b0": "°",
  "Symbol b1": "±",
  "Symbol b4": "×",
  "Symbol a0": "€",
};

/** @param char in hexadecimal, in the private use area or below */
function symbolOf(font: string, char: string): string {
  const code = Number.parseInt(char, 16);
  if (!(code > 0 && code <= 0xffff)) return "";
  return SYMBOLS[`${font} ${(code >= 0xf000 ? code - 0xf000 : code).toString(16)}`] ?? "";
}
