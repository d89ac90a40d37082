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

/** What is open: an element that begins a thing or a value, or neither. */
interface OpenElement {
  readonly thing?: Thing;
  readonly value?: { readonly names: readonly string[]; readonly owner: Thing; text: string };
}

/**
 * What a page says in attributes for search engines (schema.org as microdata) and does not show, as texts of
 * JSON-LD: `<meta itemprop="telephone" content="…">`. Things that the page shows whole are left out.
 */
export function microdataOf(html: string): string[] {
  if (!/<meta\b[^>]{0,500}\sitemprop\b/i.test(html)) return [];
  const tops: TopThing[] = [];
  const open: OpenElement[] = [];
  const things: Thing[] = [];
  const values: NonNullable<OpenElement["value"]>[] = [];
  let [thingCount, valueCount] = [0, 0];
  const add = (owner: Thing, names: readonly string[], value: unknown) => {
    for (const name of names) {
      if (valueCount++ >= MAX_VALUES) return;
      const before = owner.get(name);
      if (before) before.push(value);
      else owner.set(name, [value]);
    }
  };
  const parser = new Parser({
    onopentag: (name, attributes) => {
      const owner = things.at(-1);
      const names = attributes.itemprop?.split(/\s+/).filter((one) => /^[a-z]\w{0,60}$/i.test(one)) ?? [];
      if (attributes.itemscope !== undefined && thingCount++ < MAX_THINGS) {
        const type = /(\w+)\/?\s*$/.exec(attributes.itemtype ?? "")?.[1] ?? "";
        const thing: Thing = new Map([["@type", [type]]]);
        if (owner && names.length > 0) add(owner, names, thing);
        else tops.push({ thing, hides: false });
        things.push(thing);
        open.push({ thing });
        return;
      }
      const said = attributes.content ?? attributes.datetime;
      const top = tops.at(-1);
      if (owner && top && names.length > 0 && said !== undefined) {
        add(owner, names, said.slice(0, MAX_VALUE_CHARS));
        if (name === "meta") top.hides = true;
      } else if (owner && names.length > 0 && values.length < MAX_OPEN_VALUES) {
        const value = { names, owner, text: "" };
        values.push(value);
        open.push({ value });
        return;
      }
      open.push({});
    },
    ontext: (text) => {
      for (const value of values) if (value.text.length < MAX_VALUE_CHARS) value.text += text;
    },
    onclosetag: () => {
      const { thing, value } = open.pop() ?? {};
      if (thing) things.pop();
      if (!value) return;
      values.pop();
      add(value.owner, value.names, value.text.replace(/\s+/g, " ").trim().slice(0, MAX_VALUE_CHARS));
    },
  }, { decodeEntities: true });
  parser.end(html);
  return tops.filter(({ hides }) => hides).map(({ thing }) => JSON.stringify(thing, asJson));
}

/** Things as objects; one value stands for itself, as in most JSON-LD. */
function asJson(_name: string, value: unknown): unknown {
  const one = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return one instanceof Map ? Object.fromEntries(one) : one;
}
