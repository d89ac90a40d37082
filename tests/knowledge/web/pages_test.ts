import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { GuardedRequests } from "../../../src/egress/guarded_requests.ts";
import { pagesAt } from "../../../src/knowledge/web/pages_at.ts";

/** A web site on this machine. @param pages by their paths: HTML, or a whole answer */
function siteOf(pages: Record<string, string | ((origin: string) => Response)>) {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname, search, origin } = new URL(request.url);
    asked.push(pathname + search);
    const page = Object.hasOwn(pages, pathname) ? pages[pathname] : undefined;
    if (page === undefined) return new Response("Not found", { status: 404 });
    if (typeof page === "function") return page(origin);
    return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
  });
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const options = (delayMs = 0) => ({
    requests: new GuardedRequests({ privateHosts: [`127.0.0.1:${server.addr.port}`] }),
    delayMs,
    userAgent: "slimline/test",
    signal: AbortSignal.timeout(20_000),
  });
  return { origin, asked, options, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** What each page gives: its text, or the code of what is wrong. */
async function outcomes(
  found: Awaited<ReturnType<typeof pagesAt>>,
): Promise<[name: string, outcome: string][]> {
  const entries: [string, string][] = [];
  for (const { name, read } of found.sources) {
    const outcome = await read().then(
      ({ sections }) => sections.map(({ heading, text }) => `${heading}: ${text}`).join(" / "),
      ({ code }) => String(code),
    );
    entries.push([new URL(name).pathname, outcome]);
  }
  return entries;
}

const gzip = (data: string | Uint8Array) => new Uint8Array(gzipSync(data));
const xml = (text: string) => () => new Response(text, { headers: { "content-type": "application/xml" } });
const urls = (origin: string, paths: string[]) =>
  `<urlset>${
    paths.map((path) => `<url><loc>${path.startsWith("http") ? path : origin + path}</loc></url>`).join("")
  }</urlset>`;

Deno.test("Pages are read by their addresses, in their encoding and kind, packed or not", async () => {
  const latin = Uint8Array.from("<h1>Caf\u00e9</h1>Ge\u00f6ffnet", (character) => character.charCodeAt(0));
  await using site = siteOf({
    "/a": "<h1>Hours</h1><p>Nine to five.</p>",
    "/b": () => new Response(latin, { headers: { "content-type": "text/html; charset=ISO-8859-1" } }),
    "/c": () =>
      new Response(gzip("<p>Packed."), {
        headers: { "content-encoding": "gzip", "content-type": "text/html" },
      }),
    "/d": () => new Response("A;B\nx;1\n", { headers: { "content-type": "text/csv" } }),
    "/e": () => new Response("x", { headers: { "content-type": "image/png" } }),
  });
  const found = await pagesAt(
    ["/a#top", "/b", "/c", "/d", "/e", "/gone"].map((path) => site.origin + path),
    site.options(),
  );
  assert.deepEqual(await outcomes(found), [
    ["/a", "Hours: Nine to five."],
    ["/b", "Café: Geöffnet"],
    ["/c", ": Packed."],
    ["/d", ": | A | B |\n|---|---|\n| x | 1 |"],
    ["/e", "document_unknown_format"],
    ["/gone", "page_unreachable"],
  ]);
  assert.equal(found.isComplete, false);
  assert.equal(new Set(site.asked).size, site.asked.length, "nothing is asked for twice");
});

Deno.test("The address of a site alone takes in what its sitemaps list, of the same site", async () => {
  await using site = siteOf({
    "/": "<h1>Welcome</h1>",
    "/robots.txt": (origin) => new Response(`Sitemap: ${origin}/all.xml`),
    "/all.xml": (origin) =>
      xml(
        `<sitemapindex><sitemap><loc>${origin}/pages.xml.gz</loc></sitemap><sitemap><loc>https://other.example/x.xml</loc></sitemap></sitemapindex>`,
      )(),
    "/pages.xml.gz": (origin) =>
      new Response(gzip(urls(origin, ["/", "/prices?a=1&amp;b=2", "https://other.example/"]))),
    "/prices": "<p>Fair.",
  });
  const found = await pagesAt([site.origin], site.options());
  assert.deepEqual(await outcomes(found), [["/", ": Welcome"], ["/prices", ": Fair."]]);
  assert.ok(site.asked.includes("/prices?a=1&b=2"));
  assert.equal(found.unread.length, 2);
  assert.match(found.unread.join(), /1 address of another site/);
});

Deno.test("What robots.txt asks not to read is not asked for, and its delay is kept", async () => {
  await using site = siteOf({
    "/robots.txt": () => new Response("User-agent: *\nDisallow: /private\nCrawl-delay: 0.3"),
    "/private": "secret",
    "/a": "One.",
    "/b": "Two.",
  });
  const startedMs = performance.now();
  const found = await pagesAt(["/private", "/a", "/b"].map((path) => site.origin + path), site.options());
  assert.deepEqual(await outcomes(found), [["/private", "page_disallowed"], ["/a", ": One."], [
    "/b",
    ": Two.",
  ]]);
  assert.ok(performance.now() - startedMs >= 550);
  assert.deepEqual(site.asked, ["/robots.txt", "/a", "/b"]);
});

Deno.test("A robots.txt that was not to be had for one page is asked for again for the next, within bounds", async () => {
  let asked = 0;
  await using site = siteOf({
    "/robots.txt": () =>
      ++asked === 1 ? new Response("", { status: 502 }) : new Response("User-agent: *\nDisallow: /c"),
    "/a": "One.",
    "/b": "Two.",
    "/c": "Three.",
  });
  const found = await pagesAt(["/a", "/b", "/c"].map((path) => site.origin + path), site.options());
  assert.deepEqual(await outcomes(found), [
    ["/a", "page_unreachable"],
    ["/b", ": Two."],
    ["/c", "page_disallowed"],
  ]);
  assert.deepEqual(site.asked, ["/robots.txt", "/robots.txt", "/b"]);

  await using dead = siteOf({ "/robots.txt": () => new Response("", { status: 500 }) });
  const paths = Array.from({ length: 8 }, (_, index) => `${dead.origin}/${index}`);
  const none = await outcomes(await pagesAt(paths, dead.options()));
  assert.deepEqual(new Set(none.map(([, outcome]) => outcome)), new Set(["page_unreachable"]));
  assert.deepEqual(dead.asked, ["/robots.txt", "/robots.txt", "/robots.txt"]);
});

Deno.test("A robots.txt whose server asks to wait a moment is waited for, and redirects are followed from where they lead", async () => {
  let asked = 0;
  await using site = siteOf({
    "/robots.txt": () =>
      ++asked === 1
        ? new Response("", { status: 503, headers: { "retry-after": "1" } })
        : new Response("", { status: 301, headers: { location: "/rules/one" } }),
    "/rules/one": () => new Response("", { status: 302, headers: { location: "two" } }),
    "/rules/two": () => new Response("User-agent: *\nDisallow: /a"),
    "/a": "One.",
  });
  const found = await pagesAt([`${site.origin}/a`], site.options());
  assert.deepEqual(await outcomes(found), [["/a", "page_disallowed"]]);
  assert.deepEqual(site.asked, ["/robots.txt", "/robots.txt", "/rules/one", "/rules/two"]);
});

Deno.test("Without a robots.txt that can be had, nothing is read", async () => {
  await using site = siteOf({ "/robots.txt": () => new Response("", { status: 503 }), "/a": "One." });
  const found = await pagesAt([`${site.origin}/a`], site.options());
  assert.deepEqual(await outcomes(found), [["/a", "page_unreachable"]]);
  assert.deepEqual(site.asked, ["/robots.txt"]);
});

Deno.test("Redirects are followed within the site alone, and not for ever", async () => {
  const to = (location: string) => () => new Response(null, { status: 302, headers: { location } });
  await using site = siteOf({
    "/a": to("/b"),
    "/b": "Here.",
    "/out": to("https://other.example/"),
    "/metadata": to("http://169.254.169.254/"),
    "/loop": to("/loop"),
  });
  const found = await pagesAt(
    ["/a", "/out", "/metadata", "/loop"].map((path) => site.origin + path),
    site.options(),
  );
  assert.deepEqual(await outcomes(found), [
    ["/a", ": Here."],
    ["/out", "page_elsewhere"],
    ["/metadata", "page_elsewhere"],
    ["/loop", "page_unreachable"],
  ]);
});

Deno.test("Pages that are too large, packed to become so, or of private addresses are refused", async () => {
  await using site = siteOf({
    "/large": () => new Response(new Uint8Array(17 * 2 ** 20), { headers: { "content-type": "text/html" } }),
    "/bomb": () =>
      new Response(gzip(new Uint8Array(64 * 2 ** 20)), { headers: { "content-encoding": "gzip" } }),
  });
  const found = await pagesAt(["/large", "/bomb"].map((path) => site.origin + path), site.options());
  assert.deepEqual((await outcomes(found)).map(([, outcome]) => outcome), [
    "page_too_large",
    "page_too_large",
  ]);
  const requests = new GuardedRequests();
  for (
    const address of [
      `${site.origin}/a`,
      "https://10.0.0.1/",
      "https://169.254.169.254/latest",
      "http://example.com/",
    ]
  ) {
    assert.deepEqual(
      (await outcomes(await pagesAt([address], { ...site.options(), requests })))[0][1],
      "url_refused",
    );
  }
  await assert.rejects(pagesAt(["https://user:word@example.com/"], site.options()), { code: "usage" });
});

Deno.test("A sitemap that cannot be had is named, and costs none of the others", async () => {
  await using site = siteOf({
    "/": "Welcome.",
    "/robots.txt": (origin) => new Response(`Sitemap: ${origin}/index.xml`),
    "/index.xml": (origin) =>
      xml(
        `<sitemapindex>${
          ["gone.xml", "index.xml", "a.xml", "broken.xml", "b.xml"].map((name) =>
            `<sitemap><loc><![CDATA[${origin}/${name}]]></loc></sitemap>`
          ).join("")
        }</sitemapindex>`,
      )(),
    "/a.xml": (origin) => xml(urls(origin, ["/a"]))(),
    "/broken.xml": "<h1>Not found</h1>",
    "/b.xml": (origin) => xml(urls(origin, ["/b"]))(),
    "/a": "One.",
    "/b": "Two.",
  });
  const found = await pagesAt([site.origin], site.options());
  assert.deepEqual(await outcomes(found), [["/", ": Welcome."], ["/a", ": One."], ["/b", ": Two."]]);
  assert.equal(found.isComplete, false);
  assert.equal(found.unread.length, 2);
  assert.match(found.unread[0], /\/gone\.xml \(The server answers with 404\.\)/);
  assert.match(found.unread[1], /\/broken\.xml \(It is no sitemap\.\)/);
  assert.equal(site.asked.filter((path) => path === "/index.xml").length, 1);
});

Deno.test("A sitemap may be lines of text, and name its pages by the other of http and https", async () => {
  await using site = siteOf({
    "/robots.txt": (origin) => new Response(`sitemap: ${origin}/pages.txt`),
    "/pages.txt": (origin) =>
      new Response(`\ufeff${origin}/a\r\n${origin.replace("http:", "https:")}/b\r\n\r\n`, {
        headers: { "content-type": "text/plain" },
      }),
    "/": "Welcome.",
    "/a": "One.",
    "/b": "Two.",
    "/note.txt": () =>
      new Response("See https://example.com/", { headers: { "content-type": "text/plain" } }),
  });
  const found = await pagesAt([site.origin, `${site.origin}/note.txt`], site.options());
  assert.deepEqual(await outcomes(found), [["/", ": Welcome."], ["/a", ": One."], ["/b", ": Two."], [
    "/note.txt",
    ": See https://example.com/",
  ]]);
});

Deno.test("A page that sends visitors on by itself is followed within the site, as a redirect is", async () => {
  const on = (to: string) => `<head><meta http-equiv="Refresh" content="0; URL='${to}'"></head><p>Wait …</p>`;
  await using site = siteOf({
    "/": on("/de/"),
    "/de/": "Willkommen.",
    "/out": on("https://other.example/"),
    "/loop": on("/loop"),
    "/ticker": `<meta http-equiv=refresh content=300><p>Every five minutes.</p>`,
    "/slow": `<meta http-equiv="refresh" content="30;url=/de/"><p>Slides.</p>`,
  });
  const paths = ["/", "/out", "/loop", "/ticker", "/slow"];
  const found = await pagesAt(paths.map((path) => site.origin + path), site.options());
  assert.deepEqual(await outcomes(found), [
    ["/", ": Willkommen."],
    ["/out", "page_elsewhere"],
    ["/loop", "page_unreachable"],
    ["/ticker", ": Every five minutes."],
    ["/slow", ": Slides."],
  ]);
});

Deno.test("A site that is busy is asked again when it says, and not for ever", async () => {
  let busy = 2;
  const answer = () =>
    busy-- > 0
      ? new Response("", { status: 429, headers: { "retry-after": "1" } })
      : new Response("Here.", { headers: { "content-type": "text/html" } });
  await using site = siteOf({
    "/a": answer,
    "/b": () => new Response("", { status: 503, headers: { "retry-after": "0" } }),
    "/c": () => new Response("", { status: 503, headers: { "retry-after": "86400" } }),
  });
  const startedMs = performance.now();
  const found = await pagesAt(["/a", "/b", "/c"].map((path) => site.origin + path), site.options());
  assert.deepEqual(await outcomes(found), [["/a", ": Here."], ["/b", "page_unreachable"], [
    "/c",
    "page_unreachable",
  ]]);
  assert.ok(performance.now() - startedMs >= 1_900);
  const times = (path: string) => site.asked.filter((asked) => asked === path).length;
  assert.deepEqual([times("/a"), times("/b"), times("/c")], [3, 3, 1]);
});

Deno.test("A sitemap may name its elements with a prefix, beside those of pictures", async () => {
  await using site = siteOf({
    "/": "<h1>Welcome</h1>",
    "/sitemap.xml": (origin) =>
      new Response(
        `<?xml version="1.0"?><sm:urlset xmlns:sm="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="i">
        <sm:url><sm:loc>${origin}/prices</sm:loc><image:image><image:loc>${origin}/a.jpg</image:loc></image:image></sm:url>
        </sm:urlset>`,
      ),
    "/prices": "<p>Five euros.</p>",
  });
  const found = await pagesAt([site.origin], site.options());
  assert.deepEqual(await outcomes(found), [["/", ": Welcome"], ["/prices", ": Five euros."]]);
});

Deno.test("A sitemap that robots.txt names on another site is told of, and the usual place looked at", async () => {
  await using site = siteOf({
    "/": "<p>Welcome.</p>",
    "/robots.txt": () => new Response("Sitemap: https://www.example.com/sitemap.xml"),
    "/sitemap.xml": (origin) => new Response(urls(origin, ["/prices"])),
    "/prices": "<p>Five euros.</p>",
  });
  const found = await pagesAt([site.origin], site.options());
  assert.deepEqual(await outcomes(found), [["/", ": Welcome."], ["/prices", ": Five euros."]]);
  assert.deepEqual(found.unread, [`1 address of another site in ${site.origin}/robots.txt`]);
});

Deno.test("A wait between two pages leaves nothing at the signal that ends all of it", async () => {
  const pages = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`/${at}`, `<p>Page ${at}.</p>`]));
  await using site = siteOf(pages);
  const options = site.options(2);
  const { signal } = options;
  let listeners = 0;
  const { addEventListener: add, removeEventListener: remove } = signal;
  signal.addEventListener = (...all: Parameters<typeof add>) => (listeners++, add.apply(signal, all));
  signal.removeEventListener = (
    ...all: Parameters<typeof remove>
  ) => (listeners--, remove.apply(signal, all));
  await outcomes(await pagesAt(Object.keys(pages).map((path) => site.origin + path), options));
  assert.ok(listeners <= 1, `${listeners} listeners are left`);
});
