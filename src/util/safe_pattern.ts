/**
 * A repetition of more turns than these counts as one without an end. Source: OWASP, "Regular expression
 * Denial of Service", whose example is `(.*a){x}` for `x` above 10.
 */
const MANY = 10;

/** The parts of a pattern: escapes and classes as a whole, beginnings and ends of groups, quantifiers. */
const PART =
  /\\(?:u\{[^}]*\}|u[\da-f]{4}|x[\da-f]{2}|p\{[^}]*\}|k<[^>]*>|[^])|\[(?:[^\]\\]|\\[^])*\]|\((?:\?(?:[:=!]|<[=!]|<[^>]*>))?|\{\d+(?:,\d*)?\}|[^]/giu;
const QUANTIFIER = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})$/;
/** Stands for a group in the parts of the one around it. */
const GROUP = "()";
/** Code points by which two parts are compared: those of the Latin scripts. */
const LAST_COMPARED = 0x2ff;

/** A group, or the whole pattern. */
interface Group {
  /** The parts of each alternative, a group among them as one. */
  readonly alternatives: string[][];
  /** Most turns of a repetition in it whose length varies; 1 where there is none. */
  turns: number;
}

/** How often a part may stand there. */
interface Range {
  readonly least: number;
  readonly most: number;
}

/**
 * Whether a matcher that tries one way after the other comes to an end with a pattern: it is a regular
 * expression (with `u`), and no group is repeated that can match the same text in several ways, by a
 * repetition in it or by alternatives that begin alike. Some texts would take the matcher longer than the
 * world lasts.
 */
export function isSafePattern(pattern: string): boolean {
  try {
    new RegExp(pattern, "u");
  } catch {
    return false;
  }
  const open: Group[] = [newGroup()];
  let closed: Group | undefined;
  let isQuantified = false;
  for (const [part] of pattern.matchAll(PART)) {
    const group = open[open.length - 1];
    // A second quantifier makes the first one lazy.
    const range: Range | undefined = isQuantified ? undefined : rangeOf(part);
    isQuantified = range !== undefined;
    if (range) {
      if (closed && isManifold(closed, range.most)) return false;
      if (range.least !== range.most) group.turns = Math.max(group.turns, range.most);
    }
    closed = undefined;
    if (part.startsWith("(")) open.push(newGroup());
    else if (part === "|") group.alternatives.push([]);
    else if (part === ")" && open.length > 1) {
      closed = open.pop();
      const around = open[open.length - 1];
      around.turns = Math.max(around.turns, closed?.turns ?? 1);
      around.alternatives.at(-1)?.push(GROUP);
    } else group.alternatives.at(-1)?.push(part);
  }
  return true;
}

function newGroup(): Group {
  return { alternatives: [[]], turns: 1 };
}

/** How often a quantifier has what is before it; undefined for what is none. */
function rangeOf(part: string): Range | undefined {
  const [, least, comma, most] = QUANTIFIER.exec(part) ?? [];
  if (part === "?") return { least: 0, most: 1 };
  if (part === "*" || part === "+") return { least: 0, most: Infinity };
  if (least === undefined) return undefined;
  return { least: Number(least), most: comma === "" ? Number(least) : most === "" ? Infinity : Number(most) };
}

/** Whether a group that is repeated so often can match one text in more ways than can be tried. */
function isManifold(group: Group, most: number): boolean {
  if (group.turns === Infinity) return most > 1;
  return most > MANY && (group.turns > 1 || hasAlike(group.alternatives));
}

/** Whether one alternative is a single character that another one begins with, too. */
function hasAlike(alternatives: readonly (readonly string[])[]): boolean {
  return alternatives.some(([one, ...rest], index) =>
    (rest.length === 0 || rest.join() === "?") &&
    alternatives.some(([other], at) => at !== index && haveInCommon(one, other))
  );
}

function haveInCommon(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined || one === GROUP || other === GROUP) return false;
  const [a, b] = [one, other].map((part) => new RegExp(`^${part}$`, "u"));
  for (let code = 0; code <= LAST_COMPARED; code++) {
    const character = String.fromCharCode(code);
    if (a.test(character) && b.test(character)) return true;
  }
  return false;
}
