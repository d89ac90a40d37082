import assert from "node:assert/strict";
import type { InstanceDocument } from "../../src/cluster/mongo/fleet_documents.ts";
import { FleetMembers } from "../../src/cluster/mongo/fleet_members.ts";

const START_MS = Date.UTC(2026, 0, 1);
const at = (ms: number) => new Date(START_MS + ms);

function instance(id: string, ms: number, more: Partial<InstanceDocument> = {}): InstanceDocument {
  const nothing = { version: "1", address: null, calls: 0, free: 5, refusal: null, held: [] };
  return { _id: id, at: at(ms), startedAt: at(0), ...nothing, ...more };
}

/** Both have just said that they live. */
function pair(members: FleetMembers, ms: number): void {
  members.update([instance("a", ms), instance("b", ms)], at(ms));
}

Deno.test("FleetMembers counts as alive whoever has said so within eight seconds", () => {
  const members = new FleetMembers("a");
  members.update([instance("a", 20_000), instance("b", 12_001), instance("c", 12_000)], at(20_000));
  assert.deepEqual([members.has("a"), members.has("b"), members.has("c"), members.has("d")], [
    true,
    true,
    false,
    false,
  ]);
  assert.deepEqual(members.dead.map(({ _id }) => _id), ["c"]);
  assert.deepEqual(members.shown.map(({ isThis, isAlive }) => [isThis, isAlive]), [
    [true, true],
    [false, true],
    [false, false],
  ]);
});

Deno.test("FleetMembers counts one whose time is ahead as dead: it would never die", () => {
  const members = new FleetMembers("a");
  members.update([instance("a", 0), instance("b", 8_000)], at(0));
  assert.equal(members.has("b"), false);
});

Deno.test("FleetMembers is never dead to itself", () => {
  const members = new FleetMembers("a");
  members.update([instance("a", 0), instance("b", 20_000)], at(20_000));
  assert.deepEqual(members.dead, []);
});

Deno.test("FleetMembers sends calls to others as long as they have room, and to none that takes no more", () => {
  const members = new FleetMembers("a");
  members.update([
    instance("a", 0, { free: 9 }),
    instance("b", 0, { free: 1 }),
    instance("c", 0, { free: 1 }),
    instance("d", 0, { free: 9, refusal: "draining" }),
    instance("e", -9_000, { free: 9 }),
  ], at(0));
  assert.equal(members.freeElsewhere, 2);
  assert.deepEqual([members.send(), members.send(), members.send()], [true, true, false]);
  assert.equal(members.freeElsewhere, 0);
  members.update([instance("a", 0), instance("b", 0, { free: 1 })], at(0));
  assert.equal(members.freeElsewhere, 1);
});

Deno.test("FleetMembers names the first of those alive, whatever order they are in", () => {
  for (const [self, isFirst] of [["a", false], ["b", true], ["c", false]] as const) {
    const members = new FleetMembers(self);
    members.update([instance("c", 20_000), instance("b", 20_000), instance("a", 0)], at(20_000));
    assert.equal(members.isFirst, isFirst, self);
  }
});

Deno.test("FleetMembers tells what each of those alive has of a business's slots", () => {
  const members = new FleetMembers("a");
  members.update([
    instance("a", 20_000, { held: [{ business: "acme", slots: 2 }, { business: "other", slots: 7 }] }),
    instance("b", 20_000),
    instance("c", 0, { held: [{ business: "acme", slots: 3 }] }),
  ], at(20_000));
  assert.deepEqual([...members.heldOf("acme")], [["a", 2], ["b", 0]]);
});

Deno.test("FleetMembers has a view of those alive once it has been there for four seconds", () => {
  const members = new FleetMembers("b");
  assert.deepEqual(members.view, []);
  pair(members, 0);
  pair(members, 3_999);
  assert.deepEqual(members.view, []);
  members.update([instance("b", 4_000), instance("a", 0)], at(4_000));
  assert.deepEqual(members.view, ["a", "b"]);
  members.update([instance("b", 6_000), instance("a", 0)], at(6_000));
  members.update([instance("b", 8_000), instance("a", 0)], at(8_000));
  assert.deepEqual(members.view, ["b"]);
});

Deno.test("FleetMembers shows instances in the order in which they joined", () => {
  const members = new FleetMembers("a");
  const joined = (id: string, ms: number) => instance(id, 9_000, { startedAt: at(ms) });
  members.update([joined("a", 3_000), joined("b", 1_000), joined("c", 2_000)], at(9_000));
  assert.deepEqual(members.shown.map(({ id }) => id), ["b", "c", "a"]);
});

Deno.test("FleetMembers knows where people reach an instance that is alive", () => {
  const members = new FleetMembers("a");
  members.update([
    instance("a", 20_000, { address: "http://a.test", proof: "00" }),
    instance("b", 20_000),
    instance("c", 0, { address: "http://c.test" }),
  ], at(20_000));
  assert.deepEqual(
    ["a", "b", "c", "d"].map((id) => members.addressOf(id)).map((found) =>
      found && [found.address, found.proof]
    ),
    [
      ["http://a.test", "00"],
      [null, undefined],
      undefined,
      undefined,
    ],
  );
});

Deno.test("An instance is noticed four seconds after it came, by those that have been heard since", () => {
  const members = new FleetMembers("a");
  const viewAt = (ms: number, heardMs: number) => {
    members.update([instance("a", ms), instance("b", heardMs)], at(ms));
    return members.view;
  };
  assert.deepEqual(viewAt(20_000, 19_999), []);
  assert.deepEqual(viewAt(23_999, 22_000), []);
  assert.deepEqual(viewAt(24_000, 19_999), [], "the other has not looked");
  assert.deepEqual(viewAt(24_000, 20_000), ["a", "b"]);
  assert.deepEqual(viewAt(28_000, 19_999), ["a"], "the other is dead");
});

Deno.test("When the database was away, nobody is dead before having had the time to say something", () => {
  const members = new FleetMembers("a");
  pair(members, 0);
  assert.ok(members.isWhole);
  const back = [instance("a", 60_000), instance("b", 0)];
  members.update(back, at(60_000), true);
  assert.deepEqual([members.has("b"), members.dead.length, members.isWhole], [true, 0, false]);
  members.update(back, at(63_999));
  members.update(back, at(67_998));
  members.update(back, at(67_999));
  assert.deepEqual([members.has("b"), members.isWhole], [true, false]);
  members.update([instance("a", 68_000), instance("b", 0)], at(68_000));
  assert.deepEqual([members.has("b"), members.dead.length, members.isWhole], [false, 1, true]);
});

Deno.test("Whoever has not listened for a while waits for all, as if the database had been away: it may have been silent", () => {
  const members = new FleetMembers("a");
  pair(members, 0);
  members.update([instance("a", 9_000), instance("b", 0)], at(9_000));
  assert.deepEqual([members.has("b"), members.isWhole], [true, false]);
  members.update([instance("a", 11_000), instance("b", 10_900)], at(11_000));
  assert.deepEqual([members.has("b"), members.isWhole], [true, true]);
});

Deno.test("FleetMembers finds out who is dead also where the database is so slow that it seldom listens", () => {
  const members = new FleetMembers("a");
  pair(members, 0);
  const isAlive = [6_000, 12_000, 18_000].map((ms) => {
    members.update([instance("a", ms), instance("b", 0)], at(ms));
    return members.has("b");
  });
  assert.deepEqual(isAlive, [true, true, false]);
});

Deno.test("Whoever comes while the database is away waits for all that were there, since it knows of none who lived", () => {
  const members = new FleetMembers("a");
  members.update([instance("a", 60_000), instance("b", 0)], at(60_000), true);
  assert.deepEqual([members.has("b"), members.isWhole, members.areHeard], [true, false, false]);
  members.update([instance("a", 62_000), instance("b", 61_000)], at(62_000));
  assert.deepEqual([members.isWhole, members.areHeard], [true, true]);
});

Deno.test("FleetMembers hears nothing of one that may be deciding alone: it is silent, and not dead yet", () => {
  const members = new FleetMembers("a");
  const heardAfter = (ms: number) => {
    members.update([instance("a", ms), instance("b", 0)], at(ms));
    return members.areHeard;
  };
  assert.deepEqual([0, 2_999, 3_000, 6_000, 7_999, 8_000].map(heardAfter), [
    true,
    true,
    false,
    false,
    false,
    true,
  ]);
});

Deno.test("After the database was away, the fleet is whole once all that were there have said something", () => {
  const members = new FleetMembers("a");
  pair(members, 0);
  members.update([instance("a", 4_000), instance("b", 3_999)], at(4_000), true);
  assert.equal(members.isWhole, false);
  members.update([instance("a", 6_000), instance("b", 4_000)], at(6_000));
  assert.equal(members.isWhole, true);
});

Deno.test("After the database was away, the fleet is whole without those who left it, or were dead before", () => {
  const members = new FleetMembers("a");
  members.update([instance("a", 20_000), instance("b", 20_000), instance("c", 0)], at(20_000));
  members.update([instance("a", 80_000), instance("c", 0)], at(80_000), true);
  assert.deepEqual([members.isWhole, members.dead.map(({ _id }) => _id)], [true, ["c"]]);
});
