import assert from "node:assert/strict";
import { LiveBusinesses } from "../../../src/businesses/live_businesses.ts";
import { businessSource } from "../../../src/services/shared_services.ts";
import { sharedServices } from "../../../src/services/shared_services.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { ReplicaSet } from "../../support/mongo/replica_set.ts";
import { RecordingLog } from "../../support/recording_log.ts";
import { LEAST } from "../business_files.ts";
import { eventually } from "../../support/eventually.ts";

const A = "+15550100001";
const WAIT_MS = 30_000;

/** Businesses that are followed, by the driver itself, on a server that only stands in for a replica set. */
class StreamRig implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly log = new RecordingLog();
  readonly replicaSet = new ReplicaSet();
  readonly services = sharedServices({ mongodbUri: this.replicaSet.uri }, new ManualClock(), this.log);
  #live: LiveBusinesses | undefined;

  static async start(): Promise<StreamRig> {
    const rig = new StreamRig();
    const { clock, log, services } = rig;
    rig.write("One");
    const config = { businesses: { in: "collection", name: "businesses" } } as const;
    const source = await businessSource({ config, services, secrets: () => undefined, clock, log });
    rig.#live = await LiveBusinesses.open({ source, clock, log });
    await eventually("the stream is open", () => log.names.includes("businesses_followed"), WAIT_MS);
    return rig;
  }

  get name(): string | undefined {
    return this.#live?.directory.forNumber(A).name;
  }

  write(name: string): void {
    this.replicaSet.write("a", { ...LEAST, numbers: [A], name });
  }

  /** Lets time pass until the business is called so. */
  async until(name: string): Promise<void> {
    await eventually(name, () => {
      this.clock.advance(1_000);
      return this.name === name;
    }, WAIT_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#live?.[Symbol.dispose]();
    await this.#live?.reload(); // which is no more than the end of a reading that goes on
    await this.services[Symbol.asyncDispose]();
    await this.replicaSet[Symbol.asyncDispose]();
  }
}

Deno.test("The driver follows the change stream of a stand-in for a replica set, and reads nothing in between", async () => {
  await using rig = await StreamRig.start();
  const { replicaSet, clock, log } = rig;
  assert.deepEqual(
    log.events.find(({ event }) => event === "businesses_followed")?.attributes.by,
    "change_stream",
  );
  for (const name of ["Two", "Three"]) {
    rig.write(name);
    await rig.until(name);
  }
  const waitOn = async () => {
    const waits = replicaSet.count("getMore");
    await eventually("it waits on", () => {
      clock.advance(60_000);
      return replicaSet.count("getMore") >= waits + 3;
    }, WAIT_MS);
  };
  await waitOn(); // what was told last is read
  const finds = replicaSet.count("find");
  await waitOn();
  assert.equal(replicaSet.count("find"), finds);
  assert.equal(replicaSet.count("aggregate"), 1);
  const [mongodb] = rig.services.registry.report();
  assert.deepEqual([mongodb.name, mongodb.users], ["mongodb", 1]);
});

Deno.test("The driver's change stream outlives broken connections, and misses nothing", async () => {
  await using rig = await StreamRig.start();
  for (const name of ["Two", "Three"]) {
    rig.replicaSet.disconnect();
    rig.write(name);
    await rig.until(name);
  }
  assert.ok(rig.replicaSet.resumedAfter.length > 0, "it goes on after the last change that it knows");
});

Deno.test("A driver whose change stream waits closes at once when the server stops", async () => {
  const rig = await StreamRig.start();
  const startMs = performance.now();
  await rig[Symbol.asyncDispose]();
  assert.ok(performance.now() - startMs < 5_000, `${performance.now() - startMs} ms`);
  assert.equal(rig.clock.pending, 0);
  assert.ok(!rig.log.names.includes("businesses_not_followed"), rig.log.names.join());
});
