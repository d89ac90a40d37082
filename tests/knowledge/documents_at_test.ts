import assert from "node:assert/strict";
import { ingestDocuments } from "../../src/knowledge/ingest_documents.ts";
import { documentsAt } from "../../src/knowledge/readers/documents_at.ts";
import { SqliteKnowledgeStore } from "../../src/knowledge/sqlite/sqlite_store.ts";
import { TempFolder } from "../support/temp_folder.ts";

Deno.test("A document that is gone, or leads nowhere, costs none of the others", async () => {
  using folder = new TempFolder();
  const documents = `${folder.path}/documents`;
  await Deno.mkdir(documents);
  await Deno.writeTextFile(`${documents}/good.md`, "# Hours\nNine to five.");
  await Deno.writeTextFile(`${documents}/soon_gone.md`, "# Prices\nFive euros.");
  // By a shell: Deno makes links for programs with all permissions alone.
  await new Deno.Command("bash", { args: ["-c", `ln -s nowhere.md ${documents}/linked.md`] }).output();
  const { sources } = await documentsAt([documents]);
  await Deno.remove(`${documents}/soon_gone.md`);
  await using store = await SqliteKnowledgeStore.open(`${folder.path}/knowledge`, "house");
  const report = await ingestDocuments({ store, sources, embedder: undefined });
  assert.deepEqual(report.documents.map(({ name, chunks, problem }) => [name, chunks, problem?.code]), [
    ["good.md", 1, undefined],
    ["linked.md", 0, "document_unreadable"],
    ["soon_gone.md", 0, "document_unreadable"],
  ]);
  assert.match(report.documents[1].problem?.message ?? "", /^linked\.md cannot be read: .*No such file/);
});
