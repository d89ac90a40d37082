import { AppError } from "../../util/errors.ts";

/** An element with its attributes and children. Text between elements is kept, decoded, in order. */
export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  children: (XmlElement | string)[];
}

/** Deeper documents are refused; TwiML needs four levels. */
const MAX_DEPTH = 32;

/**
 * The text is not well-formed XML, or uses what is not read here (a DTD, its own entities). Code
 * `xml_invalid`.
 */
export class XmlError extends AppError {
  override readonly name = "XmlError";
  constructor(message: string) {
    super("xml_invalid", message);
  }
}

/**
 * Reads an XML document: elements, attributes, text, character references, the five predefined entities,
 * comments, CDATA sections and the XML declaration. Enough for TwiML, strict about all of it.
 *
 * @throws {XmlError}
 */
export function parseXml(text: string): XmlElement {
  return new Reader(text.replace(/^\ufeff/, "")).document();
}

/** The text in an element and below it. */
export function xmlText(element: XmlElement): string {
  return element.children.map((child) => typeof child === "string" ? child : xmlText(child)).join("");
}

/** The child elements, without the text between them. */
export function xmlElements(element: XmlElement): XmlElement[] {
  return element.children.filter((child) => typeof child !== "string");
}

const NAME = /[A-Za-z_:][\w:.-]*/y;
const SPACE = /\s*/y;
const MISC = /(?:\s+|<!--(?:(?!--)[^])*-->|<\?[^]*?\?>)*/y;

class Reader {
  #at = 0;

  constructor(readonly text: string) {}

  document(): XmlElement {
    if (/^\s+<\?xml\s/.test(this.text)) {
      throw this.#error("White space stands before the XML declaration, which must come first");
    }
    this.#take(MISC);
    if (this.text[this.#at] !== "<") throw this.#error("A document begins with an element");
    const root = this.#element(0);
    this.#take(MISC);
    if (this.#at < this.text.length) throw this.#error("Nothing may follow the root element");
    return root;
  }

  #element(depth: number): XmlElement {
    if (depth > MAX_DEPTH) throw this.#error(`Elements may be nested ${MAX_DEPTH} deep`);
    this.#expect("<");
    const element: XmlElement = { name: this.#name(), attributes: {}, children: [] };
    this.#attributes(element);
    if (this.#skip("/>")) return element;
    this.#expect(">");
    for (;;) {
      if (this.#skip("</")) break;
      const child = this.#content(depth);
      if (child !== undefined) element.children.push(child);
    }
    const name = this.#name();
    if (name !== element.name) throw this.#error(`<${element.name}> is closed by </${name}>`);
    this.#take(SPACE);
    this.#expect(">");
    return element;
  }

  #attributes(element: XmlElement): void {
    for (;;) {
      const space = this.#take(SPACE);
      if (this.text[this.#at] === ">" || this.text.startsWith("/>", this.#at)) return;
      if (space === "") throw this.#error("A space is wanted before an attribute");
      const name = this.#name();
      if (Object.hasOwn(element.attributes, name)) throw this.#error(`The attribute ${name} is given twice`);
      this.#take(SPACE);
      this.#expect("=");
      this.#take(SPACE);
      const quote = this.text[this.#at];
      if (quote !== '"' && quote !== "'") throw this.#error(`The value of ${name} must be in quotes`);
      this.#at++;
      const value = this.#until(quote);
      if (value.includes("<")) throw this.#error(`The value of ${name} holds a bare "<"`);
      element.attributes[name] = this.#decode(value);
    }
  }

  #content(depth: number): XmlElement | string | undefined {
    if (this.#skip("<!--")) {
      this.#until("-->");
      return undefined;
    }
    if (this.#skip("<![CDATA[")) return this.#until("]]>");
    if (this.text[this.#at] === "<") return this.#element(depth + 1);
    const end = this.text.indexOf("<", this.#at);
    if (end < 0) throw this.#error("The document ends inside an element");
    const raw = this.text.slice(this.#at, end);
    this.#at = end;
    return this.#decode(raw);
  }

  #decode(raw: string): string {
    return raw.replace(/&([^;&\s]{0,10};)?/g, (all, reference?: string) => {
      const character = reference && decodeCharacter(reference.slice(0, -1));
      if (!character) throw this.#error(`${JSON.stringify(all)} is no known entity; write "&amp;" for "&"`);
      return character;
    });
  }

  #name(): string {
    const name = this.#take(NAME);
    if (name === "") throw this.#error("A name is wanted");
    return name;
  }

  /** What `pattern` (sticky) matches here; "" when it does not. */
  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.text)?.[0] ?? "";
    this.#at += match.length;
    return match;
  }

  #until(end: string): string {
    const at = this.text.indexOf(end, this.#at);
    if (at < 0) throw this.#error(`${JSON.stringify(end)} is missing`);
    const text = this.text.slice(this.#at, at);
    this.#at = at + end.length;
    return text;
  }

  #skip(text: string): boolean {
    if (!this.text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #expect(text: string): void {
    if (!this.#skip(text)) throw this.#error(`${JSON.stringify(text)} is wanted`);
  }

  #error(what: string): XmlError {
    const before = this.text.slice(0, this.#at);
    const line = before.split("\n").length;
    return new XmlError(`${what} (line ${line}, column ${this.#at - before.lastIndexOf("\n")}).`);
  }
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decodeCharacter(reference: string): string | undefined {
  const number = /^#(?:x([0-9a-fA-F]+)|(\d+))$/.exec(reference);
  if (!number) return Object.hasOwn(ENTITIES, reference) ? ENTITIES[reference] : undefined;
  const code = number[1] ? parseInt(number[1], 16) : parseInt(number[2], 10);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
