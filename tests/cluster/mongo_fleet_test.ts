import assert from "node:assert/strict";
import { callActionRoutes } from "../../src/http/operate_call.ts";
import { eventually } from "../support/eventually.ts";
import { type MongoServer, mongoTest } from "../support/mongo/mongo_server.ts";
import { type KeptCall } from "../../src/call/suspended_calls.ts";
import { FLEET_LIMITS, RiggedInstance } from "./fleet_rig.ts";

const CALL = "CA0123456789abcdef0123456789abcdef";
const MOST = FLEET_LIMITS.callsAtOnce;
/** So long after the database is back instances still go by their shares: others may have to write theirs down. */
const ALONE_AFTERWARDS_MS = 5_500;

async function three(server: MongoServer): Promise<RiggedInstance[]> {
  return await Promise.all([0, 5_000, -5_000].map((skewMs) => RiggedInstance.join(server, { skewMs })));
}

/** A list that is disposed of as a whole. */
function all(instances: RiggedInstance[]): RiggedInstance[] & AsyncDisposable {
  return Object.assign(instances, {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(instances.map((instance) => instance[Symbol.asyncDispose]()));
    },
  });
}

mongoTest("Of 200 tokens that come to three instances at once, each is used once", async (server) => {
  await using instances = all(await three(server));
  const redeemed: number[] = [];
  let tokens = 0;
  const redeem = async (token: string) => {
    // Every other one is for the first stream of a call, which it is used up with.
    const begins = tokens++ % 2 === 0 ? `CA of ${token}` : undefined;
    const answers = await Promise.all(instances.map(({ fleet }) => fleet.redeem(token, { begins })));
    redeemed.push(answers.filter((isFirst) => isFirst).length);
    const again = await Promise.all(instances.map(({ fleet }) => fleet.redeem(token, { begins })));
    assert.deepEqual(again, [false, false, false]);
  };
  // Ten at a time, three times each: no more than a small database answers in time.
  for (let wave = 0; wave < 20; wave++) {
    await Promise.all(Array.from({ length: 10 }, (_, token) => redeem(`token ${wave} ${token}`)));
  }
  assert.deepEqual(redeemed.filter((times) => times > 1), []);
  assert.equal(redeemed.filter((times) => times === 1).length, 200);
});

mongoTest(
  "A business may have 10 calls at once over three instances: never 11, and 10 while callers wait",
  async (server) => {
    await using instances = all(await three(server));
    const live: { instance: RiggedInstance; call: string }[] = [];
    let most = 0;
    let number = 0;
    const counts: number[] = [];
    /** One caller, who asks until there is a slot. */
    const ask = async (instance: RiggedInstance) => {
      const { fleet, admission, business } = instance;
      const call = `CA${number++}`;
      const slots = await fleet.takeSlot(call, business);
      if (slots === "full" || slots === "elsewhere") return false;
      if (admission.reserve(call, { business, slotsAtPeers: slots })) return false;
      live.push({ instance, call });
      most = Math.max(most, live.length);
      return true;
    };
    const asked: Promise<boolean>[] = [];
    for (let caller = 0; caller < 300; caller++) {
      asked.push(ask(instances[caller % 3]));
      await new Promise((resolve) => setTimeout(resolve, 2_000 / 300));
      if (caller >= 60) counts.push(live.length);
    }
    const taken = (await Promise.all(asked)).filter((isTaken) => isTaken).length;
    assert.equal(taken, MOST);
    assert.equal(most, MOST);
    assert.ok(counts.every((count) => count === MOST), `${Math.min(...counts)} calls while callers waited`);
    // One that ends makes room for one.
    const { instance, call } = live.pop()!;
    instance.admission.cancel(call);
    await eventually("there is a slot again", () => ask(instances[1]));
    assert.equal(most, MOST);
  },
);

mongoTest(
  "A call's first token and its place are one write; what it has had is remembered beside its ending",
  async (server) => {
    await using instances = all(await three(server));
    const [first, second, third] = instances;
    await using client = server.client();
    const calls = client.db().collection("cluster_calls");
    const writes = () => first.fleet.link.operations!.writes;
    const before = writes();
    assert.equal(await first.fleet.redeem("one", { begins: CALL }), true);
    assert.equal(await first.fleet.arrive(CALL, false), "unknown");
    assert.equal(writes() - before, 1);
    // A database that is late on a busy machine has not said no.
    await eventually("the others know of it", async () => await second.fleet.stateOf(CALL) === "live");
    // Another token of the same call is another one, once; its stream is not to begin while the first goes on.
    assert.equal(await second.fleet.redeem("two", { begins: CALL }), true);
    assert.equal(await third.fleet.redeem("two", { begins: CALL }), false);
    assert.equal(await second.fleet.arrive(CALL, false), "live");
    first.ended.noteOver(CALL);
    await eventually("it is over", async () => (await calls.findOne())?.ending === "over");
    for (const { fleet } of instances) assert.equal(await fleet.redeem("one", { begins: CALL }), false);
  },
);

mongoTest("A stream that was let in and never said whose it is leaves no call behind", async (server) => {
  await using instances = all(await three(server));
  const [first, second] = instances;
  assert.equal(await first.fleet.redeem("one", { begins: CALL }), true);
  await using client = server.client();
  const calls = client.db().collection("cluster_calls");
  await eventually("it is nowhere", async () => (await calls.findOne())?.instance === "nowhere");
  assert.equal(await second.fleet.stateOf(CALL), undefined);
  assert.equal(await second.fleet.redeem("one", { begins: CALL }), false, "its token stays used");
  assert.equal(await second.fleet.redeem("two", { begins: CALL }), true);
  assert.equal(await second.fleet.arrive(CALL, false), "unknown", "the call may begin");
});

mongoTest("A conversation that is away is taken by one instance alone", async (server) => {
  await using instances = all(await three(server));
  const [first, ...others] = instances;
  const call = first.away();
  call.journal.transcript.note("Somebody said something.");
  first.suspended.put(CALL, call);
  await eventually("the others know of it", async () => await others[0].fleet.recall(CALL) === "recalled");
  assert.equal(await others[1].fleet.recall(CALL), "recalled");
  const arrived = await Promise.all(instances.map(({ fleet }) => fleet.arrive(CALL, true)));
  assert.deepEqual(arrived.toSorted(), ["live", "live", "recalled"]);
  const winner = instances[arrived.indexOf("recalled")];
  const [entry] = winner.suspended.take(CALL)!.journal.transcript.entries();
  assert.match(JSON.stringify(entry), /Somebody said something/);
  assert.deepEqual(instances.map(({ suspended }) => suspended.has(CALL)), [false, false, false]);
  assert.equal(await others[0].fleet.recall(CALL), "unknown");
});

mongoTest(
  "How a call ended is known to all, and one that is live elsewhere gets no stream",
  async (server) => {
    await using instances = all(await three(server));
    const [first, second, third] = instances;
    assert.equal(await first.fleet.arrive(CALL, false), "unknown");
    await eventually("it is live", async () => await second.fleet.stateOf(CALL) === "live");
    assert.equal(await second.fleet.arrive(CALL, false), "live");
    first.ended.noteHungUp(CALL);
    first.ended.noteOver(CALL);
    await eventually("it is hung up", async () => await third.fleet.stateOf(CALL) === "hung_up");
    assert.equal(await third.fleet.afterStream(CALL), "hung_up");
  },
);

mongoTest(
  "Whoever steers a call by another instance learns at which one it is live",
  async (server) => {
    const address = "http://10.0.0.5:8080";
    await using instances = all(
      await Promise.all(
        [{ address, proof: "00ff" }, {}, {}].map((options) => RiggedInstance.join(server, options)),
      ),
    );
    const [first, second, third] = instances;
    const end = async ({ fleet, clock }: RiggedInstance, callSid: string) => {
      const routes = callActionRoutes((call, action) => fleet.act(call, action), clock);
      const request = new Request(`http://any.test/calls/${callSid}/end`, { method: "POST" });
      const response = await routes["POST /calls/*/end"](request, "127.0.0.1");
      return { status: response.status, ...await response.json() };
    };
    await first.fleet.arrive(CALL, false);
    await eventually("it is known to be live", async () => await second.fleet.stateOf(CALL) === "live");
    await eventually("where the first is, is known", () => second.fleet.members.has(first.fleet.id));
    const elsewhere = await end(second, CALL);
    assert.equal(elsewhere.status, 409);
    assert.equal(elsewhere.code, "call_elsewhere");
    assert.match(elsewhere.problems[0], /http:\/\/10\.0\.0\.5:8080\/calls\/CA/);
    assert.deepEqual([elsewhere.instance, elsewhere.proof], ["http://10.0.0.5:8080", "00ff"]);
    // It is not live where it is: nobody knows of it there.
    assert.equal((await end(first, CALL)).code, "call_unknown");
    const other = CALL.replace("CA0", "CA1");
    await third.fleet.arrive(other, false);
    await eventually("that is known, too", () => second.fleet.members.has(third.fleet.id));
    const unnamed = await end(second, other);
    assert.deepEqual([unnamed.status, unnamed.code], [409, "call_elsewhere"]);
    assert.match(unnamed.problems[0], /INSTANCE_URL/);
    assert.equal(unnamed.instance, null);
    first.ended.noteOver(CALL);
    await eventually("it is over", async () => (await end(second, CALL)).code === "call_unknown");
  },
);

mongoTest(
  "What a business spent counts everywhere, and for an instance that starts later",
  async (server) => {
    await using instances = all(await three(server));
    const [first, second, third] = instances;
    for (const instance of instances) await instance.fleet.knowSpending(instance.business);
    const spend = (instance: RiggedInstance, minutes: number) => {
      const spending = { minutes, costUsd: 0 };
      instance.dayLimits.add(instance.business, spending);
      instance.fleet.spent("acme", spending);
    };
    spend(first, 20);
    spend(second, 20);
    spend(first, 19);
    const minutes = ({ dayLimits, business }: RiggedInstance) => dayLimits.spentToday(business).minutes;
    for (const instance of instances) {
      await eventually("59 minutes are known", () => minutes(instance) === 59);
      assert.equal(instance.dayLimits.isSpent(instance.business), false);
    }
    spend(third, 1);
    await eventually("the limit is reached", () => first.dayLimits.isSpent(first.business));
    await using late = await RiggedInstance.join(server);
    await late.fleet.knowSpending(late.business);
    assert.equal(late.dayLimits.isSpent(late.business), true);
  },
);

mongoTest("What an instance held that died is free within 15 seconds", async (server) => {
  await using instances = all(await three(server));
  const [first, second] = instances;
  for (let slot = 0; slot < MOST; slot++) {
    assert.equal(await first.fleet.takeSlot(`CA${slot}`, first.business), "counted");
    first.admission.reserve(`CA${slot}`, { business: first.business, slotsAtPeers: "counted" });
  }
  assert.equal(await second.fleet.takeSlot("CAnext", second.business), "full");
  await first.die();
  await eventually(
    "a slot is free",
    async () => await second.fleet.takeSlot("CAnext", second.business) === "counted",
    15_000,
  );
});

mongoTest(
  "While MongoDB is away each instance decides by what it knew last, at once; then counts agree again",
  async (server) => {
    await using instances = all(await three(server));
    const [first, second, third] = instances;
    const reserve = async ({ fleet, admission, business }: RiggedInstance, call: string) => {
      const slots = await fleet.takeSlot(call, business);
      if (slots === "full" || slots === "elsewhere") return "business_full";
      return admission.reserve(call, { business, slotsAtPeers: slots });
    };
    for (let call = 0; call < 6; call++) assert.equal(await reserve(first, `CA${call}`), undefined);
    for (let call = 6; call < 8; call++) assert.equal(await reserve(second, `CA${call}`), undefined);
    const known = ({ fleet }: RiggedInstance) =>
      fleet.members.all.flatMap(({ held }) => held.map(({ slots }) => slots));
    await eventually(
      "each knows of eight",
      () => instances.every((one) => known(one).sort().join() === "2,6"),
      10_000,
    );
    await eventually(
      "each has been there long enough to have a share",
      () => instances.every(({ fleet }) => fleet.members.view.length > 0),
      15_000,
    );
    await server.kill();
    // The first question may have to wait until that is found out.
    assert.equal(await second.fleet.redeem("a token"), undefined);
    await eventually("that is noticed", () => instances.every(({ fleet }) => fleet.link.isAway));
    const asked = performance.now();
    assert.equal(await second.fleet.redeem("another token", { begins: CALL }), undefined);
    // Two are left, and however often each is asked they give no more away than that: each has its share.
    const given = [];
    for (let call = 8; call < 40; call++) given.push(await reserve(instances[call % 3], `CA${call}`));
    // Thirty-three questions: each that waited for the database would take 150 ms.
    assert.ok(performance.now() - asked < 1_500, "nothing is waited for");
    const taken = given.filter((refusal) => refusal === undefined).length;
    assert.ok(taken <= 2, `${taken} more than the limit`);
    assert.ok(second.log.names.includes("cluster_away"));
    const spending = { minutes: 7, costUsd: 0 };
    first.fleet.spent("acme", spending);
    await server.restart();
    await eventually("it is back", () => instances.every(({ fleet }) => !fleet.link.isAway));
    assert.ok(second.log.names.includes("cluster_back"));
    const held = () => instances.reduce((sum, { admission }) => sum + admission.inUse, 0);
    assert.equal(held(), 8 + taken);
    const backMs = performance.now();
    await using client = server.client();
    const slots = client.db().collection("cluster_slots");
    await eventually("all is written down, and asked for again", async () => {
      return await slots.countDocuments() === held() && performance.now() - backMs > ALONE_AFTERWARDS_MS;
    }, 15_000);
    await eventually("the rest can be had", async () => {
      await reserve(third, `CA${crypto.randomUUID()}`);
      return held() >= MOST;
    }, 10_000);
    assert.equal(await reserve(second, "CA50"), "business_full");
    first.admission.cancel("CA0");
    await eventually("a slot is free for the others", async () => await reserve(third, "CA51") === undefined);
    assert.equal(held(), MOST);
    await third.fleet.knowSpending(third.business);
    await eventually(
      "what was spent is known",
      () => third.dayLimits.spentToday(third.business).minutes === 7,
    );
  },
  { kills: true },
);

mongoTest(
  "A call that another instance placed brings its slot along, under the CallSid that it got",
  async (server) => {
    await using instances = all(await three(server));
    const [first, second] = instances;
    const { business } = first;
    const slots = await first.fleet.takeSlot("slot-1", business);
    assert.equal(slots, "counted");
    first.admission.reserve("slot-1", { business, slotsAtPeers: slots });
    await eventually("it is known", async () => await second.fleet.recall("slot-1") === "recalled");
    second.admission.assign("slot-1", CALL);
    assert.ok(second.admission.hasReserved(CALL));
    await using client = server.client();
    const kept = client.db().collection("cluster_slots");
    await eventually("it is the call's", async () => {
      const slots = await kept.find().toArray();
      return slots.length === 1 && slots[0].call === CALL && slots[0].instance === second.fleet.id;
    });
  },
);

mongoTest(
  "A slot that a webhook took in one instance is that of the instance where the call has its stream, and freed with it",
  async (server) => {
    await using instances = all(await three(server));
    const [first, second] = instances;
    const { business } = first;
    const slots = await first.fleet.takeSlot(CALL, business);
    assert.equal(slots, "counted");
    first.admission.reserve(CALL, { business, slotsAtPeers: slots });
    await second.fleet.arrive(CALL, false);
    const slot = second.admission.claim(CALL, { business, isCounted: true });
    assert.ok(slot);
    await using client = server.client();
    const kept = client.db().collection("cluster_slots");
    await eventually("it moves", async () => (await kept.findOne())?.instance === second.fleet.id);
    await eventually("the reservation is given up", () => first.admission.inUse === 0);
    assert.equal(await kept.countDocuments(), 1);
    second.admission.release(slot);
    await eventually("it is free", async () => await kept.countDocuments() === 0);
  },
);

mongoTest(
  "A conversation that left twice goes on from its latest version, also where a webhook of the first time came",
  async (server) => {
    await using instances = all(await three(server));
    const [first, second, third] = instances;
    first.suspended.put(CALL, first.away());
    await eventually("the second knows of it", async () => await second.fleet.recall(CALL) === "recalled");
    assert.equal(await third.fleet.arrive(CALL, true), "recalled");
    const call = third.suspended.take(CALL)!;
    call.journal.transcript.note("Said in the third.");
    third.suspended.put(CALL, call);
    await using client = server.client();
    const talks = client.db().collection("cluster_talks");
    await eventually("it has left again", async () => await talks.countDocuments() === 1);
    assert.equal(await second.fleet.arrive(CALL, true), "recalled");
    const entries = second.suspended.take(CALL)!.journal.transcript.entries();
    assert.match(JSON.stringify(entries), /Said in the third/);
    assert.equal(await first.fleet.arrive(CALL, true), "live");
  },
);

/** A live call as another instance may go on with it. */
function kept(instance: RiggedInstance): KeptCall {
  const { business, journal } = instance.away();
  journal.transcript.note("Somebody said something.");
  return { business, journal: journal.state(), earlierCalls: 3 };
}

/** A call is live at an instance, counted. */
async function begin(instance: RiggedInstance): Promise<void> {
  const { fleet, business, admission } = instance;
  assert.equal(await fleet.takeSlot(CALL, business), "counted");
  assert.equal(await fleet.arrive(CALL, false), "unknown");
  assert.ok(admission.claim(CALL, { business, isCounted: true }));
}

mongoTest(
  "A call that is handed over goes on elsewhere for two reads in its webhook, and four operations of its stream",
  async (server) => {
    await using instances = all(await three(server));
    const [first, second, third] = instances;
    await begin(first);
    const operations = ({ fleet }: RiggedInstance) => {
      const { reads, writes } = fleet.link.operations!;
      return [reads, writes];
    };
    /** Of what one instance does, whatever its heartbeats read. */
    const during = async (instance: RiggedInstance, work: () => Promise<unknown>) => {
      const before = operations(instance);
      await work();
      return operations(instance).map((count, kind) => count - before[kind]);
    };
    assert.equal(await first.fleet.handOver(CALL, kept(first)), true);
    const webhook = await during(second, async () => {
      assert.equal(await second.fleet.afterStream(CALL), "moved");
    });
    const stream = await during(third, async () => {
      assert.equal(await third.fleet.arrive(CALL, true), "recalled");
    });
    assert.ok(webhook[0] <= 2 + 2 && webhook[1] === 0, `${webhook}`);
    assert.ok(stream[0] <= 1 + 2 && stream[1] <= 3, `${stream}`);
    await using client = server.client();
    const talks = client.db().collection("cluster_talks");
    await third.fleet.link.told(CALL);
    const { why, instance } = (await talks.findOne())!;
    assert.deepEqual([why, instance], ["checkpoint", third.fleet.id], "it may die at once");
    const call = third.suspended.take(CALL)!;
    assert.equal(call.earlierCalls, 3);
    assert.match(JSON.stringify(call.journal.transcript.entries()), /Somebody said something/);
  },
);

mongoTest("A call that was handed over and stayed is nobody else's, and keeps its slot", async (server) => {
  await using instances = all(await three(server));
  const [first, second] = instances;
  await begin(first);
  assert.equal(await first.fleet.handOver(CALL, kept(first)), true);
  first.fleet.keep(CALL);
  await using client = server.client();
  const talks = client.db().collection("cluster_talks");
  const slots = client.db().collection("cluster_slots");
  await eventually("it is not to be found", async () => await talks.countDocuments() === 0);
  await eventually("its slot is here", async () => (await slots.findOne())?.instance === first.fleet.id);
  await eventually("it is known to be live", async () => await second.fleet.stateOf(CALL) === "live");
  assert.equal(await second.fleet.arrive(CALL, true), "unknown", "there is nothing to go on with");
});

mongoTest("What a call waits for is what was told of that call, and not of all others", async (server) => {
  await using instance = await RiggedInstance.join(server);
  for (let call = 0; call < 300; call++) instance.fleet.over(`CA${call}`, "over");
  const startMs = performance.now();
  assert.equal(await instance.fleet.handOver(CALL, kept(instance)), true);
  const handedMs = performance.now() - startMs;
  await eventually("the last was told", async () => await instance.fleet.stateOf("CA299") === "over");
  await using client = server.client();
  const calls = client.db().collection("cluster_calls");
  await eventually("all were told", async () => await calls.countDocuments() === 300);
  const allMs = performance.now() - startMs;
  assert.ok(handedMs < allMs / 3, `${handedMs} ms of ${allMs}`);
});

mongoTest(
  "A call that is away goes on elsewhere with what its stream ended with, unless it is back already",
  async (server) => {
    await using instances = all(await three(server));
    const [first, second, third] = instances;
    const call = first.away();
    first.suspended.put(CALL, call);
    await first.fleet.link.told(CALL);
    assert.equal(await second.fleet.recall(CALL), "recalled");
    call.journal.transcript.note("Said while it was leaving.");
    const booked = { durationMs: 60_000, costUsd: 0.5 };
    first.suspended.left(CALL, { ...call.journal.state(), streams: 1, booked });
    await first.fleet.link.told(CALL);
    assert.equal(
      await second.fleet.arrive(CALL, true),
      "recalled",
      "though its webhook knew an earlier version",
    );
    const { streams, booked: known, transcript } = second.suspended.take(CALL)!.journal.state();
    assert.deepEqual([streams, known], [1, booked]);
    assert.match(JSON.stringify(transcript), /while it was leaving/);
    first.suspended.left(CALL, call.journal.state());
    await first.fleet.link.told(CALL);
    await eventually("all know the second", () => third.fleet.members.has(second.fleet.id));
    await second.fleet.link.told(CALL);
    assert.equal(await third.fleet.arrive(CALL, true), "live", "it was not put back, and is the second's");
    assert.equal(await third.fleet.arrive(CALL, true, true), "recalled", "as if the second had died");
  },
);
