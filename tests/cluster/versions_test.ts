import assert from "node:assert/strict";
import { MongoClient } from "mongodb";
import { businessDay } from "../../src/admission/day_limits.ts";
import { readJournal } from "../../src/call/journal/read_journal.ts";
import { mongoTest } from "../support/mongo/mongo_server.ts";
import { RiggedInstance } from "./fleet_rig.ts";

/*
 * Documents of an earlier and of a later version, written down as they may look. Whole conversations of
 * theirs are in `e2e/mongodb/versions_test.ts`.
 */

const CALL = (digit: string) => `CA${digit.repeat(32)}`;
type Anything = { _id: string } & Record<string, unknown>;

const JOURNAL = {
  startedEpochMs: 1_764_500_000_000,
  transcript: [{ kind: "user", atMs: 5, text: "Hello." }],
};

mongoTest(
  "What another version says of instances, calls, talks and days counts as far as it is known",
  async (server) => {
    const client = new MongoClient(server.uri);
    try {
      const put = async (collection: string, ...documents: Anything[]) =>
        void await client.db().collection<Anything>(collection).insertMany(documents);
      await using instance = await RiggedInstance.join(server);
      const { fleet, business, dayLimits, clock, log } = instance;
      const at = new Date();
      const other = { at, startedAt: at, version: "other", address: null, calls: 1, refusal: null };
      await put(
        "cluster_instances",
        // The first version said nothing of slots.
        { ...other, _id: "older", free: 3 },
        { ...other, _id: "newer", free: 4, held: [{ business: "acme", slots: 1, burst: 2 }], region: "eu" },
        { ...other, _id: "newer, not ready", free: 9, refusal: "quarantined", held: [] },
      );
      await put("cluster_calls", { _id: CALL("1"), instance: "gone", ending: "transferred", at, leg: 2 });
      await put("cluster_calls", { _id: CALL("2"), instance: "gone", at });
      const talk = {
        version: "1",
        instance: "gone",
        business: "acme",
        at,
        codec: "json",
        talk: JSON.stringify({ journal: JOURNAL }),
      };
      await put(
        "cluster_talks",
        { ...talk, _id: CALL("1"), why: "checkpoint" },
        { ...talk, _id: CALL("2"), why: "checkpoint" },
        { ...talk, _id: CALL("3"), why: "parked" },
        { ...talk, _id: CALL("4"), why: "moved", talk: "zstd:KLUv/QQA" },
        { ...talk, _id: CALL("5"), why: "moved", business: "opened yesterday" },
      );
      const date = businessDay(business, clock.epoch());
      await put("cluster_days", { _id: `acme|${date}|older`, business: "acme", date, minutes: 60, at });
      await fleet.link.probe(async (store) => fleet.members.update(await store.instances(), new Date()));

      assert.deepEqual([fleet.members.alive, fleet.members.freeElsewhere], [4, 7]);
      assert.equal(fleet.members.heldOf("acme").get("newer"), 1);
      assert.equal(fleet.members.heldOf("acme").get("older"), 0);

      assert.equal(await fleet.stateOf(CALL("1")), "over", "an ending that is not known is one");
      assert.equal(await fleet.afterStream(CALL("1")), "over");
      assert.equal(await fleet.afterStream(CALL("2")), "rescued", "it has not ended");
      assert.equal(await fleet.recall(CALL("3")), "recalled", "it is away, for whatever reason");
      const [said] = instance.suspended.get(CALL("3"))!.journal.transcript.entries();
      assert.deepEqual(said, { kind: "user", atMs: 5, text: "Hello." });

      // What nothing is understood of gets the fallback, and stays for whoever understands it.
      for (const call of ["4", "5"]) assert.equal(await fleet.afterStream(CALL(call)), undefined);
      const kept = client.db().collection<Anything>("cluster_talks");
      assert.equal(await kept.countDocuments({ _id: { $in: [CALL("4"), CALL("5")] } }), 2);
      const unread = log.events.filter(({ event }) => event === "talk_not_read");
      assert.deepEqual(unread.map(({ attributes }) => attributes.reason), ["form", "business"]);

      await fleet.knowSpending(business);
      assert.equal(dayLimits.isSpent(business), true, "60 minutes are");
      assert.deepEqual(log.names.filter((name) => name === "cluster_away"), []);
    } finally {
      await client.close();
    }
  },
);

Deno.test("readJournal takes what it knows, in its form, and leaves out all else", () => {
  const read = readJournal({
    ...JOURNAL,
    streams: "two",
    audio: { uplinkMs: 5, uplinkConcealedMs: 7, downlinkMs: -1 },
    transcript: [
      { kind: "user", atMs: "1", text: null },
      { kind: "assistant", text: "Hello.", waitMs: 300, mood: "calm" },
      { kind: "keys", atMs: 2, digits: "12" },
      { kind: "interruption", atMs: 3 },
      { kind: "screen", atMs: 4, text: "Shown: the menu." },
      { kind: "toString", text: 7 },
      null,
      [],
    ],
    messages: [{ text: "Call me." }, { name: "Ann" }, 3],
    latency: {
      count: 3,
      turns: [{ responseId: "r", receivedMs: 1, sentMs: 2, playedMs: 3 }, { playedMs: 4 }, null],
    },
    traceContext: null,
  });
  assert.deepEqual(read, {
    startedEpochMs: JOURNAL.startedEpochMs,
    streams: 0,
    audio: { uplinkMs: 5, uplinkDroppedMs: 0, uplinkMissingMs: 0, downlinkMs: 0, downlinkDroppedMs: 0 },
    booked: { durationMs: 0, costUsd: 0 },
    isWarned: false,
    toolCalls: 0,
    transcript: [
      { kind: "user", atMs: 0, text: "" },
      { kind: "assistant", atMs: 0, text: "Hello.", cut: false, waitMs: 300 },
      { kind: "keys", atMs: 2, digits: "12" },
      { kind: "interruption", atMs: 3, heardMs: 0 },
      { kind: "note", atMs: 4, text: "Shown: the menu." },
    ],
    usage: {
      responses: 0,
      tokens: {
        textIn: 0,
        audioIn: 0,
        cachedTextIn: 0,
        cachedAudioIn: 0,
        textOut: 0,
        audioOut: 0,
        unknown: 0,
      },
      transcription: { tokensIn: 0, tokensOut: 0, seconds: 0 },
    },
    messages: [{ atMs: 0, name: null, number: null, text: "Call me." }],
    latency: { count: 3, turns: [{ responseId: "r", receivedMs: 1, sentMs: 2, playedMs: 3 }] },
  });
  for (
    const none of [undefined, null, [], {}, { transcript: [] }, { startedEpochMs: 1 }, {
      ...JOURNAL,
      startedEpochMs: 1e308,
    }]
  ) {
    assert.equal(readJournal(none), undefined);
  }
});
