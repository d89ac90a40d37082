import assert from "node:assert/strict";
import { Journal } from "../../src/call/journal/journal.ts";
import { jsonResponse } from "../../src/http/router.ts";
import { MAX_HELD_MESSAGES, START_TIMEOUT_MS } from "../../src/carrier/twilio/media_stream.ts";
import { HANDOVER_REPEATED_MS, READY_SERVES_MS, workerPeerRoutes } from "../../src/cluster/worker_peers.ts";
import { SIBLING_TIMEOUT_MS } from "../../src/cluster/siblings.ts";
import { eventually } from "../support/eventually.ts";
import { acquaint, RiggedWorker } from "./worker_rig.ts";

const CALL = "CA0123456789abcdef0123456789abcdef";

Deno.test("A call that comes back to another worker goes on where it was: words, cost, and time", async () => {
  await using here = new RiggedWorker(0, 2);
  await using there = new RiggedWorker(1, 2);
  acquaint(here, there);
  const journal = new Journal(there.clock, there.metrics);
  there.clock.advance(5_000);
  journal.transcript.itemAdded("item_1", null, "user");
  journal.transcript.userTranscript("item_1", "I would like a table.");
  journal.transcript.key("5");
  there.clock.advance(1_000);
  here.clock.advance(6_000);
  there.admission.reserve(CALL);
  there.suspended.put(CALL, { business: there.business, journal });

  assert.equal(await here.peers.recall(CALL), "recalled");
  const back = here.suspended.take(CALL);
  assert.equal(back?.business, here.business);
  assert.deepEqual(back.journal.report(), journal.report());
  assert.equal(back.journal.report().durationMs, 6_000);
  back.journal.transcript.note("back again");
  assert.equal(back.journal.report().transcript.at(-1)?.atMs, 6_000);
  assert.equal(there.suspended.has(CALL), false);
  assert.equal(await here.peers.recall(CALL), "unknown");
});

Deno.test("A call that comes back to another worker is still known by its variables", async () => {
  await using here = new RiggedWorker(0, 2);
  await using there = new RiggedWorker(1, 2);
  acquaint(here, there);
  const variables = { name: "Ada" };
  const journal = new Journal(there.clock, there.metrics);
  there.suspended.put(CALL, { business: there.business, journal, variables });
  assert.equal(await here.peers.recall(CALL), "recalled");
  assert.deepEqual(here.suspended.get(CALL)?.variables, variables);
});

Deno.test("A slot moves with its call, so that the limit over all workers stays what it is", async () => {
  await using here = new RiggedWorker(0, 1);
  await using there = new RiggedWorker(1, 1);
  acquaint(here, there);
  here.admission.reserve("CAhere");
  there.admission.reserve(CALL);
  assert.equal(await here.peers.recall(CALL), "recalled");
  const slot = here.admission.claim(CALL);
  assert.ok(slot);
  assert.ok(here.admission.claim("CAhere"));
  assert.deepEqual([here.admission.capacity, there.admission.capacity], [2, 0]);
  assert.equal(there.admission.refusal, "full");
  here.admission.release(slot);
  assert.equal(here.admission.refusal, undefined);
});

Deno.test("A call is handed over once, even when the first answer came too late", async () => {
  await using here = new RiggedWorker(0, 2);
  let lost = 0;
  await using there: RiggedWorker = new RiggedWorker(1, 2, {
    "POST /call/take": async (request, peer) => {
      const answer = await take(request, peer);
      return lost++ === 0 ? jsonResponse(504, {}) : answer;
    },
  });
  const take = workerPeerRoutes(there)["POST /call/take"];
  acquaint(here, there);
  there.admission.reserve(CALL);
  there.suspended.put(CALL, { business: there.business, journal: new Journal(there.clock, there.metrics) });
  assert.equal(await here.peers.recall(CALL), "recalled");
  assert.equal(lost, 2);
  assert.ok(here.suspended.has(CALL));
  assert.deepEqual([here.admission.capacity, there.admission.capacity], [3, 1]);
  assert.equal(await here.peers.recall(CALL), "unknown", "another question is answered anew");
  assert.deepEqual([here.admission.capacity, there.admission.capacity], [3, 1]);
});

Deno.test("A stream is held for longer than a worker that does not answer is asked about its call", () => {
  const askedMs = 2 * SIBLING_TIMEOUT_MS;
  const heldMs = 20 * MAX_HELD_MESSAGES; // a frame of audio each
  assert.ok(heldMs >= askedMs + 1_000, "with time to spare for everything else that is decided");
  assert.ok(heldMs < START_TIMEOUT_MS);
  assert.ok(askedMs < HANDOVER_REPEATED_MS, "the second question finds the first one's answer");
});

Deno.test("A handover is repeated for a few seconds only", async () => {
  await using worker = new RiggedWorker(0, 2);
  const take = workerPeerRoutes(worker)["POST /call/take"];
  const ask = async () => {
    const body = JSON.stringify({ name: CALL, id: "a question" });
    const answer = await take(
      new Request("http://127.0.0.1/call/take", { method: "POST", body }),
      "127.0.0.1",
    );
    return (await answer.json()).hadSlot;
  };
  worker.admission.reserve(CALL);
  assert.equal(await ask(), true);
  worker.clock.advance(HANDOVER_REPEATED_MS - 1);
  assert.equal(await ask(), true);
  assert.equal(worker.admission.capacity, 1);
  worker.clock.advance(1);
  assert.equal(await ask(), false);
});

Deno.test("A full worker reserves in another, and in one only", async () => {
  await using here = new RiggedWorker(0, 0);
  await using second = new RiggedWorker(1, 1);
  await using third = new RiggedWorker(2, 1);
  acquaint(here, second, third);
  assert.equal(await here.peers.reserve("CA1"), true);
  assert.deepEqual([second.admission.inUse, third.admission.inUse], [1, 0]);
  assert.equal(await here.peers.reserve("CA2"), true);
  assert.equal(await here.peers.reserve("CA3"), false);
});

Deno.test("A worker is told whether another is ready for calls", async () => {
  await using here = new RiggedWorker(0, 1);
  await using there = new RiggedWorker(1, 1);
  acquaint(here, there);
  assert.equal(await here.peers.isReady(), true);
  there.admission.reserve(CALL);
  here.clock.advance(READY_SERVES_MS);
  assert.equal(await here.peers.isReady(), false);
});

Deno.test("A call that has its stream at a peer is not recalled; one that is leaving is", async () => {
  await using here = new RiggedWorker(0, 2);
  await using there = new RiggedWorker(1, 2);
  acquaint(here, there);
  there.admission.reserve(CALL);
  const slot = there.admission.claim(CALL);
  assert.ok(slot);
  assert.equal(await here.peers.recall(CALL), "live");
  assert.equal(here.admission.hasReserved(CALL), false);
  there.suspended.put(CALL, { business: there.business, journal: new Journal(there.clock, there.metrics) });
  there.streams.set(CALL, () => there.admission.hold(slot));
  assert.equal(await here.peers.recall(CALL), "recalled");
  assert.ok(here.admission.hasReserved(CALL));
  assert.deepEqual([here.admission.capacity, there.admission.capacity], [3, 1]);
  assert.equal(there.admission.inUse, 0);
});

Deno.test("A call that is back at a peer before its stream here has ended is booked once", async () => {
  await using here = new RiggedWorker(0, 2);
  await using there = new RiggedWorker(1, 2);
  acquaint(here, there);
  const journal = new Journal(there.clock, there.metrics);
  there.admission.reserve(CALL);
  const slot = there.admission.claim(CALL);
  assert.ok(slot);
  there.suspended.put(CALL, { business: there.business, journal });
  let booked = 0;
  there.streams.set(CALL, () => {
    booked += journal.book({ durationMs: journal.report().durationMs, costUsd: 0 }).durationMs;
    there.admission.hold(slot);
  });
  for (const { clock } of [here, there]) clock.advance(60_000);
  await here.peers.recall(CALL);
  const back = here.suspended.take(CALL)?.journal;
  assert.ok(back);
  here.clock.advance(30_000);
  booked += back.book({ durationMs: back.report().durationMs, costUsd: 0 }).durationMs;
  assert.equal(booked, 90_000);
});

Deno.test("A call that has come back to where it was is not given away", async () => {
  await using here = new RiggedWorker(0, 2);
  await using there = new RiggedWorker(1, 2);
  acquaint(here, there);
  const journal = new Journal(there.clock, there.metrics);
  there.admission.reserve(CALL);
  there.suspended.put(CALL, { business: there.business, journal });
  there.admission.claim(CALL); // its session is about to begin, and then takes up what is kept
  assert.equal(await here.peers.recall(CALL), "live");
  assert.equal(there.suspended.take(CALL)?.journal, journal);
});

Deno.test("How a stream ended is known to all workers, and what is over is forgotten by all", async () => {
  await using here = new RiggedWorker(0, 2);
  await using there = new RiggedWorker(1, 2);
  acquaint(here, there);
  assert.equal(await here.peers.stateOf(CALL), undefined);
  there.ended.noteHungUp(CALL);
  assert.equal(await here.peers.stateOf(CALL), "hung_up");
  there.admission.reserve(CALL);
  const slot = there.admission.claim(CALL)!;
  assert.equal(await here.peers.stateOf(CALL), "live");
  there.admission.release(slot);
  there.admission.reserve(CALL);
  here.peers.forget(CALL, "another");
  await eventually("it is forgotten", () => there.admission.inUse === 0);
  assert.equal(await here.peers.recall(CALL), "unknown");
});

Deno.test("A business's limits hold over all workers: calls at once, and minutes of a day", async () => {
  await using here = new RiggedWorker(0, 5);
  await using there = new RiggedWorker(1, 5);
  acquaint(here, there);
  const { business } = here;
  there.admission.reserve("CA1", { business });
  here.admission.reserve("CA2", { business });
  const slotsAtPeers = await here.peers.takeSlot("CA3", business);
  assert.equal(slotsAtPeers, 1);
  assert.equal(here.admission.reserve("CA3", { business, slotsAtPeers }), "business_full");
  there.peers.spent("acme", { minutes: 10, costUsd: 0 });
  await eventually("the other worker knows of it", () => here.dayLimits.isSpent(business));
  there.peers.placed("acme", { calls: business.outbound.callsPerMinute, costUsd: 0 });
  await eventually(
    "and of calls that are placed",
    () => here.outboundLimits.refusal(business) === "calls_per_minute",
  );
});

Deno.test("A worker that is started again takes the slots that the others leave", async () => {
  await using here = new RiggedWorker(0, 0);
  await using second = new RiggedWorker(1, 3);
  acquaint(here, second);
  second.admission.reserve(CALL);
  here.siblings.update([here.port, second.port, null]);
  await here.peers.takeSlots(6, () => 2);
  assert.equal(here.admission.capacity, 1);
});

Deno.test("A sibling that is not running, does not listen or does not know the secret counts as knowing nothing", async () => {
  await using here = new RiggedWorker(0, 1);
  await using there = new RiggedWorker(1, 1);
  here.siblings.update([here.port, null, 1]);
  assert.equal(await here.peers.recall(CALL), "unknown");
  assert.equal(await here.peers.reserve(CALL), false);
  const [down, deaf] = await here.siblings.ask("/slots");
  assert.deepEqual(down, { worker: 1, missing: "is not running" });
  assert.ok("missing" in deaf && deaf.missing !== "");
  const answer = await fetch(`http://127.0.0.1:${there.port}/slots`);
  assert.equal(answer.status, 401);
  await answer.body?.cancel();
});

Deno.test("A token that comes to all workers at once is used once, whichever of them it comes to first", async () => {
  await using here = new RiggedWorker(0, 2);
  await using there = new RiggedWorker(1, 2);
  await using elsewhere = new RiggedWorker(2, 2);
  const workers = [here, there, elsewhere];
  acquaint(...workers);
  const claims = { callSid: CALL, accountSid: "", businessId: "acme", from: "", to: "" };
  for (let time = 0; time < 30; time++) {
    const opened = await there.tokens.open(await here.tokens.issue(claims));
    assert.ok(typeof opened === "object");
    const use = async ({ tokens, peers }: RiggedWorker) =>
      tokens.redeem(opened) === undefined && await peers.redeem(opened.nonce);
    const used = await Promise.all(workers.map(use));
    assert.equal(used.filter((isFirst) => isFirst).length, 1);
    assert.deepEqual(await Promise.all(workers.map(use)), [false, false, false]);
  }
});

Deno.test("A token is used once while the worker that decides about it is not running", async () => {
  await using here = new RiggedWorker(0, 2);
  await using there = new RiggedWorker(1, 2);
  for (const { siblings } of [here, there]) siblings.update([here.port, there.port, null]);
  const claims = { callSid: CALL, accountSid: "", businessId: "acme", from: "", to: "" };
  for (let time = 0; time < 12; time++) {
    const opened = await there.tokens.open(await here.tokens.issue(claims));
    assert.ok(typeof opened === "object");
    const use = async ({ tokens, peers }: RiggedWorker) =>
      tokens.redeem(opened) === undefined && await peers.redeem(opened.nonce);
    assert.equal(await use(here), true);
    assert.equal(await use(there), false);
  }
});

Deno.test("WorkerPeers does what an operator asks for where the call is live, once", async () => {
  await using one = new RiggedWorker(0, 2);
  await using two = new RiggedWorker(1, 2);
  await using three = new RiggedWorker(2, 2);
  acquaint(one, two, three);
  two.streams.set(CALL, () => {});
  const text = "ü".repeat(1_000); // the longest that may be told
  const action = { action: "tell", text, isToBeSaid: true } as const;
  assert.deepEqual(await one.peers.act(CALL, action), { outcome: "begun" });
  assert.deepEqual([one.acted, two.acted, three.acted], [[], [{ callSid: CALL, action }], []]);
  assert.equal(await one.peers.act("CA2", { action: "end" }), undefined);
});
