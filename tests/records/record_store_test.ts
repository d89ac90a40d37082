import assert from "node:assert/strict";
import type { RecordStore } from "../../src/records/record_store.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { NOW, recordStoreContract } from "./record_store_contract.ts";

/** The store in the example of `RecordStore`'s documentation. */
async function exampleStore(): Promise<RecordStore> {
  const url = new URL("../../src/records/record_store.ts", import.meta.url);
  const example = /@example[^]*?```ts\n([^]*?) \* ```/.exec(await Deno.readTextFile(url))?.[1];
  assert.ok(example, "there is an example");
  const code = `${example.replace(/^ \* ?/gm, "")}\nexport { MemoryRecordStore };`.replace(
    '"slimline"',
    `"${url}"`,
  );
  const { MemoryRecordStore } = await import(`data:application/typescript,${encodeURIComponent(code)}`);
  return new MemoryRecordStore(() => NOW);
}

recordStoreContract((name, run) =>
  Deno.test(`SqliteRecordStore ${name}`, async () => {
    using folder = new TempFolder();
    const open = () => SqliteRecordStore.open(`${folder.path}/records.db`, () => NOW);
    using a = await open();
    using b = await open();
    await run(a, b);
  })
);

recordStoreContract((name, run) =>
  Deno.test(`The documentation's MemoryRecordStore ${name}`, async () => {
    const store = await exampleStore();
    await run(store, store);
  })
);

Deno.test("SqliteRecordStore says that its file cannot be opened", async () => {
  using temp = new TempFolder();
  temp.write("taken", "a file in the folder's place");
  await assert.rejects(SqliteRecordStore.open(`${temp.path}/taken/records.db`, () => NOW), /taken/);
});
