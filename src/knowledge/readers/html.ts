import { Parser } from "htmlparser2";
import { AppError } from "../../util/errors.ts";
import { lowered, raised } from "./clean_text.ts";
import { contactBehind, isPictureName, LinkCount, pageRole, pictureText, wordCount } from "./page_parts.ts";
import { type ReadDocument, titled } from "./document_text.ts";
import { readLinkedData } from "./linked_data.ts";
import { SectionWriter } from "./section_writer.ts";
import { Definitions } from "./definitions.ts";
import { hiddenNames } from "./hidden_styles.ts";
import { HtmlLists } from "./html_lists.ts";
import { microdataOf } from "./microdata.ts";
import { canBeOpened, isHiddenAtFirst, openedIds, WordEdges } from "./shown_parts.ts";
import { ARIA_TABLE, signOf, tickOf } from "./table_signs.ts";
import { decodePage } from "./decode_document.ts";
import { joinLines } from "./text.ts";

/**
 * Elements within one another. No page for people has more, and the parser's time grows with their square.
 */
const MAX_DEPTH = 5_000;
/** Elements whose text nobody reads. */
const SKIPPED = new Set(
  ("script style template noscript svg iframe head select datalist rt rp " +
    "audio video canvas object").split(" "), // of the last, only what stands in their place
);
/** Elements that begin and end a paragraph. */
const BLOCKS = new Set(
  ("address article aside blockquote body caption center details div dl fieldset figcaption figure footer form " +
    "header hr legend main ol p pre section summary ul").split(" "),
);
/** Elements that begin a line. */
const LINES = new Set(["br", "button", "dd", "dt", "li"]);
/** Within these, a footer is that of a part of the page. */
const PARTS = new Set(["article", "section", "blockquote", "td"]);
const HEADING = /^h([1-6])$/;
/** What is below them is theirs. */
const TITLES = new Set(["h2", "h3", "h4", "h5", "h6", "button", "dt", "summary"]);
/** Longest text in place of a picture in a cell of a table, in characters: a tick, a cross, a word. */
const MAX_ALT_CHARS = 40;

/**
 * Reads a web page by its headings, without scripts, styles, navigation and icons.
 * @param charset as the server says it; default: as the page says it
 */
export function readHtml(bytes: Uint8Array, { charset }: { readonly charset?: string } = {}): ReadDocument {
  const { text: html, notes } = decodePage(bytes, charset);
  const parts = { opened: openedIds(html), hidden: hiddenNames(html), data: microdataOf(html) };
  const page = readPage(html, new PageReader(parts));
  // A page of little else than links is there for them, and one that is hidden is shown by its script.
  const { isMostlyLinks: keepsLinks, isMostlyHidden: keepsHidden } = page;
  const read = keepsLinks || keepsHidden
    ? readPage(html, new PageReader(parts, { keepsLinks, keepsHidden }))
    : page;
  const document = read.finish();
  return { ...document, notes: [...notes, ...document.notes ?? []] };
}

function readPage(html: string, page: PageReader): PageReader {
  const parser = new Parser({
    onopentag: (name, attributes) => page.open(name, attributes),
    ontext: (text) => page.text(text),
    onclosetag: () => page.close(),
  }, { decodeEntities: true });
  parser.end(html);
  return page;
}

/** Ids that visitors can open; classes and ids that nothing shows; data that no script has, as JSON-LD. */
interface PageParts {
  readonly opened: ReadonlySet<string>;
  readonly hidden: ReadonlySet<string>;
  readonly data: readonly string[];
}

class PageReader {
  readonly #writer = new SectionWriter();
  /** The open elements, innermost last, with what is to be done at their ends. */
  readonly #open: { readonly name: string; readonly end?: () => void }[] = [];
  #skipped = 0;
  #preformatted = 0;
  #tables = 0;
  #heads = 0;
  readonly #definitions = new Definitions();
  readonly #lists = new HtmlLists();
  /** Number of an item that nothing has been read of. */
  #mark = "";
  /** Open parts whose text is changed at its end. */
  #regions = 0;
  /** Parts that may be navigation, innermost last. */
  readonly #counts: LinkCount[] = [];
  #links = 0;
  /** Text of the link that was opened last, so far. */
  #linkText = "";
  #navigationWords = 0;
  #linkWords = 0;
  #words = 0;
  #hidden = 0;
  #hiddenWords = 0;
  /** Nothing has been said since a heading, a button or a term. */
  #isBelowTitle = false;
  readonly #edges = new WordEdges();
  /** Titles of the page, and of the picture that is read. */
  #pageTitle = "";
  #pictureTitle = "";
  /** Language of the page; and its data for search engines, a text for each script. */
  #language = "";
  readonly #linkedData: string[] = [];
  #isLinkedData = false;
  readonly #parts: PageParts;
  readonly #keeps: { readonly keepsLinks?: boolean; readonly keepsHidden?: boolean };

  /**
   * @param keeps what may be navigation, unless the page says that it is; and what is hidden
   */
  constructor(
    parts: PageParts,
    keeps: { readonly keepsLinks?: boolean; readonly keepsHidden?: boolean } = {},
  ) {
    this.#parts = parts;
    this.#keeps = keeps;
  }

  get isMostlyHidden(): boolean {
    return this.#hiddenWords > this.#words;
  }

  /** Whether more words were left out, of what may be navigation, than taken. */
  get isMostlyLinks(): boolean {
    return this.#linkWords > this.#words - this.#navigationWords - this.#linkWords;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (this.#open.length >= MAX_DEPTH) {
      throw new AppError("document_too_deep", `More than ${MAX_DEPTH} elements are within one another.`);
    }
    this.#edges.open(name);
    if (name === "html") this.#language = attributes.lang ?? "";
    this.#isLinkedData = name === "script" && /^\s*application\/ld\+json/i.test(attributes.type ?? "");
    if (this.#isLinkedData) this.#linkedData.push("");
    this.#open.push({ name, end: this.#skipped > 0 ? undefined : this.#enter(name, attributes) });
  }

  text(characters: string): void {
    if (this.#skipped > 0) return this.#skippedText(characters);
    let data = characters.replace(/\p{Co}/gu, ""); // pictures of a font of icons
    if (data.trim() !== "") this.#isBelowTitle = false;
    if (this.#edges.text(data) && this.#preformatted === 0) data = ` ${data}`;
    this.#words += wordCount(data);
    if (this.#links > 0) this.#linkText += data;
    this.#counts.at(-1)?.add(data, this.#links > 0);
    if (this.#mark !== "" && this.#regions === 0 && data.trim() !== "") {
      this.#writer.text(this.#mark);
      this.#mark = "";
      data = data.trimStart();
    }
    if (this.#preformatted > 0) {
      for (const [index, line] of data.split("\n").entries()) {
        if (index > 0) this.#writer.line();
        this.#writer.text(line);
      }
    } else this.#writer.text(joinLines(data));
  }

  /** Ends the innermost element: the parser closes each that it opened. */
  close(): void {
    const element = this.#open.pop();
    element?.end?.();
    if (element === undefined || this.#skipped > 0) return;
    this.#edges.close(element.name);
    this.#definitions.leave(element.name);
    if (TITLES.has(element.name)) this.#isBelowTitle = true;
  }

  finish(): ReadDocument {
    const words = this.#navigationWords + this.#linkWords;
    const shown = this.#writer.finish();
    const texts = [...this.#linkedData, ...this.#parts.data];
    const data = readLinkedData(texts, this.#language, shown.map(({ text }) => text).join(" "));
    const notes = [
      ...words > 0 ? [`${countOf(words)} of navigation left out`] : [],
      ...this.#hiddenWords > 0 ? [`${countOf(this.#hiddenWords)} of hidden text left out`] : [],
      ...data.unreadable > 0 ? [`${data.unreadable} of its JSON-LD cannot be read`] : [],
    ];
    const title = this.#pageTitle.replace(/\s+/g, " ").trim();
    return { sections: [...titled(shown, title), ...data.sections], notes, isPage: true };
  }

  #skippedText(characters: string): void {
    const name = this.#open.at(-1)?.name ?? "";
    if (name === "script" && this.#isLinkedData) this.#linkedData[this.#linkedData.length - 1] += characters;
    else if (name === "title") {
      if (this.#open.at(-2)?.name === "head") this.#pageTitle += characters;
      else this.#pictureTitle += characters;
    } else if (this.#hidden > 0 && !SKIPPED.has(name)) this.#hiddenWords += wordCount(characters);
  }

  /** Begins an element. Returns what ends it. */
  #enter(name: string, attributes: Readonly<Record<string, string>>): (() => void) | undefined {
    return this.#tables > 0 ? this.#enterSign(name, attributes) : this.#enterPart(name, attributes);
  }

  /** Begins an element of a table, which may be a sign that has no words: what it means is read then. */
  #enterSign(name: string, attributes: Readonly<Record<string, string>>): (() => void) | undefined {
    const sign = signOf(name, attributes);
    const end = this.#enterPart(name, attributes);
    if (sign === undefined) return end;
    const before = this.#words;
    this.#pictureTitle = "";
    return () => {
      end?.();
      const text = sign || this.#pictureTitle;
      if (this.#words === before && text !== "" && this.#skipped === 0) this.#writer.text(` ${text} `);
    };
  }

  #enterPart(name: string, attributes: Readonly<Record<string, string>>): (() => void) | undefined {
    const isHidden = isHiddenAtFirst(name, attributes, this.#parts.hidden) && !this.#keeps.keepsHidden &&
      !canBeOpened(name, attributes, this.#parts.opened, this.#isBelowTitle);
    if (isHidden || SKIPPED.has(name)) {
      this.#skipped++;
      if (isHidden) this.#hidden++;
      return () => {
        this.#skipped--;
        if (isHidden) this.#hidden--;
      };
    }
    const joint = this.#definitions.enter(name, LINES.has(name) || BLOCKS.has(name));
    const role = pageRole(name, attributes);
    if (role === "icon") {
      return this.#region((text) => {
        if (!isPictureName(text)) return (part) => part;
        const tick = this.#tables > 0 ? tickOf(text.trim()) : "";
        return tick === "" ? undefined : () => ` ${tick} `;
      });
    }
    const part = ARIA_TABLE.get(attributes.role ?? "") ?? name;
    const endBlock = this.#enterBlock(part, attributes, joint);
    if (role === "text") return endBlock;
    const endLinks = this.#enterLinks(role === "navigation");
    return () => {
      endLinks();
      endBlock?.();
    };
  }

  #enterBlock(
    name: string,
    attributes: Readonly<Record<string, string>>,
    joint: string | undefined,
  ): (() => void) | undefined {
    const writer = this.#writer;
    const level = HEADING.exec(name)?.[1];
    if (level !== undefined) {
      writer.openHeading(Number(level));
      return () => writer.closeHeading();
    }
    if (this.#tables > 0) {
      const inTable = this.#enterTablePart(name, attributes);
      if (inTable) return inTable;
    }
    switch (name) {
      case "table":
        this.#tables++;
        writer.openTable();
        return () => {
          this.#tables--;
          writer.closeTable();
        };
      case "sup":
        return this.#region(() => raised);
      case "sub":
        return this.#region(() => lowered);
      case "s":
      case "del":
      case "strike":
        writer.text("~~");
        return () => writer.text("~~");
      case "a": {
        const { href = "" } = attributes;
        this.#links++;
        this.#linkText = "";
        this.#counts.at(-1)?.link(href);
        return () => {
          const contact = contactBehind(href, this.#linkText);
          if (contact !== "") this.text(` (${contact})`);
          this.#links--;
          this.#counts.at(-1)?.endLink();
        };
      }
      case "img": {
        const text = pictureText(attributes.alt ?? "");
        const isInCell = this.#tables > 0 && text.length <= MAX_ALT_CHARS; // written already
        if (text !== "" && !isInCell) this.text(` ${text} `);
        return undefined;
      }
      case "pre":
        this.#preformatted++;
    }
    if (joint !== undefined) writer.text(joint);
    else if (LINES.has(name)) writer.line();
    if (name === "li") this.#mark = this.#lists.mark(attributes.value) ?? this.#mark;
    return BLOCKS.has(name) ? this.#enterParagraph(name, attributes) : undefined;
  }

  #enterParagraph(name: string, attributes: Readonly<Record<string, string>>): () => void {
    const writer = this.#writer;
    const isFooter = name === "footer" && !this.#open.some((element) => PARTS.has(element.name));
    if (isFooter) writer.leaveHeadings();
    writer.paragraph();
    const isList = name === "ol" || name === "ul";
    if (isList) this.#lists.enter(name, attributes);
    return () => {
      if (isList) {
        this.#lists.leave();
        this.#mark = "";
      }
      if (name === "pre") this.#preformatted--;
      if (isFooter) writer.leaveHeadings();
      else writer.paragraph();
    };
  }

  #enterTablePart(name: string, attributes: Readonly<Record<string, string>>): (() => void) | undefined {
    const writer = this.#writer;
    switch (name) {
      case "thead":
        this.#heads++;
        return () => void this.#heads--;
      case "tr":
        writer.openRow(this.#heads > 0);
        return () => {};
      case "td":
      case "th":
        writer.openCell({
          isHeader: name === "th",
          columns: Number(attributes.colspan ?? attributes["aria-colspan"] ?? 1),
          rows: Number(attributes.rowspan ?? attributes["aria-rowspan"] ?? 1),
        });
        return () => writer.closeCell();
      case "img": {
        const { alt = "" } = attributes;
        if (alt.length <= MAX_ALT_CHARS) writer.text(` ${alt} `);
      }
    }
    return undefined;
  }

  /** Begins a part that is navigation, or may be. */
  #enterLinks(isNavigation: boolean): () => void {
    const count = new LinkCount();
    this.#counts.push(count);
    this.#writer.openRegion();
    return () => {
      this.#counts.pop();
      const isLeftOut = isNavigation || (count.isLinks && !this.#keeps.keepsLinks);
      if (isLeftOut && isNavigation) this.#navigationWords += count.words;
      else if (isLeftOut) this.#linkWords += count.words;
      this.#writer.closeRegion(isLeftOut ? undefined : (text) => text);
      if (isLeftOut) { for (const contact of count.contacts) this.#writer.text(` ${contact} `); }
    };
  }

  /**
   * Begins a part whose text is changed at its end. @param change gets all of the text; returns undefined to
   * leave it out
   */
  #region(change: (text: string) => ((part: string) => string) | undefined): () => void {
    this.#writer.openRegion();
    this.#regions++;
    return () => {
      this.#regions--;
      this.#writer.closeRegion(change(this.#writer.regionText));
    };
  }
}

function countOf(words: number): string {
  return `${words} ${words === 1 ? "word" : "words"}`;
}
