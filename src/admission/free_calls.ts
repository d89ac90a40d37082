/** Of a core that a process may use before its event loop is late. */
const MOST_CORE_SHARE = 0.8;
/** Share of a core that a call is taken to need until enough calls were measured. */
const ASSUMED_CALL_SHARE = 0.003;
/** With fewer calls, what the process does by itself would count as theirs. */
const MEASURED_FROM = 20;

/** What limits the calls that a process can take beside those it has. */
export interface CallRoom {
  /** Slots that are free. */
  readonly slots: number;
  /** Calls for which there is memory. */
  readonly memory: number;
  /** Calls that are live. */
  readonly live: number;
  /** The share of one core that is used now. */
  readonly coreShare: number;
}

/** How many more calls a process can take: the least of slots, memory and CPU. */
export function freeCalls({ slots, memory, live, coreShare }: CallRoom): number {
  const perCall = live < MEASURED_FROM ? ASSUMED_CALL_SHARE : Math.max(0.0005, coreShare / live);
  const core = (MOST_CORE_SHARE - coreShare) / perCall;
  return Math.max(0, Math.floor(Math.min(slots, memory, core)));
}
