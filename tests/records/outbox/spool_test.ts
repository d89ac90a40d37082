import assert from "node:assert/strict";
import { Spool } from "../../../src/records/outbox/spool.ts";
import { TempFolder } from "../../support/temp_folder.ts";

const nowMs = () => Date.UTC(2026, 0, 1, 2);
const AMPLE = { maxFiles: 10, maxBytes: 1_000, nowMs };

Deno.test("Spool gives texts in the order of their names, to the next process too", async () => {
  using temp = new TempFolder();
  const folder = `${temp.path}/not/there/yet`;
  const spool = new Spool({ folder, ...AMPLE });
  await spool.put("2.json", "two ü");
  await spool.put("1.json", "one");
  const next = new Spool({ folder, ...AMPLE });
  assert.deepEqual(await next.names(), ["1.json", "2.json"]);
  assert.equal(await next.text("2.json"), "two ü");
  await next.remove("2.json");
  assert.deepEqual(await next.names(), ["1.json"]);
  assert.equal(await spool.text("2.json"), undefined, "another process has taken it");
  assert.deepEqual(await spool.names(), ["1.json"]);
  await spool.remove("2.json");
});

Deno.test("Spool refuses what would be too many or too much, also at the same time, and takes more when there is room", async () => {
  using temp = new TempFolder();
  const spool = new Spool({ folder: temp.path, maxFiles: 3, maxBytes: 10, nowMs });
  const full = { code: "outbox_full" };
  await assert.rejects(spool.put("big.json", "x".repeat(11)), full);
  const results = await Promise.allSettled([1, 2, 3, 4].map((n) => spool.put(`${n}.json`, "x")));
  assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "fulfilled", "fulfilled", "rejected"]);
  await spool.remove("1.json");
  await assert.rejects(spool.put("5.json", "x".repeat(9)), full);
  await spool.put("5.json", "x".repeat(8));
  const next = new Spool({ folder: temp.path, maxFiles: 3, maxBytes: 10, nowMs });
  await assert.rejects(next.put("6.json", "x"), full, "what former processes left counts");
  assert.deepEqual(temp.names(), ["2.json", "3.json", "5.json"]);
});

Deno.test("A full Spool takes a text in the place of the one of that name", async () => {
  using temp = new TempFolder();
  const spool = new Spool({ folder: temp.path, maxFiles: 2, maxBytes: 10, nowMs });
  await spool.put("1.json", "one");
  await spool.put("2.json", "two");
  await spool.put("1.json", "another");
  assert.deepEqual([await spool.text("1.json"), await spool.names()], ["another", ["1.json", "2.json"]]);
  await assert.rejects(spool.put("2.json", "four"), { code: "outbox_full" });
  await assert.rejects(spool.put("3.json", ""), { code: "outbox_full" });
});

Deno.test("Spool never shows a file that is not finished, and clears it away when nobody will finish it", async () => {
  using temp = new TempFolder();
  for (const [name, minute] of [["1.json.part", 0], ["2.json.part", 119], ["3.json", 0]] as const) {
    await Deno.writeTextFile(`${temp.path}/${name}`, '{"callSid":');
    const time = new Date(Date.UTC(2026, 0, 1, 0, minute));
    await Deno.utime(`${temp.path}/${name}`, time, time);
  }
  assert.deepEqual(await new Spool({ folder: temp.path, ...AMPLE }).names(), ["3.json"]);
  assert.deepEqual(temp.names(), ["2.json.part", "3.json"]);
});

Deno.test("Spool does not give away a text before it is written", async () => {
  using temp = new TempFolder();
  const spool = new Spool({ folder: temp.path, ...AMPLE });
  await spool.check();
  const written = spool.put("1.json", "x");
  assert.deepEqual(await spool.names(), []);
  await written;
  assert.deepEqual(await spool.names(), ["1.json"]);
});

Deno.test("Spool that is first used by many at once loses nothing of theirs", async () => {
  using temp = new TempFolder();
  const spool = new Spool({ folder: temp.path, ...AMPLE });
  await Promise.all([1, 2, 3, 4].map((n) => spool.put(`${n}.json`, "x")));
  assert.equal(temp.names().length, 4);
});

Deno.test("Spool says that its folder cannot be used, and works when it can", async () => {
  using temp = new TempFolder();
  await Deno.writeTextFile(`${temp.path}/taken`, "a file");
  const spool = new Spool({ folder: `${temp.path}/taken`, ...AMPLE });
  await assert.rejects(spool.check());
  await assert.rejects(spool.put("1.json", "x"));
  assert.equal(spool.size, 0);
  await Deno.remove(`${temp.path}/taken`);
  await spool.check();
  await spool.put("1.json", "x");
  assert.deepEqual(temp.names("taken"), ["1.json"]);
});

Deno.test("Spool forgets nothing while its folder goes and comes back, at whichever moment it looks", async () => {
  using temp = new TempFolder();
  const [folder, away] = [`${temp.path}/spool`, `${temp.path}/away`];
  const spool = new Spool({ folder, ...AMPLE });
  await spool.put("1.json", "x");
  let isOver = false;
  const flapping = (async () => {
    while (!isOver) {
      await Deno.rename(folder, away);
      await Deno.rename(away, folder);
    }
  })();
  try {
    for (let tries = 0; tries < 1_000; tries++) {
      const found = await spool.text("1.json").catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error; // it is to be tried again
        return "x";
      });
      assert.equal(found, "x");
    }
  } finally {
    isOver = true;
    await flapping;
  }
  assert.deepEqual(await spool.names(), ["1.json"]);
  assert.equal(await spool.text("1.json"), "x");
});

Deno.test("Spool forgets all that other processes have taken as it misses one", async () => {
  using temp = new TempFolder();
  const [spool, other] = [1, 2].map(() => new Spool({ folder: temp.path, ...AMPLE }));
  for (const name of ["1.json", "2.json", "3.json"]) await spool.put(name, "x");
  for (const name of (await other.names()).slice(1)) await other.remove(name);
  assert.equal(spool.size, 3);
  assert.equal(await spool.text("2.json"), undefined);
  assert.deepEqual(await spool.names(), ["1.json"]);
  await spool.remove("3.json");
  await other.remove("1.json");
  await spool.remove("1.json");
  assert.equal(spool.size, 0);
});
