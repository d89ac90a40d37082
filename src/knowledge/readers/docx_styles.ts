import { lowered, raised } from "./clean_text.ts";
import { elements } from "./docx_lists.ts";

/** How the letters of a run are. */
export interface Look {
  form?: (text: string) => string;
  isStruck?: boolean;
  isHidden?: boolean;
}

/** Letters that stand so much above or below their line, in half points, are an index, not a correction. */
const MIN_SHIFT = 4;

/** What a property of a run says of its letters. @param name without its prefix */
export function lookOf(name: string, value: string | undefined): Look {
  switch (name) {
    case "vertAlign":
      return { form: value === "superscript" ? raised : value === "subscript" ? lowered : undefined };
    case "position": {
      const shift = Number(value);
      return shift >= MIN_SHIFT ? { form: raised } : shift <= -MIN_SHIFT ? { form: lowered } : {};
    }
    case "strike":
    case "dstrike":
      return { isStruck: isOn(value) };
    case "vanish":
      return { isHidden: isOn(value) };
  }
  return {};
}

/** Whether a property is on: it is where nothing says that it is not. */
export function isOn(value: string | undefined): boolean {
  return value !== "0" && value !== "false" && value !== "off";
}

/** The looks of the styles of letters, by their ids: as the style says, or the one that it is based on. */
export function styleLooks(styles: string): Map<string, Look> {
  const known = new Map<string, { readonly look: Look; readonly base?: string }>();
  for (const [, id, body] of elements(styles, "style", "styleId")) {
    const look: Look = {};
    for (const [, name, value] of body.matchAll(RUN_PROPERTY)) Object.assign(look, lookOf(name, value));
    known.set(id, { look, base: basisOf(body) });
  }
  const looks = new Map<string, Look>();
  for (const id of known.keys()) {
    let look: Look = {};
    let style = known.get(id);
    for (let step = 0; style && step < MAX_BASES; step++) {
      look = { ...style.look, ...look };
      style = known.get(style.base ?? "");
    }
    looks.set(id, look);
  }
  return looks;
}

const RUN_PROPERTY = /<w:(vertAlign|position|d?strike|vanish)\b(?: w:val="([^"]*)")?/g;
/** Most styles that are based on one another. */
const MAX_BASES = 10;

function basisOf(style: string): string | undefined {
  return /<w:basedOn w:val="([^"]*)"/.exec(style)?.[1];
}

/** Level of a document's title; headings are below it. */
const TITLE = 1;

/**
 * The levels of the styles that are headings, by their ids: as the style says, or the one that it is based
 * on.
 */
export function headingLevels(styles: string): Map<string, number> {
  const known = new Map<string, { readonly level?: number; readonly base?: string }>();
  for (const [, id, body] of elements(styles, "style", "styleId")) {
    const name = /<w:name w:val="([^"]*)"/.exec(body)?.[1] ?? "";
    const outline = /<w:outlineLvl w:val="(\d)"/.exec(body)?.[1];
    const named = /^heading (\d)$/i.exec(name)?.[1] ?? (/^title$/i.test(name) ? "0" : undefined);
    const level = outline !== undefined && Number(outline) < 9 ? Number(outline) + 1 : Number(named);
    known.set(id, {
      level: Number.isNaN(level) ? undefined : TITLE + level,
      base: basisOf(body),
    });
  }
  const levels = new Map<string, number>();
  for (const id of known.keys()) {
    let style = known.get(id);
    for (let step = 0; style && style.level === undefined && step < MAX_BASES; step++) {
      style = known.get(style.base ?? "");
    }
    if (style?.level !== undefined) levels.set(id, style.level);
  }
  return levels;
}
