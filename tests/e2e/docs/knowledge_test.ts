import assert from "node:assert/strict";
import { EmbeddingsEndpoint } from "../../support/embeddings_endpoint.ts";
import { pdfOf } from "../../support/pdf.ts";
import { type BlockPlace, portFree, testBlocks } from "./command_blocks.ts";

const INSURANCE = "# Insurance\n\nWe take all public insurances, and most private ones.\n";

/** What the page's reader has: a business with knowledge, and documents. */
function dentist(place: BlockPlace): void {
  place.write(
    "slimline/businesses/dentist.json",
    JSON.stringify({ name: "Dentist", numbers: ["+15550100100"], instructions: "Be kind.", knowledge: {} }),
  );
  place.write("slimline/documents/insurance.md", INSURANCE);
  place.write("slimline/documents/parking/parking.md", "# Parking\n\nThere are two spaces in the yard.\n");
  place.write("slimline/prices.pdf", pdfOf([["A cleaning costs eighty dollars."]]));
}

const ASK = 'npx -y deno task ask --business dentist "Do you take my insurance?"';

testBlocks("docs/knowledge.md", {
  "npx -y deno task ingest --business dentist documents/ prices.pdf": {
    async run(place) {
      dentist(place);
      const shell = place.start();
      await shell.says(/^insurance\.md: \d sections?, \d passages?$/m);
      await shell.says(/^parking\/parking\.md: \d sections?, \d passages?$/m);
      await shell.says(/^prices\.pdf: 1 page, 1 passage/m);
      await shell.says(/^insurance\.md > Insurance {2}\(.*\)\n.*We take all public insurances/m);
      await shell.endsWell();
    },
  },

  "npx -y deno task ingest --business dentist https://dentist.example/prices https://dentist.example/hours": {
    async run(place) {
      dentist(place);
      const asked: string[] = [];
      await using site = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
        const { pathname, origin } = new URL(request.url);
        asked.push(pathname);
        return page(pathname, origin);
      });
      const host = `127.0.0.1:${site.addr.port}`;
      const shell = place.start({
        env: { PRIVATE_HOSTS: host },
        placeholders: { "https://dentist.example": `http://${host}` },
        behind: 'npx -y deno task ask --business dentist "What does a crown cost?"\n',
      });
      await shell.says(/\/prices: \d sections?, \d passages?$/m);
      await shell.says(/\/hours: \d sections?, \d passages?$/m);
      await shell.says(/\/team: \d sections?, \d passages?$/m);
      await shell.says(/A crown costs nine hundred dollars\./);
      await shell.endsWell(60_000);
      assert.ok(asked.includes("/robots.txt") && asked.includes("/sitemap.xml"), asked.join(" "));
    },
  },

  "export EMBEDDING_BASE_URL=http://127.0.0.1:8081/v1 EMBEDDING_MODEL=multilingual-e5-small": {
    async run(place) {
      dentist(place);
      await portFree(8081);
      await using embedder = new EmbeddingsEndpoint({ port: 8081 });
      const shell = place.start({
        behind: `npx -y deno task ingest --business dentist documents/\n${ASK}\n`,
        env: { OPENAI_API_KEY: "sk-never-to-be-sent-there", EMBEDDING_API_KEY: "" },
      });
      await shell.says(/insurance\.md > Insurance {2}\(similarity \d\.\d\d/);
      await shell.endsWell();
      assert.doesNotMatch(shell.written, /by words alone/);
      assert.ok(embedder.texts >= 3, "two passages and a question");
      for (const { model, authorization } of embedder.requests) {
        assert.deepEqual([model, authorization ?? ""], ["multilingual-e5-small", ""]);
      }
    },
  },
});

const PAGES: Readonly<Record<string, string>> = {
  "/": "Welcome to our practice in Linden Street.",
  "/prices": "A crown costs nine hundred dollars.",
  "/hours": "We are open from eight to five.",
  "/team": "Dr. Okafor has treated patients for twenty years.",
};

/** A page of the dentist's site. */
function page(path: string, origin: string): Response {
  if (path === "/sitemap.xml") {
    const urls = Object.keys(PAGES).map((page) => `<url><loc>${origin}${page}</loc></url>`).join("");
    return new Response(`<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls}</urlset>`, {
      headers: { "content-type": "application/xml" },
    });
  }
  if (!Object.hasOwn(PAGES, path)) return new Response("not found", { status: 404 });
  return new Response(
    `<!doctype html><title>${path}</title><main><h1>${path}</h1><p>${PAGES[path]}</p></main>`,
    {
      headers: { "content-type": "text/html" },
    },
  );
}
