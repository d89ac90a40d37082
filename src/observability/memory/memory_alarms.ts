import { type Growth, GrowthAlarm } from "./growth_alarm.ts";
import type { AlarmChange, MemoryLevel } from "./memory_samples.ts";
import { ReturnAlarm } from "./return_alarm.ts";

/** What an alarm is about: memory that grows at a constant number of calls, or that does not return after calls end. */
export type AlarmName = "growth" | "no_return";

/** An alarm that was raised or cleared. */
export interface AlarmEvent {
  readonly alarm: AlarmName;
  readonly change: Exclude<AlarmChange, undefined>;
  readonly epochMs: number;
}

/** Events kept for the dashboard. Older ones fall out; the log has them all. */
export const MAX_ALARM_EVENTS = 32;

/** The two memory alarms together, how often each was raised, and what became of them lately. */
export class MemoryAlarms {
  readonly #growth = new GrowthAlarm();
  readonly #return = new ReturnAlarm();
  readonly #raised: Record<AlarmName, number> = { growth: 0, no_return: 0 };
  readonly #events: AlarmEvent[] = [];

  /** The alarms that are raised now. */
  get active(): AlarmName[] {
    return [
      ...this.#growth.isRaised ? ["growth" as const] : [],
      ...this.#return.isRaised ? ["no_return" as const] : [],
    ];
  }

  /** How often each alarm was raised since the start. */
  get raised(): Readonly<Record<AlarmName, number>> {
    return this.#raised;
  }

  /** Raised and cleared, oldest first. At most {@link MAX_ALARM_EVENTS}. */
  get events(): readonly AlarmEvent[] {
    return this.#events;
  }

  /** What growth was last judged by. */
  get growth(): Growth | undefined {
    return this.#growth.growth;
  }

  /** Bytes that the process settles on when there is no call. */
  get settledBytes(): number | undefined {
    return this.#return.settledBytes;
  }

  /** Takes one more level into account. Returns what changed. */
  add(level: MemoryLevel, epochMs: number): AlarmEvent[] {
    const changes: [AlarmName, AlarmChange][] = [
      ["growth", this.#growth.add(level)],
      ["no_return", this.#return.add(level)],
    ];
    const events = changes.flatMap(([alarm, change]) => change ? [{ alarm, change, epochMs }] : []);
    for (const event of events) {
      if (event.change === "raised") this.#raised[event.alarm]++;
      this.#events.push(event);
    }
    this.#events.splice(0, this.#events.length - MAX_ALARM_EVENTS);
    return events;
  }
}
