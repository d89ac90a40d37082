import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { EmbeddingsEndpoint } from "../support/embeddings_endpoint.ts";
import { TempFolder } from "../support/temp_folder.ts";

const SHOP = {
  name: "Shop",
  numbers: ["+15550100200"],
  instructions: "Answer.",
  knowledge: { dimensions: 64 },
};

/** `slimline ingest` as a process of its own, its data in `data`. */
function spawn(
  folder: TempFolder,
  data: string,
  documents: string,
  endpoint: EmbeddingsEndpoint,
): Deno.ChildProcess {
  return new Deno.Command("deno", {
    args: [
      ...[
        "run",
        "--quiet",
        "--no-prompt",
        "--permission-set=server",
        "--allow-read",
        `--allow-write=${folder.path}`,
      ],
      ...["main.ts", "ingest", "--business", "shop", `${folder.path}/${documents}`],
    ],
    env: {
      BUSINESSES: `${folder.path}/businesses`,
      DATA_DIR: `${folder.path}/${data}`,
      OPENAI_API_KEY: "sk-test",
      OPENAI_BASE_URL: endpoint.url,
    },
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
}

/** Everything that is stored, whatever its order. */
function contentsOf(folder: TempFolder, data: string): unknown {
  const database = new DatabaseSync(`${folder.path}/${data}/knowledge/shop.sqlite`);
  try {
    const [check] = database.prepare("PRAGMA integrity_check").all();
    assert.equal(check.integrity_check, "ok");
    database.exec("INSERT INTO words(words) VALUES ('integrity-check')"); // throws when words and chunks differ
    const rows = database.prepare(
      "SELECT id, source, heading, text, space, hex(vector) AS vector FROM chunks ORDER BY id",
    );
    const pages = database.prepare("SELECT sum(length(keys)) / 4 AS vectors FROM pages").get();
    return { chunks: rows.all().map((row) => ({ ...row })), vectors: pages?.vectors };
  } finally {
    database.close();
  }
}

Deno.test("slimline ingest that is killed at any point and run again ends as one clean run does", async () => {
  using folder = new TempFolder();
  await using endpoint = new EmbeddingsEndpoint();
  folder.write("businesses/shop.json", JSON.stringify(SHOP));
  const text = (word: string) =>
    Array.from(
      { length: 200 },
      (_, index) => `## Part ${index}\nPart ${index} ${index % 3 ? "stays" : word}.`,
    ).join("\n");
  folder.write("before/manual.md", text("was"));
  folder.write("before/gone.md", "This one goes.");
  folder.write("after/manual.md", text("is now"));
  folder.write("after/new.md", "This one comes.");
  assert.equal((await spawn(folder, "clean", "after", endpoint).status).code, 0);
  const wanted = contentsOf(folder, "clean");
  // By the first request nothing is stored, by the third two batches are.
  for (const killAt of [1, 3]) {
    const data = `killed-${killAt}`;
    assert.equal((await spawn(folder, data, "before", endpoint).status).code, 0);
    let requests = 0;
    const child = spawn(folder, data, "after", endpoint);
    endpoint.refuse = () => {
      if (++requests === killAt) child.kill("SIGKILL");
      return undefined;
    };
    const { signal } = await child.status;
    endpoint.refuse = () => undefined;
    assert.equal(signal, "SIGKILL", `killed at request ${killAt} of ${requests}`);
    assert.notDeepEqual(contentsOf(folder, data), wanted, "the killed run was not done");
    assert.equal((await spawn(folder, data, "after", endpoint).status).code, 0);
    assert.deepEqual(contentsOf(folder, data), wanted);
  }
});
