/** What the alarms judge: the memory of the process beside the number of its calls, at one time. */
export interface MemoryLevel {
  /** Monotonic time in milliseconds. */
  readonly atMs: number;
  /** The process's own memory (RssAnon), or its whole resident set where that is not told. */
  readonly bytes: number;
  readonly activeCalls: number;
  /** Calls since the start. */
  readonly totalCalls: number;
  /** Most calls at once since the start. */
  readonly peakCalls: number;
  /** What calls have taken from pools that outlive them, by its name, such as `kernelSlots`. All 0 once no call is left. */
  readonly held: Readonly<Record<string, number>>;
}

/** What one more level did to an alarm. */
export type AlarmChange = "raised" | "cleared" | undefined;
