import type { FleetInstance } from "../../observability/reports/dashboard_data.ts";
import type { InstanceDocument } from "./fleet_documents.ts";

/** An instance that has said nothing for so long is dead: its heart beats every two seconds. */
const DEAD_AFTER_MS = 8_000;

/**
 * One that has said nothing for so long may be without the database, which its driver looks for as long
 * before it says so: its heart beats every two seconds.
 */
export const HEARD_WITHIN_MS = 3_000;

/** Whoever has not listened for so long cannot tell who died: hearts beat every two seconds. */
const DEAF_AFTER_MS = 5_500;

/** Whoever came so long ago has been noticed by all others that were heard since: each looks as it beats. */
const NOTICED_AFTER_MS = 4_000;

/** The instances of the fleet, as they said of themselves last. By the database's time alone. */
export class FleetMembers {
  readonly #self: string;
  #all: readonly InstanceDocument[] = [];
  #now = 0;
  #firstAt: number | undefined;
  /** Who was alive before the database was away, and may not have said so since; when it was heard again. */
  #awaited: ReadonlyMap<string, number> = new Map();
  /** The database is away, or back without having listed them yet. */
  #isCut = false;
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
    // The database may have been silent for as long, and nobody has asked it anything meanwhile.
    const wasDeaf = this.#firstAt !== undefined && now.getTime() - this.#now >= DEAF_AFTER_MS;
    if (isBack || wasDeaf) {
      // Whoever starts without the database cannot know who lived: all who were there may.
      const before = this.#firstAt === undefined ? all.map(({ _id }) => _id) : this.#living();
      const others = before.filter((id) => id !== this.#self);
      this.#awaited = new Map(others.map((id) => [id, this.#awaitedSince(id, all) ?? now.getTime()]));
    }
    if (isBack) this.#isCut = false;
    this.#all = all;
    this.#now = now.getTime();
    this.#sent = 0;
    this.#firstAt ??= this.#now;
  }

  /** The database is away: what others do is not known until it is back. */
  left(): void {
    this.#isCut = true;
  }

  /** Who is alive, sorted. Empty when others may not have noticed this instance yet. */
  get view(): readonly string[] {
    return this.#isNoticed ? this.#living().sort() : [];
  }

  /** One that was not heard since this instance came may have been without the database, and not looked. */
  get #isNoticed(): boolean {
    const firstAt = this.#firstAt;
    return firstAt !== undefined && this.#now - firstAt >= NOTICED_AFTER_MS &&
      this.#all.every((one) => one._id === this.#self || !this.isAlive(one) || one.at.getTime() >= firstAt);
  }

  /** False after the database was away, until all that were there have said something again, or are dead. */
  get isWhole(): boolean {
    return !this.#isCut && !this.#all.some((instance) => this.#isAwaited(instance));
  }

  /** Whether all that are alive were heard lately: none of them may be deciding alone. */
  get areHeard(): boolean {
    return this.isWhole &&
      this.#all.every((one) => !this.isAlive(one) || this.#now - one.at.getTime() < HEARD_WITHIN_MS);
  }

  /** It was alive before the database went away, and has not had the time to say so again. */
  #isAwaited({ _id }: InstanceDocument): boolean {
    const sinceMs = this.#awaitedSince(_id, this.#all);
    return sinceMs !== undefined && this.#now - sinceMs < DEAD_AFTER_MS;
  }

  /** Since when something is awaited of an instance that has said nothing, as listed, from then on. */
  #awaitedSince(id: string, listed: readonly InstanceDocument[]): number | undefined {
    const sinceMs = this.#awaited.get(id);
    const at = listed.find(({ _id }) => _id === id)?.at.getTime();
    return sinceMs !== undefined && at !== undefined && at < sinceMs ? sinceMs : undefined;
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
  addressOf(id: string): Pick<InstanceDocument, "address" | "proof"> | undefined {
    return this.#all.find((instance) => instance._id === id && this.isAlive(instance));
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
