import { type Growth, GrowthAlarm } from "./growth_alarm.ts";
import type { AlarmChange, MemoryLevel } from "./memory_samples.ts";
import { ReturnAlarm } from "./return_alarm.ts";

const ALARMS = ["growth", "no_return"] as const;

/** `growth`: memory grows at a constant number of calls. `no_return`: it does not return after calls end. */
export type AlarmName = (typeof ALARMS)[number];

/** An alarm that was raised or cleared. */
export interface AlarmEvent {
  readonly alarm: AlarmName;
  readonly change: Exclude<AlarmChange, undefined>;
  readonly epochMs: number;
}

/** Most events kept for the dashboard; the log has all of them. */
export const MAX_ALARM_EVENTS = 32;

/** The two memory alarms: which are raised, how often each was, and their latest events. */
export class MemoryAlarms {
  readonly #alarms = { growth: new GrowthAlarm(), no_return: new ReturnAlarm() };
  readonly #raised: Record<AlarmName, number> = { growth: 0, no_return: 0 };
  readonly #events: AlarmEvent[] = [];

  /** Alarms raised now. */
  get active(): AlarmName[] {
    return ALARMS.filter((alarm) => this.#alarms[alarm].isRaised);
  }

  /** Times each alarm was raised since the start. */
  get raised(): Readonly<Record<AlarmName, number>> {
    return this.#raised;
  }

  /** Oldest first, at most {@link MAX_ALARM_EVENTS}. */
  get events(): readonly AlarmEvent[] {
    return this.#events;
  }

  /** What the growth alarm last saw. */
  get growth(): Growth | undefined {
    return this.#alarms.growth.growth;
  }

  /** Bytes that the process settles on without calls. */
  get settledBytes(): number | undefined {
    return this.#alarms.no_return.settledBytes;
  }

  /** Adds a level to both alarms. Returns what changed. */
  add(level: MemoryLevel, epochMs: number): AlarmEvent[] {
    const events = ALARMS.flatMap((alarm) => {
      const change = this.#alarms[alarm].add(level);
      return change ? [{ alarm, change, epochMs }] : [];
    });
    for (const event of events) {
      if (event.change === "raised") this.#raised[event.alarm]++;
      this.#events.push(event);
    }
    this.#events.splice(0, this.#events.length - MAX_ALARM_EVENTS);
    return events;
  }
}
