import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { serveDay } from "../support/served_day.ts";
import { TempFolder } from "../support/temp_folder.ts";

// `deno task bench:day` runs a day of 2,000 calls, also with MongoDB.
Deno.test("Each call of a day has one record, whatever became of it, though the server is killed in the middle", async () => {
  using folder = new TempFolder();
  const open = () => SqliteRecordStore.open(`${folder.path}/data/records.db`, Date.now);
  await serveDay({ folder, calls: 27, kills: 1, atOnce: 27, open });
});
