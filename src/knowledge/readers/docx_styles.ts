import { elements } from "./docx_lists.ts";

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
      base: /<w:basedOn w:val="([^"]*)"/.exec(body)?.[1],
    });
  }
  const levels = new Map<string, number>();
  for (const id of known.keys()) {
    let style = known.get(id);
    for (let step = 0; style && style.level === undefined && step < 10; step++) {
      style = known.get(style.base ?? "");
    }
    if (style?.level !== undefined) levels.set(id, style.level);
  }
  return levels;
}
