import assert from "node:assert/strict";
import fc from "fast-check";
import { sleep } from "../../src/util/clock.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/microtasks.ts";
import { FLEET_LIMITS, RiggedInstance, skewedClock } from "./fleet_rig.ts";
import { type DatabaseState, ModelledDatabase } from "./modelled_store.ts";

const MOST = FLEET_LIMITS.callsAtOnce;
const STEP_MS = 10;
/** Instances know each other by then. */
const KNOWN_AFTER_MS = 12_000;
/** As the clocks of three machines may differ. */
const SKEWS_MS = [0, 5_000, -5_000];
/** Between two callers, who come to one instance after the other, as a proxy sends them. */
const CALLER_EVERY_MS = 100;
/** Each has told what it has, and heard it of the others. */
const ALL_SEEN_AFTER_MS = 4_500;
/** A driver hides a refusal that is shorter, and a shorter silence is no absence. */
const SHORTEST_MS = { up: 500, refused: 4_000, silent: 2_000 };
/** Hundreds have been run at a time; these are enough to notice a protocol that has a hole. */
const RUNS = 20;
const LONGEST_MS = 80_000;

/** Three instances of a fleet, a database, and callers who come all the time, by a clock of their own. */
class ModelledFleet {
  readonly clock = new ManualClock();
  readonly database: ModelledDatabase;
  readonly instances: RiggedInstance[];
  /** Those that callers are sent to. */
  readonly #listening: RiggedInstance[] = [];
  readonly #random: () => number;
  /** Calls that were promised an agent, and are not over, and the instance that has each. */
  readonly #live = new Map<string, RiggedInstance>();
  readonly #areTokensBound: boolean;
  #callers = 0;
  #failed: { readonly error: unknown } | undefined;
  most = 0;

  /** @param areTokensBound streams come where their webhooks did, without the database. Default: anywhere */
  constructor(seed: number, areTokensBound = false) {
    this.#areTokensBound = areTokensBound;
    const random = this.#random = mulberry32(seed);
    this.database = new ModelledDatabase(this.clock, () => 1 + 8 * random());
    this.instances = SKEWS_MS.map((skewMs, index) =>
      new RiggedInstance({
        id: `instance ${index}`,
        clock: skewedClock(this.clock, skewMs),
        random,
        connect: () => Promise.resolve(this.database.store()),
        close: () => Promise.resolve(),
      })
    );
  }

  /** One of them joins, and then listens. */
  async join(instance: RiggedInstance): Promise<void> {
    await instance.fleet.join();
    await instance.fleet.noticed();
    this.#listening.push(instance);
  }

  /** One of them ends without a word, and the calls that it has with it. */
  kill(instance: RiggedInstance): void {
    if (!this.#listening.includes(instance)) return; // it is not there yet
    this.#listening.splice(this.#listening.indexOf(instance), 1);
    for (const [call, there] of this.#live) if (there === instance) this.#live.delete(call);
    void instance.die();
  }

  async pass(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
      this.clock.advance(STEP_MS);
      await settle();
      // Thrown here, so that whoever runs a history learns that this one fails.
      if (this.#failed) throw this.#failed.error;
    }
  }

  /** Callers come for so long. */
  async callersFor(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += CALLER_EVERY_MS) {
      this.#call(`CA${this.#callers}`, this.#callers++).catch((error) => this.#failed ??= { error });
      await this.pass(CALLER_EVERY_MS);
      this.most = Math.max(this.most, this.#live.size);
    }
  }

  /**
   * A webhook here, a stream there, some seconds of talk; some callers hang up before there is a stream.
   * @param first the number of the instance that a proxy sends it to, and then to the others
   */
  async #call(call: string, first: number, tries = 0): Promise<void> {
    const listening = this.#listening;
    if (tries === listening.length) return;
    const here = listening[(first + tries) % listening.length];
    const { fleet, admission, business } = here;
    fleet.expect(business);
    const slotsAtPeers = await fleet.takeSlot(call, business);
    if (!listening.includes(here)) return; // it died meanwhile
    if (slotsAtPeers === "full") return;
    if (slotsAtPeers === "elsewhere") return await this.#call(call, first, tries + 1);
    if (admission.reserve(call, { business, slotsAtPeers })) {
      if (slotsAtPeers === "counted") fleet.forget(call);
      return;
    }
    this.#live.set(call, here);
    this.most = Math.max(this.most, this.#live.size);
    const isBound = this.#areTokensBound && fleet.tokenBinding.isNeeded;
    await sleep(this.clock, 100 + 400 * this.#random());
    const there = isBound ? here : this.#any();
    if (!this.#live.has(call)) return;
    this.#live.set(call, there);
    if (this.#random() < 0.1) {
      this.#live.delete(call);
      there.ended.noteOver(call);
      there.admission.cancel(call);
      return there.fleet.forget(call);
    }
    await there.fleet.arrive(call, false);
    if (!this.#live.has(call)) return;
    const slot = there.admission.claim(call, { business, isCounted: true }); // as its token says
    assert.ok(slot, "whoever was promised an agent gets one");
    await sleep(this.clock, 1_000 + 20_000 * this.#random());
    if (!this.#live.delete(call)) return;
    there.admission.release(slot);
    there.ended.noteOver(call);
  }

  #any(): RiggedInstance {
    return this.#listening[Math.floor(this.#random() * this.#listening.length)];
  }
}

/** A source of numbers from 0 to 1 that a seed repeats. Source: Tommy Ettinger's mulberry32, public domain. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const spell = fc.constantFrom<DatabaseState>("up", "refused", "silent").chain((state) =>
  fc.record({
    state: fc.constant(state),
    ms: fc.integer({ min: SHORTEST_MS[state], max: LONGEST_MS }),
    /** Nobody may ask anything of a database that is silent. */
    hasCallers: fc.boolean(),
  })
);

const spells = fc.array(spell, { minLength: 1, maxLength: 4 });
/** When the last of the instances joins, and another one is killed. */
const momentMs = fc.integer({ min: 0, max: LONGEST_MS });

Deno.test("However a database and instances come and go, a business never has more calls at once than it may", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      spells,
      momentMs,
      momentMs,
      async (seed, spells, joinsAfterMs, diesAfterMs) => {
        const fleet = new ModelledFleet(seed);
        const [last, ...others] = fleet.instances.toReversed();
        const joined = Promise.all(others.map((instance) => fleet.join(instance)));
        await fleet.pass(KNOWN_AFTER_MS);
        await joined;
        await fleet.callersFor(4_000);
        const endMs = fleet.clock.now() + Math.max(joinsAfterMs, diesAfterMs);
        const joinedLast = sleep(fleet.clock, joinsAfterMs).then(() => fleet.join(last));
        void sleep(fleet.clock, diesAfterMs).then(() => fleet.kill(others[0]));
        for (const { state, ms, hasCallers } of spells) {
          if (state !== "up") await fleet.pass(ALL_SEEN_AFTER_MS);
          fleet.database.become(state);
          await (hasCallers ? fleet.callersFor(ms) : fleet.pass(ms));
        }
        fleet.database.become("up");
        await fleet.callersFor(Math.max(0, endMs - fleet.clock.now()) + 20_000);
        await joinedLast;
        assert.ok(fleet.most <= MOST, `${fleet.most} calls at once`);
        // There are callers enough: once all is as it was, every slot is used.
        fleet.most = 0;
        await fleet.callersFor(6_000);
        assert.equal(fleet.most, MOST);
        // Nobody talks any more, and no slot is left over.
        await fleet.pass(60_000);
        assert.equal(fleet.database.slots.size, 0);
        for (const { fleet: instance } of fleet.instances) instance.falter();
        await fleet.pass(5_000);
      },
    ),
    {
      numRuns: RUNS,
      examples: [
        // An absence that ended just before the youngest of them would have noticed it.
        [-23, [{ state: "refused", ms: 4_000, hasCallers: true }], 3_411, LONGEST_MS],
        // A silence that nobody noticed: some answers come late, and some operations are done late.
        [
          0,
          [{ state: "up", ms: 79_991, hasCallers: false }, { state: "silent", ms: 7_981, hasCallers: false }],
          0,
          0,
        ],
        // One came just before an absence, and another had not looked since.
        [
          5,
          [{ state: "up", ms: 44_551, hasCallers: false }, {
            state: "refused",
            ms: 4_000,
            hasCallers: false,
          }],
          48_001,
          0,
        ],
        // Calls are counted beyond the limit's numbers, which one that died in the absence still has.
        [-25, [{ state: "refused", ms: 48_361, hasCallers: false }], 48_081, 34_781],
      ],
    },
  );
});

/** Others have noticed a death by the first of these: what it had counts for nothing in no other's share. */
const DEAD_FOR_MS = [10_200, 11_000, 13_000, 16_000, 20_000];

for (const ms of DEAD_FOR_MS) {
  Deno.test(`What an instance may have that died ${ms} ms before the database is the others'`, async () => {
    const fleet = new ModelledFleet(1, true);
    const joined = Promise.all(fleet.instances.map((instance) => fleet.join(instance)));
    await fleet.pass(KNOWN_AFTER_MS);
    await joined;
    fleet.kill(fleet.instances[0]);
    await fleet.pass(ms);
    fleet.database.become("refused");
    await fleet.pass(5_000);
    await fleet.callersFor(3_000);
    assert.equal(fleet.most, MOST);
    for (const { fleet: instance } of fleet.instances) instance.falter();
    await fleet.pass(25_000);
  });
}
