import assert from "node:assert/strict";
import { DEFAULT_BUSINESS, NO_BUSINESS } from "../../src/businesses/business.ts";
import { FolderSource } from "../../src/businesses/folder_source.ts";
import { LiveBusinesses } from "../../src/businesses/live_businesses.ts";
import type { Clock } from "../../src/util/clock.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { LEAST } from "./business_files.ts";
import { BusinessFolder } from "./folder.ts";
import { eventually } from "../support/eventually.ts";

const A = "+15550100001";
const B = "+15550100002";

/** What the log says of files that are not good. */
function invalid(log: RecordingLog): string[] {
  const events = log.events.splice(0);
  return events.filter(({ event }) => event === "business_invalid").map(({ attributes }) =>
    `${attributes.file} ${attributes.path}${
      attributes.stillServes ? " (still serves)" : ""
    }: ${attributes.problem}`
  );
}

async function open(path: string, clock: Clock = new ManualClock()) {
  const log = new RecordingLog();
  const source = new FolderSource(path, (name) => name === "BUSINESS_SET" ? "value" : undefined, clock);
  return { log, live: await LiveBusinesses.open({ source, clock, log }) };
}

Deno.test("LiveBusinesses answers every number with the built-in business when there is no file or no folder", async () => {
  await using folder = await BusinessFolder.create();
  await folder.write("business.schema.json", "{}");
  await folder.write("a.example.json", "{}");
  await folder.write("notes.txt", "x");
  for (const path of [folder.path, `${folder.path}/none`]) {
    const { live, log } = await open(path);
    using _ = live;
    assert.equal(live.directory.forNumber(A), DEFAULT_BUSINESS);
    const loaded = log.events.find(({ event }) => event === "businesses_loaded");
    assert.deepEqual([loaded?.level, loaded?.attributes.businesses], ["warn", 0]);
    assert.match(String(loaded?.attributes.meaning), /^none that can serve: the built-in business/);
    assert.deepEqual(invalid(log), []);
  }
});

Deno.test("LiveBusinesses serves the good files, and logs the problems of all bad ones", async () => {
  await using folder = await BusinessFolder.create();
  await folder.write("good.json", { numbers: [A, B] });
  await folder.write("bad.json", { numbers: [], voice: "no voice" });
  await folder.write("broken.json", "{");
  await folder.write("secret.json", {
    numbers: ["+15550100003"],
    tools: {
      mcp: [{
        type: "mcp",
        server_label: "x",
        tunnel_id: "t",
        authorization: "${BUSINESS_SET}${BUSINESS_UNSET}",
      }],
    },
  });
  const { live, log } = await open(folder.path);
  using _ = live;
  assert.deepEqual([A, B].map((number) => live.directory.forNumber(number).id), ["good", "good"]);
  assert.equal(live.directory.forNumber("+15550100003"), NO_BUSINESS);
  assert.equal(live.directory.byId("good").numbers[0], A);
  const problems = invalid(log);
  assert.deepEqual(problems.map((line) => line.split(":")[0]), [
    "bad.json numbers",
    "bad.json voice",
    "broken.json ",
    "secret.json tools.mcp[0].authorization",
  ]);
  assert.match(problems[3], /BUSINESS_UNSET, which is not set$/);
});

Deno.test("LiveBusinesses refuses to open when every file is bad, and names all problems", async () => {
  await using folder = await BusinessFolder.create();
  await folder.write("a.json", { voice: "no voice" });
  await folder.write("b.json", { name: 1 });
  await assert.rejects(open(folder.path), {
    code: "businesses_invalid",
    message: `No business in ${folder.path} can serve:\n` +
      '  a.json: voice must be the name of a voice such as marin, or {"id": "voice_…"}\n' +
      "  b.json: name must be a text of 1 to 200 characters",
  });
});

Deno.test("LiveBusinesses refuses to open what it cannot read", async () => {
  await using folder = await BusinessFolder.create();
  await folder.write("file", "x");
  await assert.rejects(open(`${folder.path}/file`), { code: "businesses_unreadable" });
});

Deno.test("A number or an id that two files claim is refused to the second, with both names", async () => {
  await using folder = await BusinessFolder.create();
  await folder.write("a.json", { numbers: [A] });
  await folder.write("b.json", { numbers: [B, A] });
  await folder.write("c.json", { id: "a", numbers: ["+15550100003"] });
  const { live, log } = await open(folder.path);
  using _ = live;
  assert.equal(live.directory.forNumber(A).id, "a");
  assert.equal(live.directory.forNumber(B), NO_BUSINESS);
  assert.deepEqual(invalid(log), [
    `b.json numbers[1]: is ${A}, which a.json has: a number must belong to one business`,
    "c.json id: is a, which a.json has: each business must have its own",
  ]);
});

Deno.test("A reload replaces what changed, keeps what did not, and leaves calls what they began with", async () => {
  await using folder = await BusinessFolder.create();
  await folder.write("a.json", { numbers: [A] });
  await folder.write("b.json", { numbers: [B], instructions: { file: "b.md" } });
  await folder.write("b.md", "One.");
  const { live } = await open(folder.path);
  using _ = live;
  const [a, b] = [live.directory.forNumber(A), live.directory.forNumber(B)];
  await folder.write("b.md", "Two.");
  await live.reload();
  assert.equal(live.directory.forNumber(A), a, "the same object");
  assert.equal(live.directory.forNumber(B).instructions, "Two.");
  assert.equal(b.instructions, "One.");

  await folder.remove("a.json");
  await live.reload();
  assert.equal(live.directory.forNumber(A), NO_BUSINESS);
  assert.equal(live.directory.byId("a"), a, "webhooks of its last calls still find it");
  assert.equal(live.directory.mayCall(a), false);
  await folder.write("a.json", { numbers: [A], name: "Back" });
  await live.reload();
  assert.equal(live.directory.byId("a").name, "Back");
  assert.equal(live.directory.mayCall(live.directory.byId("a")), true);
});

Deno.test("A file that becomes bad goes on in its last good version, also when all of them are", async () => {
  await using folder = await BusinessFolder.create();
  await folder.write("a.json", { numbers: [A] });
  await folder.write("b.json", { numbers: [B] });
  const { live, log } = await open(folder.path);
  using _ = live;
  const [a, b] = [live.directory.forNumber(A), live.directory.forNumber(B)];
  log.events.length = 0;
  await folder.write("a.json", "{");
  await folder.write("b.json", { numbers: [B, A] }); // claims what the last good version of a.json has
  await live.reload();
  assert.equal(live.directory.forNumber(A), a);
  assert.equal(live.directory.forNumber(B), b);
  assert.deepEqual(invalid(log).map((line) => line.split(":")[0]), [
    "a.json  (still serves)",
    "b.json numbers[1] (still serves)",
  ]);
  await folder.remove("a.json");
  await live.reload();
  assert.equal(live.directory.forNumber(A).id, "b", "the number is free now");
});

Deno.test("Two files can swap their numbers in one reload", async () => {
  await using folder = await BusinessFolder.create();
  await folder.write("a.json", { numbers: [A] });
  await folder.write("b.json", { numbers: [B] });
  const { live, log } = await open(folder.path);
  using _ = live;
  await folder.write("a.json", { numbers: [B] });
  await folder.write("b.json", { numbers: [A] });
  await live.reload();
  assert.deepEqual([A, B].map((number) => live.directory.forNumber(number).id), ["b", "a"]);
  assert.deepEqual(invalid(log), []);
});

Deno.test("A reload that cannot read, or finds the folder gone, keeps everything", async () => {
  await using folder = await BusinessFolder.create();
  await folder.write("a.json", { numbers: [A] });
  const { live, log } = await open(folder.path);
  using _ = live;
  await Deno.rename(folder.path, `${folder.path}-moved`);
  await live.reload();
  assert.equal(live.directory.forNumber(A).id, "a");
  assert.equal(log.names.at(-1), "businesses_unreadable");
  await Deno.writeTextFile(folder.path, "a file");
  await live.reload();
  assert.equal(live.directory.forNumber(A).id, "a");
  await Deno.remove(folder.path);
  await Deno.rename(`${folder.path}-moved`, folder.path);
});

Deno.test("Reloads that are asked for during a reload become one, and see the last state", async () => {
  await using folder = await BusinessFolder.create();
  await folder.write("a.json", { numbers: [A] });
  const { live, log } = await open(folder.path);
  using _ = live;
  log.events.length = 0;
  const first = live.reload();
  await folder.write("a.json", { numbers: [A], name: "Newer" });
  await Promise.all([first, live.reload(), live.reload()]);
  assert.equal(live.directory.forNumber(A).name, "Newer");
  assert.ok(log.names.length <= 3, log.names.join());
});

Deno.test("LiveBusinesses follows changes of the folder, in files of instructions too", async () => {
  await using folder = await BusinessFolder.create();
  await Deno.mkdir(`${folder.path}/texts`);
  await folder.write("texts/a.md", "One.");
  await folder.write("a.json", { numbers: [A], instructions: { file: "texts/a.md" } });
  const { live, log } = await open(folder.path, new SystemClock());
  using _ = live;
  await folder.write("texts/a.md", "Two.");
  await eventually("changed", () => live.directory.forNumber(A).instructions === "Two.");
  await folder.write("b.json", { numbers: [B] });
  await eventually("added", () => live.directory.forNumber(B).id === "b");
  await folder.remove("b.json");
  await eventually("removed", () => live.directory.forNumber(B) === NO_BUSINESS);
  const loads = log.names.length;
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.equal(log.names.length, loads, "reading is no change");
});

Deno.test("LiveBusinesses reads a folder that comes later, goes, and comes again", async () => {
  await using parent = await BusinessFolder.create();
  const path = `${parent.path}/businesses`;
  const { live, log } = await open(path, new SystemClock());
  using _ = live;
  assert.equal(live.directory.forNumber(A), DEFAULT_BUSINESS);
  for (const round of ["one", "two", "three"]) {
    await Deno.mkdir(path);
    await parent.write("businesses/a.yaml", `name: ${round}\ninstructions: You answer.\nnumbers: [${A}]`);
    await eventually(`read ${round}`, () => live.directory.forNumber(A).name === round);
    await parent.write(
      "businesses/a.yaml",
      `name: ${round} more\ninstructions: You answer.\nnumbers: [${A}]`,
    );
    await eventually(`followed ${round}`, () => live.directory.forNumber(A).name === `${round} more`);
    await Deno.remove(path, { recursive: true });
    await eventually(`gone ${round}`, () => log.names.at(-1) === "businesses_unreadable");
    assert.equal(live.directory.forNumber(A).name, `${round} more`, "what was read serves on");
  }
});

Deno.test("LiveBusinesses refuses two files of one name", async () => {
  await using folder = await BusinessFolder.create();
  await folder.write("acme.json", { numbers: [A] });
  await folder.write("acme.yaml", JSON.stringify({ ...LEAST, numbers: [B] }));
  const { live, log } = await open(folder.path);
  using _ = live;
  assert.deepEqual(invalid(log), [
    "acme.yaml id: is acme, which acme.json has: each business must have its own",
  ]);
});

Deno.test("LiveBusinesses does without watching where it is not permitted", async () => {
  const log = new RecordingLog();
  const source = {
    name: "a source",
    ifNone: [DEFAULT_BUSINESS],
    mayBeAway: false,
    read: () => Promise.resolve(undefined),
    watch: () => {
      throw new Deno.errors.NotCapable("no read access");
    },
  };
  using live = await LiveBusinesses.open({ source, clock: new ManualClock(), log });
  assert.equal(live.directory.size, 1);
  assert.deepEqual(log.names, ["businesses_loaded", "businesses_not_watched"]);
});
