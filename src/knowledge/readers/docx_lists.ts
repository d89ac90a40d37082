import { listNumber } from "./list_numbers.ts";

/** How the items of a list are marked, by level. */
interface Level {
  /** `decimal`, `lowerLetter`, `bullet`, `none` … */
  readonly form: string;
  readonly start: number;
  /** The mark with a place for the number of each level: `%1.%2)` */
  readonly mark: string;
}

/** Levels of a list in Word. */
const MAX_LEVELS = 9;
/** Lists of a document that are counted, at most; items of others are marked as of no order. */
const MAX_LISTS = 10_000;
const BULLET = "- ";

/** Where a paragraph stands in a list. */
export interface ListPlace {
  /** Its style, which may be that of a list. */
  readonly style?: string;
  /** `0` takes it out of the list of its style. */
  readonly list?: string;
  readonly level?: number;
}

/** Numbers the items of lists as Word does: a document has only what list an item is of. */
export class ListNumbers {
  readonly #levels = new Map<string, { readonly of: string; readonly levels: ReadonlyMap<number, Level> }>();
  readonly #styles = new Map<string, { readonly list: string; readonly level: number }>();
  /** Of each list, the number of the last item at each level. */
  readonly #counts = new Map<string, (number | undefined)[]>();

  /** @param numbering `word/numbering.xml`, @param styles `word/styles.xml`; empty without any */
  constructor(numbering: string, styles: string) {
    const abstract = new Map<string, Map<number, Level>>();
    for (const [, id, body] of elements(numbering, "abstractNum", "abstractNumId")) {
      abstract.set(id, levelsIn(body));
    }
    for (const [, id, body] of elements(numbering, "num", "numId")) {
      const of = valueOf(body, "abstractNumId") ?? "";
      const levels = new Map([...abstract.get(of) ?? [], ...levelsIn(body)]);
      for (const [, level, change] of elements(body, "lvlOverride", "ilvl")) {
        const start = valueOf(change, "startOverride");
        const before = levels.get(Number(level));
        if (start !== undefined && before) levels.set(Number(level), { ...before, start: Number(start) });
      }
      // A list that begins anew counts for itself; others of the same kind go on where the last one ended.
      this.#levels.set(id, { of: body.includes("startOverride") ? `n${id}` : `a${of}`, levels });
    }
    for (const [, id, body] of elements(styles, "style", "styleId")) {
      const list = valueOf(body, "numId");
      if (list !== undefined) this.#styles.set(id, { list, level: Number(valueOf(body, "ilvl") ?? 0) });
    }
  }

  /** What stands before the next item; empty when it is none. */
  next({ style = "", ...own }: ListPlace): string {
    const styled = this.#styles.get(style);
    const list = own.list ?? styled?.list ?? "0";
    if (list === "0") return "";
    const level = own.level ?? styled?.level ?? 0;
    const { of, levels } = this.#levels.get(list) ?? {};
    const { form = "bullet", start = 1, mark = "" } = levels?.get(level) ?? {};
    if (of === undefined || !(level >= 0 && level < MAX_LEVELS)) return BULLET;
    if (!this.#counts.has(of) && this.#counts.size >= MAX_LISTS) return BULLET;
    const counts = this.#counts.get(of) ?? [];
    this.#counts.set(of, counts);
    counts[level] = (counts[level] ?? start - 1) + 1;
    counts.length = level + 1; // what is below begins anew
    if (form === "none") return "";
    if (form === "bullet" || !/%\d/.test(mark)) return BULLET;
    const numbers = mark.replace(/%(\d)/g, (_all, place: string) => {
      const { form = "decimal", start = 1 } = levels?.get(Number(place) - 1) ?? {};
      return listNumber(counts[Number(place) - 1] ?? start, form);
    });
    return `${numbers} `;
  }
}

/**
 * Elements of a name, with the attribute that names them, and what is in them. What follows the last end is
 * not looked at: a file of beginnings alone would be read again from each of them.
 */
export function elements(xml: string, name: string, id: string): IterableIterator<RegExpExecArray> {
  const end = `</w:${name}>`;
  const closed = xml.slice(0, xml.lastIndexOf(end) + end.length);
  const open = `<w:${name}\\b[^>]{0,2000}w:${id}="([^"]{0,500})"[^>]{0,2000}(?<!/)>`;
  return (closed.length < end.length ? "" : closed).matchAll(new RegExp(`${open}([^]*?)${end}`, "g"));
}

function valueOf(xml: string, name: string): string | undefined {
  return new RegExp(`<w:${name}\\b[^>]{0,2000}w:val="([^"]{0,500})"`).exec(xml)?.[1];
}

function levelsIn(xml: string): Map<number, Level> {
  const levels = new Map<number, Level>();
  for (const [, level, body] of elements(xml, "lvl", "ilvl")) {
    levels.set(Number(level), {
      form: valueOf(body, "numFmt") ?? "decimal",
      start: Number(valueOf(body, "start") ?? 1),
      mark: valueOf(body, "lvlText") ?? "",
    });
  }
  return levels;
}
