import { gunzipSync } from "node:zlib";
import { AppError } from "../../util/errors.ts";
import type { IngestSource } from "../ingest_documents.ts";
import type { DocumentsOptions, FoundDocuments } from "../readers/documents_at.ts";
import { readDocument } from "../readers/read_document.ts";
import { MAX_PAGE_BYTES, Site, type SiteOptions, type SitePage } from "./site.ts";
import { readSitemap } from "./sitemap.ts";

/** Most pages of one run. */
const MAX_PAGES = 500;
/** Most sitemaps of one run. */
const MAX_SITEMAPS = 50;
/** Most bytes of all pages of one run. */
const MAX_BYTES = 256 * 2 ** 20;

/** By the type of their content, the ending of documents that are read like them. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ["text/html", "html"],
  ["application/xhtml+xml", "html"],
  ["text/plain", "txt"],
  ["text/markdown", "md"],
  ["text/csv", "csv"],
  ["text/tab-separated-values", "tsv"],
  ["application/pdf", "pdf"],
  ["application/json", "json"],
  ["application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"],
  ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"],
]);

/** How pages are found and read. */
export interface PagesOptions extends SiteOptions, DocumentsOptions {}

/**
 * The pages of web sites: those that addresses name, and those that the sitemaps among them list. The address
 * of a site alone, without a path, also names what its own sitemap lists. A page is called by its address.
 *
 * @throws {AppError} `usage` for what is no address
 */
export async function pagesAt(addresses: readonly string[], options: PagesOptions): Promise<FoundDocuments> {
  const search = new PageSearch(options);
  for (const address of addresses) await search.add(address);
  return search.found();
}

class PageSearch {
  readonly #options: PagesOptions;
  readonly #sites = new Map<string, Site>();
  readonly #pages = new Map<string, IngestSource>();
  readonly #sitemaps = new Set<string>();
  readonly #unread: string[] = [];
  #isComplete = true;
  #leftOut = 0;
  #bytes = 0;

  constructor(options: PagesOptions) {
    this.#options = options;
  }

  async add(address: string): Promise<void> {
    const url = URL.parse(address);
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
      throw new AppError("usage", `${address} is no address of a page, such as https://example.com/prices.`);
    }
    url.hash = "";
    const site = this.#site(url);
    try {
      const page = await site.page(url);
      const isSitemap = await this.#addSitemap(page, url.origin);
      if (!isSitemap) this.#addPage(url, page);
      if (url.pathname === "/" && !isSitemap) await this.#addOwnSitemap(site, url.origin);
    } catch (problem) {
      if (!(problem instanceof AppError)) throw problem;
      this.#isComplete = false;
      this.#pages.set(url.href, { name: url.href, read: () => Promise.reject(problem) });
    }
  }

  found(): FoundDocuments {
    const unread = this.#leftOut > 0
      ? [...this.#unread, `${this.#leftOut} pages beyond the first ${MAX_PAGES}`]
      : this.#unread;
    return { sources: [...this.#pages.values()], unread, isComplete: this.#isComplete };
  }

  #site(url: URL): Site {
    let site = this.#sites.get(url.origin);
    if (!site) this.#sites.set(url.origin, site = new Site(url.origin, this.#options));
    return site;
  }

  /** The sitemap that the site itself names, or has where most have it. */
  async #addOwnSitemap(site: Site, origin: string): Promise<void> {
    const named = await site.sitemaps();
    const own = named.map((address) => withinSite(address, origin)).filter((url) => url !== undefined);
    this.#tellElsewhere(named.length - own.length, `${origin}/robots.txt`);
    for (const url of own) await this.#addListedSitemap(site, url);
    if (own.length === 0) await this.#addListedSitemap(site, new URL("/sitemap.xml", origin), false);
  }

  /** @param isNamed false: that there is none is no fault */
  async #addListedSitemap(site: Site, url: URL, isNamed = true): Promise<void> {
    if (this.#sitemaps.has(url.href)) return;
    if (this.#sitemaps.size >= MAX_SITEMAPS) {
      this.#isComplete = false;
      this.#unread.push(`${url.href} (more than ${MAX_SITEMAPS} sitemaps)`);
      return;
    }
    this.#sitemaps.add(url.href);
    try {
      if (await this.#addSitemap(await site.page(url), url.origin)) return;
      if (isNamed) throw new AppError("page_unreachable", "It is no sitemap.");
    } catch (problem) {
      if (!(problem instanceof AppError)) throw problem;
      if (!isNamed) return;
      this.#isComplete = false;
      this.#unread.push(`${url.href} (${problem.message})`);
    }
  }

  /** Adds what a sitemap lists of the same site. Returns false when it is none. */
  async #addSitemap({ url, bytes }: SitePage, origin: string): Promise<boolean> {
    const sitemap = readSitemap(textOf(bytes));
    if (!sitemap) return false;
    this.#sitemaps.add(url.href);
    const site = this.#site(url);
    let elsewhere = 0;
    for (const address of sitemap.pages) {
      const page = withinSite(address, origin);
      if (!page) elsewhere++;
      else this.#addPage(page);
    }
    for (const address of sitemap.sitemaps) {
      const other = withinSite(address, origin);
      if (!other) elsewhere++;
      else await this.#addListedSitemap(site, other);
    }
    this.#tellElsewhere(elsewhere, url.href);
    return true;
  }

  #tellElsewhere(count: number, address: string): void {
    const what = count === 1 ? "address of another site" : "addresses of other sites";
    if (count > 0) this.#unread.push(`${count} ${what} in ${address}`);
  }

  /** @param page what has been fetched of it already */
  #addPage(url: URL, page?: SitePage): void {
    url.hash = "";
    if (this.#pages.has(url.href)) return;
    if (this.#pages.size >= MAX_PAGES) {
      this.#leftOut++;
      return;
    }
    const site = this.#site(url);
    const { read = readDocument, password } = this.#options;
    this.#pages.set(url.href, {
      name: url.href,
      read: async () => {
        if (this.#bytes > MAX_BYTES) throw tooLarge(); // before another one is asked for
        const { bytes, type, charset, url: final } = page ?? await site.page(url);
        this.#bytes += bytes.length;
        if (this.#bytes > MAX_BYTES) throw tooLarge();
        const kind = KINDS.get(type) ?? /\.([a-z]{2,8})$/i.exec(final.pathname)?.[1].toLowerCase() ?? type;
        return await read(url.href, bytes, { password, charset, kind });
      },
    });
  }
}

function tooLarge(): AppError {
  return new AppError("pages_too_large", `All pages have more than ${MAX_BYTES >> 20} MiB.`);
}

/** An address of a site, which may be named by the other of `http` and `https`; else undefined. */
function withinSite(address: string, origin: string): URL | undefined {
  const url = URL.parse(address, origin);
  const { protocol, host } = new URL(origin);
  if (!url || !/^https?:$/.test(url.protocol) || url.host !== host) return undefined;
  url.protocol = protocol;
  return url;
}

/** A sitemap's text; many are packed into a file. */
function textOf(bytes: Uint8Array): string {
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  try {
    return new TextDecoder().decode(
      isPacked ? gunzipSync(bytes, { maxOutputLength: MAX_PAGE_BYTES }) : bytes,
    );
  } catch {
    return "";
  }
}
