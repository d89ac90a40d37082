import assert from "node:assert/strict";
import { ask } from "../../src/cli/ask.ts";
import { ingest } from "../../src/cli/ingest.ts";
import { mongoTest } from "../support/mongo/mongo_server.ts";
import { captureConsole } from "../support/capture_console.ts";
import { EmbeddingsEndpoint } from "../support/embeddings_endpoint.ts";
import { pdfOf } from "../support/pdf.ts";
import { TempFolder } from "../support/temp_folder.ts";

const SHOP = {
  name: "Bike shop",
  numbers: ["+15550100200"],
  instructions: "Answer.",
  tools: {
    http: [{ name: "t", description: "x", url: "https://x.example", signingSecret: "${BUSINESS_SECRET}" }],
  },
  knowledge: { dimensions: 64, results: 2 },
};
const OTHER = { ...SHOP, name: "Bakery", numbers: ["+15550100201"], knowledge: null };

function fixture(name: string): Uint8Array {
  return Deno.readFileSync(new URL(`../fixtures/documents/${name}`, import.meta.url));
}

/** A folder with two businesses, some documents, and what the commands go by. */
function rig(endpoint?: EmbeddingsEndpoint) {
  const folder = new TempFolder();
  folder.write("businesses/shop.json", JSON.stringify(SHOP));
  folder.write("businesses/bakery.json", JSON.stringify(OTHER));
  folder.write(
    "docs/faq.md",
    "# Warranty\nFrames have ten years of warranty.\n# Rental\nBikes cost 20 dollars a day.",
  );
  folder.write(
    "docs/sub/prices.json",
    JSON.stringify({ repairs: { tube: "9 dollars", brake: "25 dollars" } }),
  );
  folder.write("docs/image.png", "not a document");
  folder.write("manual.pdf", pdfOf([["The battery lasts for eighty kilometres."]]));
  const env = {
    BUSINESSES: `${folder.path}/businesses`,
    DATA_DIR: `${folder.path}/data`,
    ...endpoint && { OPENAI_API_KEY: "sk-test", OPENAI_BASE_URL: endpoint.url },
  };
  return {
    folder,
    ingest: (...args: string[]) => captureConsole(() => ingest(["--business", "shop", ...args], env)),
    ask: (...args: string[]) => captureConsole(() => ask(["--business", "shop", ...args], env)),
    env,
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

Deno.test("slimline ingest takes in files and folders, and ask shows what a caller would get", async () => {
  await using endpoint = new EmbeddingsEndpoint();
  using shop = rig(endpoint);
  const { path } = shop.folder;
  const taken = await shop.ingest(`${path}/docs`, `${path}/manual.pdf`);
  assert.deepEqual([taken.code, taken.out], [
    0,
    [
      "4 new, 0 unchanged, 0 removed.",
      "shop knows 4 passages of 3 documents, 4 with vectors.",
      "faq.md: 2 sections, 2 passages",
      "manual.pdf: 1 page, 1 passage",
      "sub/prices.json: 1 section, 1 passage",
      "Not read: image.png.",
    ].join("\n"),
  ]);
  const found = await shop.ask("How far does the battery last?");
  assert.equal(found.code, 0);
  assert.match(
    found.out,
    /^manual\.pdf > Page 1 {2}\(similarity 0\.\d\d, words \d\.\d\d\)\nThe battery lasts/,
  );
  const json = await shop.ask("--json", "What do repairs of a tube cost?");
  const { passages, note } = JSON.parse(json.out);
  assert.equal(passages[0].source, "sub/prices.json");
  assert.ok(passages.length <= 2 && passages[0].words > 0 && /these passages alone/.test(note));
});

Deno.test("slimline ingest again embeds only what changed, and removes what went unless told to add", async () => {
  await using endpoint = new EmbeddingsEndpoint();
  using shop = rig(endpoint);
  const { path } = shop.folder;
  await shop.ingest(`${path}/docs`);
  const embedded = endpoint.texts;
  shop.folder.write(
    "docs/faq.md",
    "# Warranty\nFrames have ten years of warranty.\n# Rental\nBikes cost 25 dollars.",
  );
  assert.match((await shop.ingest(`${path}/docs`)).out, /^1 new, 2 unchanged, 1 removed\./);
  assert.equal(endpoint.texts, embedded + 1);
  assert.match(
    (await shop.ingest("--add", `${path}/manual.pdf`)).out,
    /^1 new, 0 unchanged, 0 removed\.\n.*4 passages/,
  );
  assert.match((await shop.ingest(`${path}/manual.pdf`)).out, /^0 new, 1 unchanged, 3 removed\./);
});

Deno.test("Without a key, documents are taken in and found by their words, and both commands say so", async () => {
  using shop = rig();
  const taken = await shop.ingest(`${shop.folder.path}/docs`);
  assert.equal(taken.code, 0);
  assert.match(taken.err, /Without OPENAI_API_KEY or EMBEDDING_BASE_URL no vectors/);
  assert.match(taken.out, /3 passages of 2 documents, 0 with vectors/);
  const found = await shop.ask("Is there a warranty?");
  assert.match(found.out, /^faq\.md > Warranty {2}\(words \d\.\d\d\)/);
  assert.match(found.err, /by words alone/);
  const none = await shop.ask("Do you sell helicopters?");
  assert.deepEqual([none.code, none.out], [1, ""]);
  assert.match(none.err, /Nothing in the business's documents fits/);
});

Deno.test("A server of one's own embeds without a key, and never sees that of OpenAI", async () => {
  await using endpoint = new EmbeddingsEndpoint();
  using shop = rig();
  const env = {
    ...shop.env,
    OPENAI_API_KEY: "sk-secret",
    EMBEDDING_BASE_URL: endpoint.url,
    EMBEDDING_MODEL: "own",
  };
  const docs = `${shop.folder.path}/docs`;
  const taken = await captureConsole(() => ingest(["--business", "shop", docs], env));
  assert.match(taken.out, /3 passages of 2 documents, 3 with vectors/);
  const found = await captureConsole(() => ask(["--business", "shop", "Is there a warranty?"], env));
  assert.match(found.out, /^faq\.md > Warranty {2}\(similarity /);
  assert.deepEqual(new Set(endpoint.requests.map(({ authorization }) => authorization)), new Set([null]));
  assert.equal(endpoint.requests[0].model, "own");
});

Deno.test("What one business has taken in, another does not find", async () => {
  using shop = rig();
  await shop.ingest(`${shop.folder.path}/docs`);
  const other = await captureConsole(() => ask(["--business", "bakery", "warranty"], shop.env));
  assert.deepEqual([other.code, other.out], [1, ""]);
  const taken = await captureConsole(() =>
    ingest(["--business", "bakery", `${shop.folder.path}/docs`], shop.env)
  );
  assert.match(taken.out, /Calls do not search them yet: add "knowledge"/);
});

Deno.test("slimline ingest names what it did not take and why, with exit code 1", async () => {
  using shop = rig();
  const { path } = shop.folder;
  for (const name of ["scan.pdf", "locked.pdf"]) shop.folder.write(`scans/${name}`, fixture(name));
  shop.folder.write("scans/mixed.pdf", pdfOf([[], ["Crowns cost 600 euros."], [], [], []]));
  shop.folder.write("scans/broken.pdf", "no PDF");
  const { code, out, err } = await shop.ingest(`${path}/scans`, `${path}/docs/faq.md`, `${path}/gone.md`);
  assert.equal(code, 1);
  assert.match(out, /^faq\.md: 2 sections, 2 passages$/m);
  assert.match(out, /^scan\.pdf: 2 pages, 0 passages; no text on pages 1, 2 \(a scan/m);
  assert.match(out, /^mixed\.pdf: 5 pages, 1 passage; no text on pages 1, 3 to 5 \(a scan/m);
  assert.match(out, /^broken\.pdf: nothing taken: cannot be read: /m);
  assert.match(out, /^locked\.pdf: nothing taken: It is protected: give its password with --password\.$/m);
  assert.match(
    err,
    /Nothing was taken of broken\.pdf, gone\.md, locked\.pdf, scan\.pdf\. What was known of it stays/,
  );
  const opened = await shop.ingest("--add", "--password", "open-sesame", `${path}/scans/locked.pdf`);
  assert.equal(opened.code, 0, opened.err);
  const wrong = await shop.ingest("--password", "x", `${path}/scans/locked.pdf`);
  assert.equal(wrong.code, 1);
  assert.match(
    wrong.out,
    /^0 new, 0 unchanged, 0 removed\.\n[^]*password given with --password does not open it/,
  );
});

Deno.test("slimline ingest reads pages of a site that it may reach, beside files", async () => {
  using shop = rig();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ url }) =>
      url.endsWith("/robots.txt")
        ? new Response("", { status: 404 })
        : new Response("<nav>Home</nav><h1>Saddles</h1><p>From 40 dollars.", {
          headers: { "content-type": "text/html" },
        }),
  );
  const address = `http://127.0.0.1:${server.addr.port}/saddles`;
  const refused = await shop.ingest(address);
  assert.equal(refused.code, 1);
  assert.match(refused.out, /\/saddles: nothing taken: .* PRIVATE_HOSTS does not list the host/);
  Object.assign(shop.env, { PRIVATE_HOSTS: `127.0.0.1:${server.addr.port}` });
  const { code, out } = await shop.ingest(address, `${shop.folder.path}/docs/faq.md`);
  assert.equal(code, 0);
  assert.match(out, /^http:.*\/saddles: 1 section, 1 passage; 1 word of navigation left out$/m);
  assert.match(out, /^faq\.md: 2 sections/m);
  await server.shutdown();
});

Deno.test("A path that is not there has nothing removed of what it may have held", async () => {
  using shop = rig();
  const { path } = shop.folder;
  await shop.ingest(`${path}/docs`, `${path}/manual.pdf`);
  const { code, out, err } = await shop.ingest(`${path}/manual.pdf`, `${path}/doc`);
  assert.equal(code, 1);
  assert.match(out, /^0 new, 1 unchanged, 0 removed\.\n.*4 passages/);
  assert.match(err, /Other documents were kept, since not all paths are there/);
});

Deno.test("Wrong usage is told with exit code 2, and changes nothing", async () => {
  using shop = rig();
  const { path } = shop.folder;
  assert.equal((await shop.ingest()).code, 2);
  assert.equal((await captureConsole(() => ingest(["x.md"], shop.env))).code, 2);
  assert.equal((await captureConsole(() => ask(["--business", "shop"], shop.env))).code, 2);
  const unknown = await captureConsole(() => ask(["--business", "shoe", "x"], shop.env));
  assert.deepEqual([unknown.code, unknown.err], [
    2,
    `${path}/businesses has no business "shoe". There are bakery, shop.`,
  ]);
  const missing = await shop.ingest(`${path}/none.md`);
  assert.deepEqual([missing.code, missing.err], [2, `${path}/none.md is not there.`]);
  const image = await shop.ingest(`${path}/docs/image.png`);
  assert.equal(image.code, 2);
  assert.match(image.err, /image\.png has another ending than \.md/);
  shop.folder.write("other/faq.md", "# Other");
  assert.match((await shop.ingest(`${path}/docs`, `${path}/other`)).err, /Two documents are called faq\.md/);
});

Deno.test("An embedding model that cannot be reached ends slimline ingest with exit code 1", async () => {
  await using endpoint = new EmbeddingsEndpoint();
  endpoint.refuse = () => Response.json({ error: { message: "no such key" } }, { status: 401 });
  using shop = rig(endpoint);
  const { code, err } = await shop.ingest(`${shop.folder.path}/docs`);
  assert.equal(code, 1);
  assert.match(err, /could not be embedded: 401/);
});

Deno.test("A question that cannot be embedded is still looked for by its words", async () => {
  await using endpoint = new EmbeddingsEndpoint();
  using shop = rig(endpoint);
  await shop.ingest(`${shop.folder.path}/docs`);
  endpoint.refuse = () => Response.json({ error: { message: "no such key" } }, { status: 401 });
  const { code, out, err } = await shop.ask("Is there a warranty?");
  assert.equal(code, 0);
  assert.match(out, /^faq\.md > Warranty {2}\(words \d\.\d\d\)/);
  assert.match(err, /by words alone/);
});

mongoTest("slimline ingest and ask find a business in MongoDB too", async (server) => {
  await using client = server.client();
  await client.db().collection<{ _id: string }>("businesses").insertMany([
    { _id: "shop", ...SHOP },
    { _id: "bakery", ...OTHER },
  ]);
  using shop = rig();
  Object.assign(shop.env, { BUSINESSES: "mongodb", MONGODB_URI: server.uri });
  const taken = await shop.ingest(`${shop.folder.path}/docs`);
  assert.equal(taken.code, 0, taken.err);
  const found = await shop.ask("Is there a warranty?");
  assert.match(found.out, /^faq\.md > Warranty/);
  const unknown = await captureConsole(() => ask(["--business", "shoe", "x"], shop.env));
  assert.deepEqual([unknown.code, unknown.err], [
    2,
    'mongodb:businesses has no business "shoe". There are bakery, shop.',
  ]);
});

Deno.test("slimline ask whose businesses are in a database that is away ends with exit code 1", async () => {
  using shop = rig();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 }); // accepts, and never answers
  Object.assign(shop.env, { BUSINESSES: "mongodb", MONGODB_URI: `mongodb://127.0.0.1:${taken.addr.port}/` });
  const { code, err } = await shop.ask("Is there a warranty?");
  assert.equal(code, 1);
  assert.match(err, /^mongodb:businesses cannot be read: /);
});
