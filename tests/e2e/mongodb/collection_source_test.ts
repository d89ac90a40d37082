import assert from "node:assert/strict";
import { NO_BUSINESS } from "../../../src/businesses/business.ts";
import { CollectionSource } from "../../../src/businesses/mongo/collection_source.ts";
import { MAX_BUSINESSES, MAX_DESCRIPTION_BYTES } from "../../../src/businesses/source.ts";
import { POLL_MS } from "../../../src/businesses/mongo/change_follower.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { mongoTest } from "../../support/mongo/mongo_server.ts";
import { RecordingLog } from "../../support/recording_log.ts";
import { LEAST } from "../../businesses/business_files.ts";
import { type BusinessDocument, CollectionRig } from "./collection_rig.ts";
import { FakeDatabase } from "../../businesses/mongo/fake_database.ts";

const A = "+15550100001";
const B = "+15550100002";
const C = "+15550100003";

/** A rig whose collection holds businesses from the start. */
async function rigWith(
  server: ConstructorParameters<typeof CollectionRig>[0],
  documents: Record<string, Record<string, unknown>>,
): Promise<CollectionRig> {
  await using client = server.client();
  const collection = client.db().collection<BusinessDocument>("businesses");
  for (const [_id, content] of Object.entries(documents)) {
    await collection.insertOne({ _id, ...LEAST, ...content });
  }
  return new CollectionRig(server);
}

mongoTest(
  "A document is read as a file is, with its _id as id, and a bad one takes down no other",
  async (server) => {
    const secret = (value: string) => ({
      mcp: [{ type: "mcp", server_label: "x", server_url: "https://x.example", authorization: value }],
    });
    await using rig = await rigWith(server, {
      a: { numbers: [A], tools: secret("${BUSINESS_SET}") },
      b: { numbers: [], voice: "no voice" },
      c: { numbers: [C], instructions: { file: "c.md" } },
      d: { numbers: [C], tools: secret("${BUSINESS_UNSET}") },
      e: { numbers: [B], id: "other" },
      f: { numbers: [C, A] },
      "Not an id": { numbers: [C] },
      huge: { numbers: [C], instructions: "x".repeat(MAX_DESCRIPTION_BYTES) },
      made: { numbers: [C], id: "a" },
    });
    const { directory } = await rig.live;
    assert.deepEqual([A, B].map((number) => directory.forNumber(number).id), ["a", "other"]);
    assert.equal(
      (directory.byId("a").tools.mcp[0] as Partial<Record<string, unknown>>).authorization,
      "value",
    );
    assert.equal(directory.forNumber(C), NO_BUSINESS);
    assert.deepEqual(rig.takeInvalid().toSorted(), [
      "businesses/Not an id: id is missing, and _id is not one: it must be 1 to 64 lower-case letters, digits and dashes",
      "businesses/b: numbers must be a list of numbers in E.164 such as +15550100000, 1 to 1000",
      'businesses/b: voice must be the name of a voice such as marin, or {"id": "voice_…"}',
      "businesses/c: instructions must be a text: there are no files where this is",
      "businesses/d: tools.mcp[0].authorization needs the variable BUSINESS_UNSET, which is not set",
      `businesses/f: numbers[1] is ${A}, which businesses/a has: a number must belong to one business`,
      `businesses/huge:  must have at most ${MAX_DESCRIPTION_BYTES} bytes`,
      "businesses/made: id is a, which businesses/a has: each business must have its own",
    ]);
  },
);

mongoTest("A document whose _id the database has made must have an id", async (server) => {
  await using client = server.client();
  const documents = client.db().collection("businesses");
  const { insertedId } = await documents.insertOne({ ...LEAST, numbers: [A] });
  await documents.insertOne({ ...LEAST, id: "b", numbers: [B] });
  await using rig = new CollectionRig(server);
  const { directory } = await rig.live;
  assert.equal(directory.forNumber(B).id, "b");
  assert.match(
    rig.takeInvalid().join(),
    new RegExp(`^businesses/${insertedId}: id is missing, and _id is not one`),
  );
});

mongoTest("A start is refused when every document is bad, with all problems", async (server) => {
  await using rig = await rigWith(server, { a: { voice: "no voice" }, b: { name: 1 } });
  await assert.rejects(rig.live, {
    code: "businesses_invalid",
    message: "No business in mongodb:businesses can serve:\n" +
      '  businesses/a: voice must be the name of a voice such as marin, or {"id": "voice_…"}\n' +
      "  businesses/b: name must be a text of 1 to 200 characters",
  });
});

mongoTest("Without a document no number is answered, and one that is added is", async (server) => {
  await using rig = new CollectionRig(server);
  const { directory } = await rig.live;
  assert.equal(directory.isRead, true);
  assert.equal(directory.forNumber(A), NO_BUSINESS);
  await rig.write("a", { numbers: [A] });
  await rig.until("added", () => directory.forNumber(A).id === "a");
});

mongoTest(
  "Documents are followed: added, changed, broken, mended, removed; what stays is the same object",
  async (server) => {
    await using rig = await rigWith(server, { a: { numbers: [A] }, b: { numbers: [B] } });
    const { directory } = await rig.live;
    const [a, b] = [directory.forNumber(A), directory.forNumber(B)];
    await rig.write("c", { numbers: [C] });
    await rig.until("added", () => directory.forNumber(C).id === "c");
    await rig.write("b", { numbers: [B], instructions: "Be brief." });
    await rig.until("changed", () => directory.forNumber(B).instructions === "Be brief.");
    assert.equal(b.instructions, LEAST.instructions, "a call keeps what it began with");
    assert.equal(directory.forNumber(A), a);
    rig.takeInvalid();

    await rig.write("b", { numbers: [B], instructions: "", name: "Never" });
    await rig.until("broken", () => rig.count("business_invalid") > 0);
    assert.equal(directory.forNumber(B).instructions, "Be brief.");
    assert.match(rig.takeInvalid().join(), /^businesses\/b: instructions must be .* \(still serves\)$/);
    await rig.write("b", { numbers: [B], name: "Mended" });
    await rig.until("mended", () => directory.forNumber(B).name === "Mended");

    await rig.documents.deleteOne({ _id: "c" });
    await rig.until("removed", () => directory.forNumber(C) === NO_BUSINESS);
    assert.equal(directory.mayCall(directory.byId("c")), false);
    assert.equal(directory.forNumber(A), a);
  },
);

mongoTest(
  "Looking at what has not changed rebuilds and says nothing, and does not keep the connection in use",
  async (server) => {
    await using rig = await rigWith(server, { a: { numbers: [A] }, b: { numbers: [A, B] } });
    const { directory } = await rig.live;
    const a = directory.forNumber(A);
    await rig.until("followed", () => rig.count("businesses_followed") === 1);
    const { length } = rig.log.events;
    for (let round = 0; round < 5; round++) {
      rig.clock.advance(POLL_MS);
      await (await rig.live).reload();
    }
    assert.deepEqual(rig.log.names.slice(length), []);
    assert.equal(directory.forNumber(A), a);
    assert.deepEqual(rig.services.registry.report().map(({ name, users }) => [name, users]), [[
      "mongodb",
      0,
    ]]);
  },
);

mongoTest(
  "A collection that is dropped leaves its businesses in service, one that is emptied does not",
  async (server) => {
    await using rig = await rigWith(server, { a: { numbers: [A] } });
    const { directory } = await rig.live;
    await rig.documents.drop();
    await rig.until("noticed", () => rig.count("businesses_unreadable") === 1);
    assert.equal(directory.forNumber(A).id, "a");
    await rig.write("b", { numbers: [B] });
    await rig.until(
      "back",
      () => directory.forNumber(A) === NO_BUSINESS && directory.forNumber(B).id === "b",
    );
    assert.equal(rig.count("businesses_readable"), 1);
    await rig.documents.deleteMany({});
    await rig.until("emptied", () => directory.forNumber(B) === NO_BUSINESS);
  },
);

mongoTest(
  "A database that goes away leaves all in service, said once; when it is back, changes are read",
  async (server) => {
    await using rig = await rigWith(server, { a: { numbers: [A] } });
    const { directory } = await rig.live;
    const a = directory.forNumber(A);
    await rig.until("followed", () => rig.count("businesses_followed") > 0);
    await server.kill();
    await rig.until("noticed", () => rig.count("businesses_unreadable") === 1);
    await (await rig.live).reload();
    assert.equal(rig.count("businesses_unreadable"), 1);
    assert.equal(directory.forNumber(A), a);
    await server.restart();
    await rig.write("b", { numbers: [B] });
    await rig.until("back", () => directory.forNumber(B).id === "b");
    assert.equal(rig.count("businesses_readable"), 1);
    assert.equal(directory.forNumber(A), a);
  },
  { kills: true },
);

mongoTest(
  "A database that is away at the start is waited for, and until then nobody is answered for",
  async (server) => {
    await using client = server.client();
    await client.db().collection<BusinessDocument>("businesses").insertOne({
      _id: "a",
      ...LEAST,
      voice: "no voice",
    });
    await server.kill();
    await using rig = new CollectionRig(server);
    const { directory } = await rig.live;
    assert.equal(directory.isRead, false);
    assert.equal(rig.count("businesses_unreadable"), 1);
    await server.restart();
    await rig.until("read", () => rig.count("business_invalid") === 1);
    assert.equal(directory.isRead, false, "none of them can serve");
    await rig.write("a", { numbers: [A] });
    await rig.until("mended", () => directory.isRead);
    assert.equal(directory.forNumber(A).id, "a");
  },
  { kills: true },
);

Deno.test("CollectionSource refuses more documents than may be, and reads as many as may", async () => {
  const database = new FakeDatabase();
  const { acquire } = database;
  const secrets = () => undefined;
  const [clock, log] = [new ManualClock(), new RecordingLog()];
  const source = new CollectionSource({ collection: "businesses", secrets, acquire, clock, log });
  for (let number = 0; number < MAX_BUSINESSES; number++) {
    database.write(`b${number}`, { numbers: [`+1555${1_000_000 + number}`] });
  }
  assert.equal((await source.read())?.good.length, MAX_BUSINESSES);
  database.write("one-more", { numbers: [A] });
  await assert.rejects(source.read(), { name: "RangeError", message: /more than 10000 documents/ });
  assert.equal(database.leases, 0);
});
