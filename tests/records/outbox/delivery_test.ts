import assert from "node:assert/strict";
import { Delivery, type DeliveryOptions } from "../../../src/records/outbox/delivery.ts";
import { entryBusiness } from "../../../src/records/outbox/entry_name.ts";
import { Spool } from "../../../src/records/outbox/spool.ts";
import { eventually } from "../../support/eventually.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { RecordingLog } from "../../support/recording_log.ts";
import { TempFolder } from "../../support/temp_folder.ts";

/** A delivery from a folder to a list. `broken` names what cannot be delivered at present. */
class Rig implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly log = new RecordingLog();
  readonly delivered: string[] = [];
  readonly tried: string[] = [];
  readonly broken = new Set<string>();
  readonly spool: Spool;
  readonly delivery: Delivery;

  private constructor(readonly temp: TempFolder, options: Partial<DeliveryOptions>) {
    this.spool = new Spool({ folder: temp.path, maxFiles: 100, maxBytes: 10_000, nowMs: () => 0 });
    this.delivery = new Delivery({
      name: "test",
      spool: this.spool,
      deliver: (text) =>
        Promise.try(() => {
          this.tried.push(text);
          if (this.broken.has(text) || this.broken.has("all")) throw new Error(`${text} is broken`);
          this.delivered.push(text);
        }),
      backoff: { firstMs: 1_000, maxMs: 8_000 },
      clock: this.clock,
      log: this.log,
      random: () => 1,
      ...options,
    });
  }

  static create(options: Partial<DeliveryOptions> = {}): Rig {
    return new Rig(new TempFolder(), options);
  }

  async put(text: string, business = "acme"): Promise<void> {
    await this.spool.put(`${String(this.clock.epoch()).padStart(15, "0")}_${text}_${business}.json`, text);
  }

  /** Lets time pass, and waits for what that sets off. */
  async advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.delivery.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.delivery[Symbol.asyncDispose]();
    this.temp[Symbol.dispose]();
    assert.equal(this.clock.pending, 0, "no deadline is left");
  }
}

Deno.test("Delivery takes all that waits in order, each once", async () => {
  await using rig = Rig.create();
  for (const text of ["a", "b", "c"]) await rig.put(text);
  await Promise.all([rig.delivery.wake(), rig.delivery.wake()]);
  assert.deepEqual(rig.tried, ["a", "b", "c"]);
  assert.deepEqual(rig.temp.names(), []);
  await rig.put("d");
  await rig.delivery.wake();
  assert.deepEqual(rig.tried, ["a", "b", "c", "d"]);
});

Deno.test("Delivery waits longer after each failure, up to a bound, and loses nothing in an hour", async () => {
  await using rig = Rig.create();
  rig.broken.add("all");
  await rig.put("a");
  await rig.delivery.wake();
  const waits: number[] = [];
  let lastMs = rig.clock.now();
  while (rig.clock.now() < 3_600_000) {
    const tries = rig.tried.length;
    await rig.advance(500);
    if (rig.tried.length === tries) continue;
    waits.push(rig.clock.now() - lastMs);
    lastMs = rig.clock.now();
    if (waits.length === 3) await rig.put("b");
  }
  assert.deepEqual(waits.slice(0, 6), [1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  rig.broken.clear();
  await rig.advance(8_000);
  assert.deepEqual(rig.delivered.toSorted(), ["a", "b"]);
});

Deno.test("Delivery goes round one that cannot be delivered", async () => {
  await using rig = Rig.create();
  rig.broken.add("a");
  for (const text of ["a", "b", "c"]) await rig.put(text);
  await rig.delivery.wake();
  assert.deepEqual(rig.delivered, []);
  await rig.advance(1_000);
  assert.deepEqual(rig.delivered, ["b", "c"]);
  rig.broken.clear();
  await rig.advance(1_000);
  assert.deepEqual(rig.delivered, ["b", "c", "a"]);
});

Deno.test("Delivery by groups does not let one group hold up another", async () => {
  await using rig = Rig.create({ groupOf: entryBusiness });
  rig.broken.add("a1");
  await rig.put("a1", "alpha");
  await rig.put("a2", "alpha");
  await rig.put("b1", "beta");
  await rig.delivery.wake();
  assert.deepEqual(rig.delivered, ["b1"]);
  await rig.put("b2", "beta");
  await rig.delivery.wake();
  assert.deepEqual(rig.tried.toSorted(), ["a1", "b1", "b2"]);
});

/** Delivers each text when it is let through. */
class Gates {
  readonly #waiting = new Map<string, () => void>();

  readonly deliver = (text: string): Promise<void> =>
    new Promise((resolve) => this.#waiting.set(text, resolve));

  get waiting(): string[] {
    return [...this.#waiting.keys()].sort();
  }

  async letThrough(text: string): Promise<void> {
    await eventually(`${text} is on its way`, () => this.#waiting.has(text));
    this.#waiting.get(text)?.();
    this.#waiting.delete(text);
  }
}

Deno.test("Delivery by groups begins with what comes for one while another takes its time", async () => {
  const gates = new Gates();
  await using rig = Rig.create({ groupOf: entryBusiness, deliver: gates.deliver });
  await rig.put("a1", "alpha");
  await rig.put("a2", "alpha");
  const done = rig.delivery.wake();
  await eventually("the first is on its way", () => gates.waiting.length === 1);
  await rig.put("a3", "alpha");
  await rig.put("b1", "beta");
  void rig.delivery.wake();
  await gates.letThrough("b1");
  assert.deepEqual(gates.waiting, ["a1"], "one of a group at a time");
  for (const text of ["a1", "a2", "a3"]) await gates.letThrough(text);
  await done;
  assert.deepEqual(rig.temp.names(), []);
});

Deno.test("Delivery by groups tries one again when its pause is over, while another takes its time", async () => {
  const gates = new Gates();
  let tries = 0;
  await using rig = Rig.create({
    groupOf: entryBusiness,
    deliver: async (text) => {
      if (text === "b1" && tries++ === 0) throw new Error("not yet");
      await gates.deliver(text);
    },
  });
  await rig.put("a1", "alpha");
  await rig.put("b1", "beta");
  const done = rig.delivery.wake();
  await eventually("the pause has begun", () => rig.log.names.includes("delivery_failed"));
  rig.clock.advance(1_000);
  await gates.letThrough("b1");
  await gates.letThrough("a1");
  await done;
  assert.deepEqual(rig.temp.names(), []);
});

Deno.test("Delivery by groups gives each its turn, however much others have and however long that takes", async () => {
  const gates = new Gates();
  await using rig = Rig.create({ groupOf: entryBusiness, deliver: gates.deliver, atOnce: 1 });
  for (const text of ["a1", "a2", "a3"]) await rig.put(text, "alpha");
  await rig.put("b1", "beta");
  const done = rig.delivery.wake();
  await eventually("the first is on its way", () => gates.waiting.length === 1);
  rig.clock.advance(10_000);
  for (const text of ["a1", "b1", "a2", "a3"]) await gates.letThrough(text);
  await done;
  assert.deepEqual(rig.temp.names(), []);
});

Deno.test("Delivery gives up what is too old, says so, and goes on", async () => {
  await using rig = Rig.create({ maxAgeMs: 10_000 });
  rig.broken.add("a");
  await rig.put("a");
  await rig.delivery.wake();
  await rig.advance(10_001);
  await rig.put("b");
  await rig.advance(8_000);
  assert.deepEqual(rig.delivered, ["b"]);
  assert.deepEqual(rig.temp.names(), []);
  assert.equal(rig.log.names.filter((name) => name === "delivery_given_up").length, 1);
});

Deno.test("Delivery that is closed finishes what is on its way, and leaves the rest", async () => {
  const gate = Promise.withResolvers<void>();
  const rig = Rig.create({ deliver: () => gate.promise });
  await using _ = rig;
  await rig.put("a");
  await rig.put("b");
  const woken = rig.delivery.wake();
  await rig.spool.names();
  const closed = rig.delivery[Symbol.asyncDispose]();
  gate.resolve();
  await Promise.all([woken, closed]);
  assert.ok(rig.temp.names().length >= 1);
});
