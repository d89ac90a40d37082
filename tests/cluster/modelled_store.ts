import type {
  CallPlaceDocument,
  DayDocument,
  InstanceDocument,
  SlotDocument,
  TalkDocument,
} from "../../src/cluster/mongo/fleet_documents.ts";
import { ON_ITS_WAY } from "../../src/cluster/mongo/fleet_documents.ts";
import type { FleetStore } from "../../src/cluster/mongo/fleet_store.ts";
import { type Clock, sleep } from "../../src/util/clock.ts";

/** What the real store answers, without its private parts. */
type StorePort = { [Name in keyof FleetStore]: FleetStore[Name] };

/** `up` answers, `refused` fails as a process that is gone, `silent` says nothing until it is up. */
export type DatabaseState = "up" | "refused" | "silent";

/** So long a driver tries to reach a server that refuses, before it says so. */
const SELECTION_MS = 3_000;
const RETRY_MS = 100;

/**
 * A database of a fleet in memory, by a test's clock: each operation takes a while on the way there and on the
 * way back, and happens in one moment between them. Its keys are unique, as MongoDB's are.
 */
export class ModelledDatabase {
  state: DatabaseState = "up";
  readonly #clock: Clock;
  readonly #latencyMs: () => number;
  #upAgain = Promise.withResolvers<void>();
  readonly instances = new Map<string, InstanceDocument>();
  readonly slots = new Map<string, SlotDocument>();
  readonly tokens = new Set<string>();
  readonly calls = new Map<string, CallPlaceDocument>();
  readonly talks = new Map<string, TalkDocument>();
  readonly days = new Map<string, DayDocument>();

  /** @param latencyMs of each way */
  constructor(clock: Clock, latencyMs: () => number) {
    this.#clock = clock;
    this.#latencyMs = latencyMs;
  }

  become(state: DatabaseState): void {
    this.state = state;
    if (state === "silent") return;
    this.#upAgain.resolve();
    this.#upAgain = Promise.withResolvers();
  }

  /** As one instance sees it. */
  store(): FleetStore {
    const now = () => new Date(this.#clock.epoch());
    const slotsWhere = (fits: (slot: SlotDocument) => boolean) =>
      [...this.slots.values()].filter(fits).map((slot) => ({ ...slot }));
    const drop = (fits: (slot: SlotDocument) => boolean) => {
      const found = slotsWhere(fits);
      for (const { _id } of found) this.slots.delete(_id);
      return found.length;
    };
    const change = (fits: (slot: SlotDocument) => boolean, to: Partial<SlotDocument>) => {
      for (const slot of slotsWhere(fits)) this.slots.set(slot._id, { ...slot, ...to });
    };
    const put = (place: CallPlaceDocument) =>
      void this.calls.set(place._id, { ...this.calls.get(place._id), ...place });
    const port: StorePort = {
      operations: { reads: 0, writes: 0, batches: 0 },
      beat: (instance) =>
        this.#do(() => {
          const at = now();
          this.instances.set(instance._id, { ...instance, at });
          return at;
        }),
      instances: () => this.#do(() => [...this.instances.values()]),
      removeInstances: (ids) => this.#do(() => ids.forEach((id) => this.instances.delete(id))),
      redeem: (nonce) => this.#do(() => !this.tokens.has(nonce) && Boolean(this.tokens.add(nonce))),
      slotsOf: (business) => this.#do(() => slotsWhere((slot) => slot.business === business)),
      slotsAt: (instance) => this.#do(() => slotsWhere((slot) => slot.instance === instance)),
      takeSlot: (number, slot) =>
        this.#do(() => {
          const _id = `${slot.business}#${number}`;
          return !this.slots.has(_id) && Boolean(this.slots.set(_id, { _id, ...slot }));
        }),
      ownSlots: (calls, instance, at) =>
        this.#do(() => change(({ call }) => calls.includes(call), { instance, at })),
      slotOf: (call) => this.#do(() => slotsWhere((slot) => slot.call === call)[0]),
      renameSlot: (call, callSid, instance) =>
        this.#do(() => change((slot) => slot.call === call && slot.instance === instance, { call: callSid })),
      freeSlots: (calls, instance) =>
        this.#do(() => void drop((slot) => calls.includes(slot.call) && slot.instance === instance)),
      freeSlotsOf: (calls) => this.#do(() => void drop((slot) => calls.includes(slot.call))),
      freeAbandoned: (instances, before) =>
        this.#do(() =>
          drop(({ instance, at }) =>
            instances.includes(instance) || (instance === ON_ITS_WAY && at.getTime() < before.getTime())
          )
        ),
      placeOf: (call) => this.#do(() => this.calls.get(call)),
      placesOf: (calls) => this.#do(() => calls.flatMap((call) => this.calls.get(call) ?? [])),
      place: (place) =>
        this.#do(() => !this.calls.has(place._id) && Boolean(this.calls.set(place._id, place))),
      replace: (place) => this.#do(() => put(place)),
      putPlaces: (places) => this.#do(() => places.forEach(put)),
      talkOf: (call) => this.#do(() => this.talks.get(call)),
      putTalk: (talk) => this.#do(() => void this.talks.set(talk._id, talk)),
      replaceTalk: (talk, version) =>
        this.#do(() => {
          if (this.talks.get(talk._id)?.version === version) this.talks.set(talk._id, talk);
        }),
      putCheckpoints: (talks) =>
        this.#do(() => {
          for (const talk of talks) {
            const there = this.talks.get(talk._id);
            if (!there || there.at < talk.at) this.talks.set(talk._id, talk);
          }
        }),
      takeTalk: (call, version) =>
        this.#do(() => this.talks.get(call)?.version === version && this.talks.delete(call)),
      dropTalks: (calls) => this.#do(() => calls.forEach((call) => this.talks.delete(call))),
      putDays: (days) => this.#do(() => days.forEach((day) => this.days.set(day._id, day))),
      daysOf: (businesses, dates) =>
        this.#do(() =>
          [...this.days.values()].filter(({ business, date }) =>
            businesses.includes(business) && dates.includes(date)
          )
        ),
      sweep: () => this.#do(() => {}),
    };
    return port as FleetStore; // which has private parts besides
  }

  async #do<Answer>(operation: () => Answer): Promise<Answer> {
    await sleep(this.#clock, this.#latencyMs());
    await this.#heard();
    for (let waitedMs = 0; this.#isRefusing; waitedMs += RETRY_MS) {
      if (waitedMs >= SELECTION_MS) throw new Error("connect ECONNREFUSED");
      await sleep(this.#clock, RETRY_MS);
    }
    const answer = operation();
    await sleep(this.#clock, this.#latencyMs());
    await this.#heard();
    // What was done has been done, and whoever asked does not know it.
    if (this.#isRefusing) throw new Error("connection closed");
    return answer;
  }

  get #isRefusing(): boolean {
    return this.state === "refused";
  }

  async #heard(): Promise<void> {
    while (this.state === "silent") await this.#upAgain.promise;
  }
}
