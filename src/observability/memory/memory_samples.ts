/** What the alarms judge: memory and calls of the process at one time. */
export interface MemoryLevel {
  /** Monotonic time in milliseconds. */
  readonly atMs: number;
  /** The process's own memory (RssAnon), or its whole resident set where that is unknown. */
  readonly bytes: number;
  readonly activeCalls: number;
  /** Calls since the start. */
  readonly totalCalls: number;
  /** Most calls at once since the start. */
  readonly peakCalls: number;
  /** What calls hold from pools that outlive them, by name, such as `kernelSlots`. All 0 without calls. */
  readonly held: Readonly<Record<string, number>>;
}

/** What a level did to an alarm. */
export type AlarmChange = "raised" | "cleared" | undefined;

/** Memory, in bytes, and calls at one time, as the dashboard draws them. */
export interface MemorySample {
  readonly epochMs: number;
  readonly rss: number;
  /** Null where the system does not tell. */
  readonly rssAnon: number | null;
  readonly heapUsed: number;
  readonly activeCalls: number;
}

/** Most samples kept: three hours at one per 30 s, about 40 KB. */
export const MAX_SAMPLES = 360;
