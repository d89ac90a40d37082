import { Parser } from "htmlparser2";

/** What a sitemap lists (sitemaps.org). */
export interface Sitemap {
  readonly pages: readonly string[];
  /** Other sitemaps. */
  readonly sitemaps: readonly string[];
}

/** Reads a sitemap, or an index of sitemaps: XML, or an address on each line. Undefined: it is neither. */
export function readSitemap(text: string): Sitemap | undefined {
  const [root, prefix = ""] = /<(\w+:)?(?:urlset|sitemapindex)[\s>]/.exec(text.slice(0, 10_000)) ?? [];
  if (root !== undefined) return readXml(text, prefix);
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
  const areAddresses = lines.length > 0 && lines.every((line) => /^https?:\/\/\S+$/.test(line));
  return areAddresses ? { pages: lines, sitemaps: [] } : undefined;
}

/** @param prefix of the elements' names, such as `sm:`; those of pictures and videos have another one */
function readXml(xml: string, prefix: string): Sitemap {
  const pages: string[] = [];
  const sitemaps: string[] = [];
  let parent = "";
  let text: string | undefined;
  const parser = new Parser({
    onopentagname: (name) => {
      if (name === `${prefix}url` || name === `${prefix}sitemap`) parent = name;
      if (name === `${prefix}loc`) text = "";
    },
    ontext: (part) => {
      if (text !== undefined) text += part;
    },
    onclosetag: (name) => {
      if (name !== `${prefix}loc` || text === undefined) return;
      (parent === `${prefix}sitemap` ? sitemaps : pages).push(text.trim());
      text = undefined;
    },
  }, { xmlMode: true });
  parser.end(xml);
  return { pages, sitemaps };
}
