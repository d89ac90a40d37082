import { listNumber } from "./list_numbers.ts";

type Attributes = Readonly<Record<string, string>>;

/** Forms of numbers, by the attribute `type` of a list. */
const FORMS: ReadonlyMap<string, string> = new Map([
  ["a", "lowerLetter"],
  ["A", "upperLetter"],
  ["i", "lowerRoman"],
  ["I", "upperRoman"],
]);

/** Numbers the items of a page's ordered lists: the third step is known by its number. */
export class HtmlLists {
  /** Of the open lists, innermost last; undefined: a list without numbers. */
  readonly #open: ({ next: number; readonly form: string } | undefined)[] = [];

  /** A list begins, `ol` or `ul`. One that counts down from what is not known yet has no numbers. */
  enter(name: string, { start, type = "", reversed }: Attributes): void {
    const isNumbered = name === "ol" && reversed === undefined;
    this.#open.push(
      isNumbered ? { next: numberOf(start) ?? 1, form: FORMS.get(type) ?? "decimal" } : undefined,
    );
  }

  leave(): void {
    this.#open.pop();
  }

  /**
   * What stands before the next item; undefined in a list without numbers, and outside of any.
   * @param value the item's own number, as its attribute has it
   */
  mark(value: string | undefined): string | undefined {
    const list = this.#open.at(-1);
    if (list === undefined) return undefined;
    const number = numberOf(value) ?? list.next;
    list.next = number + 1;
    return `${listNumber(number, list.form)}. `;
  }
}

/** A whole number that an attribute has. */
function numberOf(value: string | undefined): number | undefined {
  return value !== undefined && /^-?\d{1,6}$/.test(value) ? Number(value) : undefined;
}
