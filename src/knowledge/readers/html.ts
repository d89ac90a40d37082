import { Parser } from "htmlparser2";
import { AppError } from "../../util/errors.ts";
import { lowered, raised } from "./clean_text.ts";
import { contactBehind, isPictureName, LinkCount, pageRole, pictureText, wordCount } from "./page_parts.ts";
import type { ReadDocument } from "./document_text.ts";
import { SectionWriter } from "./section_writer.ts";
import { decodeMarkup, joinLines } from "./text.ts";

/**
 * Elements within one another. No page for people has more, and the parser's time grows with their square.
 */
const MAX_DEPTH = 5_000;
/** Elements whose text nobody reads. */
const SKIPPED = new Set("script style template noscript svg iframe head select datalist rt rp".split(" "));
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
/** Longest text in place of a picture in a cell of a table, in characters: a tick, a cross, a word. */
const MAX_ALT_CHARS = 40;

/**
 * Reads a web page by its headings, without scripts, styles, navigation and icons.
 * @param charset as the server says it; default: as the page says it
 */
export function readHtml(bytes: Uint8Array, { charset }: { readonly charset?: string } = {}): ReadDocument {
  const html = decodeMarkup(bytes, charset);
  const page = readPage(html, new PageReader());
  // A page of little else than links is there for them.
  return page.isMostlyLinks ? readPage(html, new PageReader(true)).finish() : page.finish();
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

class PageReader {
  readonly #writer = new SectionWriter();
  /** The open elements, innermost last, with what is to be done at their ends. */
  readonly #open: { readonly name: string; readonly end?: () => void }[] = [];
  #skipped = 0;
  #preformatted = 0;
  #tables = 0;
  #heads = 0;
  #isAfterTerm = false;
  /** Numbers of the next items of the open lists, innermost last; undefined: a list without numbers. */
  readonly #lists: (number | undefined)[] = [];
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
  readonly #keepsLinks: boolean;

  /** @param keepsLinks keeps what may be navigation, unless the page says that it is */
  constructor(keepsLinks = false) {
    this.#keepsLinks = keepsLinks;
  }

  /** Whether more words were left out, of what may be navigation, than taken. */
  get isMostlyLinks(): boolean {
    return this.#linkWords > this.#words - this.#navigationWords - this.#linkWords;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (this.#open.length >= MAX_DEPTH) {
      throw new AppError("document_too_deep", `More than ${MAX_DEPTH} elements are within one another.`);
    }
    this.#open.push({ name, end: this.#skipped > 0 ? undefined : this.#enter(name, attributes) });
  }

  text(characters: string): void {
    if (this.#skipped > 0) return;
    let data = characters.replace(/\p{Co}/gu, ""); // pictures of a font of icons
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
    this.#open.pop()?.end?.();
  }

  finish(): ReadDocument {
    const words = this.#navigationWords + this.#linkWords;
    const notes = words > 0 ? [`${words} ${words === 1 ? "word" : "words"} of navigation left out`] : [];
    return { sections: this.#writer.finish(), notes, isPage: true };
  }

  /** Begins an element. Returns what ends it. */
  #enter(name: string, attributes: Readonly<Record<string, string>>): (() => void) | undefined {
    if (SKIPPED.has(name)) {
      this.#skipped++;
      return () => void this.#skipped--;
    }
    const isAfterTerm = this.#isAfterTerm;
    this.#isAfterTerm = false;
    const role = pageRole(name, attributes);
    if (role === "icon") return this.#region((text) => isPictureName(text) ? undefined : (part) => part);
    const endBlock = this.#enterBlock(name, attributes, isAfterTerm);
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
    isAfterTerm: boolean,
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
      case "dt":
        writer.line();
        return () => void (this.#isAfterTerm = true);
      case "pre":
        this.#preformatted++;
    }
    if (name === "dd" && isAfterTerm) writer.text(": ");
    else if (LINES.has(name)) writer.line();
    if (name === "li") this.#number(attributes.value);
    if (!BLOCKS.has(name)) return undefined;
    const isFooter = name === "footer" && !this.#open.some((element) => PARTS.has(element.name));
    if (isFooter) writer.leaveHeadings();
    writer.paragraph();
    const isList = name === "ol" || name === "ul";
    if (isList) this.#lists.push(name === "ol" ? numberOf(attributes.start) ?? 1 : undefined);
    return () => {
      if (isList) {
        this.#lists.pop();
        this.#mark = "";
      }
      if (name === "pre") this.#preformatted--;
      if (isFooter) writer.leaveHeadings();
      else writer.paragraph();
    };
  }

  /** The third step is known by its number. */
  #number(value: string | undefined): void {
    const next = this.#lists.at(-1);
    if (next === undefined) return;
    const number = numberOf(value) ?? next;
    this.#mark = `${number}. `;
    this.#lists[this.#lists.length - 1] = number + 1;
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
          columns: Number(attributes.colspan ?? 1),
          rows: Number(attributes.rowspan ?? 1),
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
      const isLeftOut = isNavigation || (count.isLinks && !this.#keepsLinks);
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

/** A whole number that an attribute has. */
function numberOf(value: string | undefined): number | undefined {
  return value !== undefined && /^-?\d{1,6}$/.test(value) ? Number(value) : undefined;
}
