import { Parser } from "htmlparser2";

/** Things and values of a page that are looked at, values within one another, and the longest value. */
const MAX_THINGS = 2_000, MAX_VALUES = 20_000, MAX_OPEN_VALUES = 20, MAX_VALUE_CHARS = 1_000;

/** Values by their names, which may be any: an object has some of its own, such as `constructor`. */
type Thing = Map<string, unknown[]>;

/** A thing at the top of a page, and whether it says what the page does not show. */
interface TopThing {
  readonly thing: Thing;
  hides: boolean;
}

/** A value that is read from the text of its element. */
interface OpenValue {
  readonly names: readonly string[];
  readonly owner: Thing;
  text: string;
}

/** What is open: an element that begins a thing or a value, or neither. */
interface OpenElement {
  readonly thing?: Thing;
  readonly value?: OpenValue;
}

/**
 * What a page says in attributes for search engines (schema.org as microdata) and does not show, as texts of
 * JSON-LD: `<meta itemprop="telephone" content="…">`. Things that the page shows whole are left out.
 */
export function microdataOf(html: string): string[] {
  if (!/<meta\b[^>]{0,500}\sitemprop\b/i.test(html)) return [];
  const page = new MicrodataReader();
  const parser = new Parser({
    onopentag: (name, attributes) => page.open(name, attributes),
    ontext: (text) => page.text(text),
    onclosetag: () => page.close(),
  }, { decodeEntities: true });
  parser.end(html);
  return page.hidden.map((thing) => JSON.stringify(thing, asJson));
}

class MicrodataReader {
  readonly #tops: TopThing[] = [];
  /** The open elements, and the things and values among them, innermost last. */
  readonly #open: OpenElement[] = [];
  readonly #things: Thing[] = [];
  readonly #values: OpenValue[] = [];
  #thingCount = 0;
  #valueCount = 0;

  /** The things at the top of the page that say what it does not show. */
  get hidden(): Thing[] {
    return this.#tops.filter(({ hides }) => hides).map(({ thing }) => thing);
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    const owner = this.#things.at(-1);
    const names = attributes.itemprop?.split(/\s+/).filter((one) => /^[a-z]\w{0,60}$/i.test(one)) ?? [];
    if (attributes.itemscope !== undefined && this.#thingCount++ < MAX_THINGS) {
      const thing = this.#begin(attributes.itemtype ?? "", owner, names);
      this.#open.push({ thing });
      return;
    }
    const said = attributes.content ?? attributes.datetime;
    const top = this.#tops.at(-1);
    if (owner && top && names.length > 0 && said !== undefined) {
      this.#add(owner, names, said.slice(0, MAX_VALUE_CHARS));
      if (name === "meta") top.hides = true;
    } else if (owner && names.length > 0 && this.#values.length < MAX_OPEN_VALUES) {
      const value = { names, owner, text: "" };
      this.#values.push(value);
      this.#open.push({ value });
      return;
    }
    this.#open.push({});
  }

  text(text: string): void {
    for (const value of this.#values) if (value.text.length < MAX_VALUE_CHARS) value.text += text;
  }

  close(): void {
    const { thing, value } = this.#open.pop() ?? {};
    if (thing) this.#things.pop();
    if (!value) return;
    this.#values.pop();
    this.#add(value.owner, value.names, value.text.replace(/\s+/g, " ").trim().slice(0, MAX_VALUE_CHARS));
  }

  #begin(kind: string, owner: Thing | undefined, names: readonly string[]): Thing {
    const thing: Thing = new Map([["@type", [/(\w+)\/?\s*$/.exec(kind)?.[1] ?? ""]]]);
    if (owner && names.length > 0) this.#add(owner, names, thing);
    else this.#tops.push({ thing, hides: false });
    this.#things.push(thing);
    return thing;
  }

  #add(owner: Thing, names: readonly string[], value: unknown): void {
    for (const name of names) {
      if (this.#valueCount++ >= MAX_VALUES) return;
      const before = owner.get(name);
      if (before) before.push(value);
      else owner.set(name, [value]);
    }
  }
}

/** Things as objects; one value stands for itself, as in most JSON-LD. */
function asJson(_name: string, value: unknown): unknown {
  const one = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return one instanceof Map ? Object.fromEntries(one) : one;
}
