import { Parser } from "htmlparser2";

/** What a sitemap lists (sitemaps.org). */
export interface Sitemap {
  readonly pages: readonly string[];
  /** Other sitemaps. */
  readonly sitemaps: readonly string[];
}

/** Reads a sitemap, or an index of sitemaps: XML, or an address on each line. Undefined: it is neither. */
export function readSitemap(text: string): Sitemap | undefined {
  if (/<(?:\w+:)?(?:urlset|sitemapindex)[\s>]/.test(text.slice(0, 10_000))) return readXml(text);
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
  const areAddresses = lines.length > 0 && lines.every((line) => /^https?:\/\/\S+$/.test(line));
  return areAddresses ? { pages: lines, sitemaps: [] } : undefined;
}

function readXml(xml: string): Sitemap {
  const pages: string[] = [];
  const sitemaps: string[] = [];
  let parent = "";
  let text: string | undefined;
  const parser = new Parser({
    onopentagname: (name) => {
      if (name === "url" || name === "sitemap") parent = name;
      if (name === "loc") text = "";
    },
    ontext: (part) => {
      if (text !== undefined) text += part;
    },
    onclosetag: (name) => {
      if (name !== "loc" || text === undefined) return;
      (parent === "sitemap" ? sitemaps : pages).push(text.trim());
      text = undefined;
    },
  }, { xmlMode: true });
  parser.end(xml);
  return { pages, sitemaps };
}
