import assert from "node:assert/strict";
import { tryLock } from "../../src/util/durable_files.ts";
import { TempFolder } from "../support/temp_folder.ts";

Deno.test("tryLock() closes a file that it cannot lock, also where the file system has no locks", async () => {
  using folder = new TempFolder();
  for (const outcome of [undefined, new Error("No locks available (os error 37)")]) {
    const file = await Deno.open(`${folder.path}/lock`, { create: true, write: true });
    file.tryLock = () => outcome ? Promise.reject(outcome) : Promise.resolve(false);
    const locked = tryLock(file);
    if (outcome) await assert.rejects(locked, outcome);
    else assert.equal(await locked, undefined);
    assert.throws(() => file.statSync(), Deno.errors.BadResource);
  }
});
