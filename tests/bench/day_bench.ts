// `deno task bench:day [CALLS [KILLS]]`: a day of calls with every kind of end, 2,000 by default, through a server that is killed
// eight times meanwhile; once with SQLite and once with MongoDB, which dies in the middle of it, too. Fails unless each call has
// exactly one record.

import { MongoRecordStore } from "../../src/records/mongo_store.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { MongoServer, NO_MONGODB } from "../support/mongo/mongo_server.ts";
import { type DayFigures, serveDay } from "../support/served_day.ts";
import { TempFolder } from "../support/temp_folder.ts";

const [calls = 2_000, kills = 8] = Deno.args.map(Number);
const AT_ONCE = 24;

function print(name: string, { calls, records, kills, struck, reasons, seconds }: DayFigures): void {
  console.log(
    `${name}: ${calls} calls in ${
      seconds.toFixed(0)
    } s, the server killed ${kills} times in ${struck} of them: ${records} records`,
  );
  for (const [reason, count] of Object.entries(reasons).sort((a, b) => b[1] - a[1])) {
    console.log(`  ${reason.padEnd(15)} ${count}`);
  }
}

{
  using folder = new TempFolder();
  const open = () => SqliteRecordStore.open(`${folder.path}/data/records.db`, Date.now);
  print("SQLite", await serveDay({ folder, calls, kills, atOnce: AT_ONCE, open }));
}
if (NO_MONGODB) console.log(`MongoDB: ${NO_MONGODB}`);
else {
  using folder = new TempFolder();
  await using mongo = await MongoServer.start();
  await using client = mongo.client();
  const open = () => MongoRecordStore.open(client.db(), Date.now);
  print(
    "MongoDB",
    await serveDay({ folder, calls, kills, atOnce: AT_ONCE, open, env: { MONGODB_URI: mongo.uri } }),
  );
}
