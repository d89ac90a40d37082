type Attributes = Readonly<Record<string, string>>;

/** Parts of a table that is made of other elements (WAI-ARIA 1.2), as the elements of one. */
export const ARIA_TABLE: ReadonlyMap<string, string> = new Map([
  ["table", "table"],
  ["grid", "table"],
  ["treegrid", "table"],
  ["row", "tr"],
  ["cell", "td"],
  ["gridcell", "td"],
  ["columnheader", "th"],
  ["rowheader", "th"],
]);

const SIGNS = new Set(["i", "span", "svg", "div", "abbr", "input", "use"]);
/** In the class of an icon, or as its name. */
const TICK = /(?:^|[\s_-])(?:check(?:mark)?|tick|ok|yes|done)(?:[\s_-]|$)/i;
const CROSS = /(?:^|[\s_-])(?:times|cross|xmark|x|close|remove|no|clear|cancel)(?:[\s_-]|$)/i;
const ICON_CLASS = /(?:^|\s)(?:fa\w?|bi|mdi|ti|icon\w*|glyphicon|dashicons|lucide|material-\w+)(?:[\s-]|$)/i;

/**
 * What an element of a table means if there are no words in it: a tick, or what it is labelled as. Empty
 * where only its title within can tell; undefined of what is no sign.
 */
export function signOf(name: string, attributes: Attributes): string | undefined {
  if (!SIGNS.has(name)) return undefined;
  const { class: className = "", type, checked, disabled, title = "" } = attributes;
  if (name === "input") {
    return type === "checkbox" && disabled !== undefined ? (checked === undefined ? "✗" : "✓") : undefined;
  }
  const label = attributes["aria-label"] ?? title;
  if (label.trim() !== "") return label.trim();
  return ICON_CLASS.test(className) ? tickOf(className) : "";
}

/** The tick or the cross that an icon is named after, or "". */
export function tickOf(icon: string): string {
  if (TICK.test(icon)) return "✓";
  return CROSS.test(icon) ? "✗" : "";
}
