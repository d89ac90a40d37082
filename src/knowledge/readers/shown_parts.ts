type Attributes = Readonly<Record<string, string>>;

const NOT_SHOWN = /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)\b/i;
/** What a button or a link opens, by its id. */
const OPENS = /\s(?:aria-controls|data-(?:bs-)?target|href|popovertarget)\s*=\s*["']?#?([^\s"'<>#]{1,200})/gi;
/** Parts that may be folded below what heads them. */
const FOLDED = new Set(["div", "section", "dd", "ul", "ol", "dl", "table"]);

/**
 * Whether browsers show an element at first, as far as the page says.
 *
 * @param names classes and ids that are hidden for good, as hidden_styles.ts finds them
 */
export function isHiddenAtFirst(
  name: string,
  { hidden, style = "", class: classes = "", id = "" }: Attributes,
  names: ReadonlySet<string>,
): boolean {
  if (name === "body" || name === "html") return false; // shown once the page is there
  return hidden !== undefined || NOT_SHOWN.test(style) || names.has(`#${id}`) ||
    (names.size > 0 && classes.split(/\s+/).some((one) => names.has(`.${one}`)));
}

/** Ids of all parts of a page that something on it leads to or opens. */
export function openedIds(html: string): ReadonlySet<string> {
  return new Set(Array.from(html.matchAll(OPENS), ([, id]) => id));
}

/**
 * Whether visitors can open a hidden part: a tab, or an answer below its question.
 *
 * @param opened see {@link openedIds}
 * @param isBelowTitle whether it directly follows a heading, a button or a term
 */
export function canBeOpened(
  name: string,
  { id = "", role, hidden, "aria-labelledby": label }: Attributes,
  opened: ReadonlySet<string>,
  isBelowTitle: boolean,
): boolean {
  return role === "tabpanel" || label !== undefined || hidden === "until-found" || opened.has(id) ||
    (isBelowTitle && FOLDED.has(name));
}

/** Elements that pages set apart by their styles: `<span>Monday</span><span>9–12</span>`. */
const SET_APART = new Set(["span", "a", "label", "time", "data", "output"]);
/** Elements that are within a line, and may be within a word. */
const IN_LINE = new Set([
  ...SET_APART,
  "b",
  "strong",
  "i",
  "em",
  "u",
  "small",
  "big",
  "font",
  "mark",
  "code",
]);
/** Letters that are written without spaces. */
const NO_SPACES = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}]/u;

/**
 * Finds where one element of a line ends and the next begins with nothing between them, and a reader of the
 * page sees two words that its text has as one.
 */
export class WordEdges {
  /** Text since the last tag, and before it. */
  #run = "";
  #before = "";
  #ended = false;
  #begun = false;
  #isApart = false;

  open(name: string): void {
    this.#tag(name);
    if (this.#ended) this.#begun = true;
  }

  close(name: string): void {
    this.#tag(name);
    this.#ended = true;
  }

  /** Whether a space belongs before this text. */
  text(text: string): boolean {
    const isEdge = this.#run === "" && this.#ended && this.#begun && this.#isApart;
    const before = this.#before;
    this.#run += text;
    this.#ended = this.#begun = this.#isApart = false;
    return isEdge && areWords(before, text);
  }

  #tag(name: string): void {
    if (this.#run !== "") this.#before = this.#run;
    if (!IN_LINE.has(name)) this.#before = "";
    this.#run = "";
    if (SET_APART.has(name)) this.#isApart = true;
  }
}

/** Whether two texts that touch are words of their own, not letters of one word or parts of a number. */
function areWords(left: string, right: string): boolean {
  const last = left.at(-1) ?? "";
  const first = right[0] ?? "";
  if (!/[\p{L}\p{N}.:;!?)%€$£”»]/u.test(last) || !/[\p{L}\p{N}(€$£„“«+]/u.test(first)) return false;
  if (NO_SPACES.test(last) || NO_SPACES.test(first)) return false;
  if (/\d[.:]$/.test(left) && /\d/.test(first)) return false;
  if (left.trim().length > 1 && right.trim().length > 1) return true;
  return /\p{L}{2}$/u.test(left) && /\d/.test(first);
}
