/*
 * A process that opens the files `FOLDER/1/records.db` to `FOLDER/COUNT/records.db`, each at the moment at which others do
 * (from START_MS on, one every EVERY_MS; Unix time), and writes a record. It prints each failure.
 */
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { recordWith } from "../records/records.ts";

/** A write that finds another process's under way fails; the outbox tries it again, as this does. */
async function written(store: SqliteRecordStore): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      await store.put(recordWith({ callSid: name }));
      return;
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
  }
}

const MAX_TRIES = 50;
const [folder = "", name = ""] = Deno.args;
const [count = 0, startMs = 0, everyMs = 0] = Deno.args.slice(2).map(Number);
for (let file = 1; file <= count; file++) {
  const waitMs = startMs + file * everyMs - Date.now();
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs - 10)));
  while (Date.now() < startMs + file * everyMs); // to the millisecond
  try {
    using store = await SqliteRecordStore.open(`${folder}/${file}/records.db`, () => 0);
    await written(store);
  } catch (error) {
    console.log(`${file}: ${error}`);
  }
}
