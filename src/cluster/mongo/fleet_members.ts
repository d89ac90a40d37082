import type { FleetInstance } from "../../observability/reports/dashboard_data.ts";
import type { InstanceDocument } from "./fleet_documents.ts";

/** An instance that has said nothing for so long is dead: its heart beats every two seconds. */
const DEAD_AFTER_MS = 8_000;

/**
 * One that has said nothing for so long may be without the database, which its driver looks for as long
 * before it says so: its heart beats every two seconds.
 */
export const HEARD_WITHIN_MS = 3_000;

/** Whoever came so long ago has been noticed by all others: each looks every two seconds. */
const NOTICED_AFTER_MS = 4_000;
/** Whoever came or went before that has been noticed by all, this instance included. */
const LATELY_MS = 6_000;

/** The instances of the fleet, as they said of themselves last. By the database's time alone. */
export class FleetMembers {
  readonly #self: string;
  #all: readonly InstanceDocument[] = [];
  #now = 0;
  #firstAt: number | undefined;
  /** Who was alive, and since when: what changed within {@link LATELY_MS}, and the one before. */
  #views: { readonly sinceMs: number; readonly ids: readonly string[] }[] = [];
  /** When the database was heard again after it had been away. */
  #backAt = 0;
  /** Those who were alive before, and may not have been able to say so since. */
  #awaited: ReadonlySet<string> = new Set();
  /** Streams that this instance sent to others since they were heard last. */
  #sent = 0;

  constructor(self: string) {
    this.#self = self;
  }

  /**
   * @param now the database's time when it listed them
   * @param isBack the database was away until now: nobody could say anything. Default false
   */
  update(all: readonly InstanceDocument[], now: Date, isBack = false): void {
    if (isBack) {
      // Whoever starts without the database cannot know who lived: all who were there may.
      const before = this.#firstAt === undefined ? all.map(({ _id }) => _id) : this.#living();
      this.#awaited = new Set(before.filter((id) => id !== this.#self));
      this.#backAt = now.getTime();
    }
    this.#all = all;
    this.#now = now.getTime();
    this.#sent = 0;
    this.#firstAt ??= this.#now;
    this.#note(this.#living().sort());
  }

  #note(ids: readonly string[]): void {
    if (this.#views.at(-1)?.ids.join() !== ids.join()) this.#views.push({ sinceMs: this.#now, ids });
    const current = this.#views.findLastIndex(({ sinceMs }) => sinceMs <= this.#now - LATELY_MS);
    this.#views = this.#views.slice(Math.max(0, current));
  }

  /**
   * Who was alive in the last seconds, the latest last: each list sorted. Empty when this instance has not
   * been there for so long.
   */
  get views(): readonly (readonly string[])[] {
    const isNew = this.#firstAt === undefined || this.#now - this.#firstAt < NOTICED_AFTER_MS;
    return isNew ? [] : this.#views.map(({ ids }) => ids);
  }

  /** False after the database was away, until all that were there have said something again, or are dead. */
  get isWhole(): boolean {
    return !this.#all.some((instance) => this.#isAwaited(instance));
  }

  /** Whether all that are alive were heard lately: none of them may be deciding alone. */
  get areHeard(): boolean {
    return this.isWhole &&
      this.#all.every((one) => !this.isAlive(one) || this.#now - one.at.getTime() < HEARD_WITHIN_MS);
  }

  /** It was alive before the database went away, and has not had the time to say so again. */
  #isAwaited({ _id, at }: InstanceDocument): boolean {
    return this.#awaited.has(_id) && at.getTime() < this.#backAt && this.#now - this.#backAt < DEAD_AFTER_MS;
  }

  get all(): readonly InstanceDocument[] {
    return this.#all;
  }

  /** One whose time is ahead of the database's is none of ours: it would never die. */
  isAlive(instance: InstanceDocument): boolean {
    return Math.abs(this.#now - instance.at.getTime()) < DEAD_AFTER_MS || this.#isAwaited(instance);
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
    return this.#living().length;
  }

  /** Where people reach an instance that is alive; null where it does not say, undefined for any other. */
  addressOf(id: string): string | null | undefined {
    return this.#all.find((instance) => instance._id === id && this.isAlive(instance))?.address;
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
    return this.#living().sort()[0] === this.#self;
  }

  /** The slots of a business that each instance said it has. */
  heldOf(business: string): Map<string, number> {
    return new Map(
      this.#all.filter((one) => this.isAlive(one)).map(({ _id, held }) => [
        _id,
        held.find((one) => one.business === business)?.slots ?? 0,
      ]),
    );
  }

  #living(): string[] {
    return this.#all.filter((instance) => this.isAlive(instance)).map(({ _id }) => _id);
  }
}
