/*
 * A process that records one call and dies at a chosen step: `deno run … recorder_process.ts FOLDER STEP`. Every change of
 * the disk is a step, and so is each record handed to the store. It prints `ended` once the end of the call is safe, and
 * how many steps there were when it ends by itself. Its umask forbids nothing.
 */
import type { CallRecord } from "../../src/records/call_record.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { recordWith } from "../records/records.ts";
import { countSteps, folder, stepsTaken } from "./dying_process.ts";
import { fileRecorder, PLAIN_SETTINGS } from "../support/file_recorder.ts";

Deno.umask(0);

countSteps(Deno, "mkdir", "open", "rename", "remove", "writeTextFile");
countSteps(Deno.FsFile.prototype, "write", "sync", "syncData");
countSteps(SqliteRecordStore.prototype, "put");

const record = (reason: string): CallRecord => {
  const isOver = reason !== "in_progress";
  return recordWith({ reason, durationMs: isOver ? 60_000 : 30_000, endedAt: new Date().toISOString() });
};

{
  await using recorder = fileRecorder(folder);
  await recorder.start();
  const call = recorder.begun(PLAIN_SETTINGS, () => record("in_progress"));
  await new Promise((resolve) => setTimeout(resolve, 30)); // the first checkpoint
  console.log("begun");
  await call.ended(record("caller_hung_up"));
  console.log("ended");
}
console.log(`steps ${stepsTaken()}`);
