import type { FleetInstance } from "../../observability/reports/dashboard_data.ts";
import type { InstanceDocument } from "./fleet_documents.ts";

/** An instance that has said nothing for so long is dead: its heart beats every two seconds. */
const DEAD_AFTER_MS = 8_000;

/** The instances of the fleet, as they said of themselves last. By the database's time alone. */
export class FleetMembers {
  readonly #self: string;
  #all: readonly InstanceDocument[] = [];
  #now = 0;
  /** Streams that this instance sent to others since they were heard last. */
  #sent = 0;

  constructor(self: string) {
    this.#self = self;
  }

  /** @param now the database's time when it listed them */
  update(all: readonly InstanceDocument[], now: Date): void {
    this.#all = all;
    this.#now = now.getTime();
    this.#sent = 0;
  }

  get all(): readonly InstanceDocument[] {
    return this.#all;
  }

  /** One whose time is ahead of the database's is none of ours: it would never die. */
  isAlive({ at }: InstanceDocument): boolean {
    return Math.abs(this.#now - at.getTime()) < DEAD_AFTER_MS;
  }

  /** For people, in the order in which they joined. */
  get shown(): FleetInstance[] {
    return this.#all.toSorted((a, b) => a.startedAt.getTime() - b.startedAt.getTime()).map((instance) => {
      const { _id: id, version, address, calls, free, refusal } = instance;
      const [isThis, isAlive] = [id === this.#self, this.isAlive(instance)];
      return { id, isThis, isAlive, version, address, calls, free, refusal };
    });
  }

  /** Whether an instance was alive at the last look. */
  has(id: string): boolean {
    return this.#all.some((instance) => instance._id === id && this.isAlive(instance));
  }

  /** How many are alive. */
  get alive(): number {
    return this.#all.filter((instance) => this.isAlive(instance)).length;
  }

  get dead(): InstanceDocument[] {
    return this.#all.filter((instance) => instance._id !== this.#self && !this.isAlive(instance));
  }

  /** Calls that others could take. */
  get freeElsewhere(): number {
    const free = this.#all
      .filter((instance) =>
        instance._id !== this.#self && this.isAlive(instance) && instance.refusal === null
      )
      .reduce((sum, instance) => sum + instance.free, 0);
    return Math.max(0, free - this.#sent);
  }

  /** Another one is to take a call. Returns whether one can. */
  send(): boolean {
    if (this.freeElsewhere === 0) return false;
    this.#sent++;
    return true;
  }

  /** Whether this instance does what one does for all: the first of those alive. */
  get isFirst(): boolean {
    return this.#rank() === 0;
  }

  /** The slots of a business that instances said they have: this one, and all together. */
  slotsOf(business: string): { readonly here: number; readonly total: number } {
    let [here, total] = [0, 0];
    for (const instance of this.#all.filter((one) => this.isAlive(one))) {
      const slots = instance.held.find((one) => one.business === business)?.slots ?? 0;
      total += slots;
      if (instance._id === this.#self) here += slots;
    }
    return { here, total };
  }

  /** This instance's part of what is free, when each takes as much. */
  partOf(free: number): number {
    const count = Math.max(1, this.alive);
    const rank = this.#rank();
    return Math.floor(free / count) + (rank >= 0 && rank < free % count ? 1 : 0);
  }

  #rank(): number {
    return this.#all.filter((instance) => this.isAlive(instance)).map(({ _id }) => _id).sort()
      .indexOf(this.#self);
  }
}
