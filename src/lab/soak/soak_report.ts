import type { ProgramFacts } from "../load/load_processes.ts";
import type { LagReport } from "../../observability/loop_lag.ts";
import type { Slope } from "../../util/theil_sen.ts";

/** The server at one moment of a soak. Bytes. */
export interface SoakSample {
  /** Since the round's first call. */
  seconds: number;
  rss: number;
  rssAnon: number | null;
  heapTotal: number;
  heapUsed: number;
  external: number;
  activeCalls: number;
  /**
   * How late the server's event loop was at most since the sample before, in milliseconds. When the machine
   * stood still, what piled up meanwhile is worked off at once, and takes memory.
   */
  lateMs: number;
}

/** What the callers of a round met. */
export interface TurnoverReport {
  /** Calls placed, all of them over. */
  calls: number;
  /**
   * Calls that were not taken: the server was full, or late because the machine was busy with something else.
   */
  refused: number;
  /** Calls that broke a rule or missed audio, and why (the first few). */
  failed: number;
  faults: string[];
  /** Audio of all calls. */
  sentMs: number;
  receivedMs: number;
  /** Turns that were answered. */
  answers: number;
  /** Answers that callers spoke or hung up into. */
  cutOff: number;
  /** Calls that ended in the middle of an answer. */
  hangUps: number;
  longestGapMs: number;
  lag: LagReport;
}

/** One soak: a load that is held, and what is left when it has gone. */
export interface SoakRound {
  /** Counts from 1. */
  round: number;
  samples: SoakSample[];
  /**
   * How anonymous memory grew from `fromSeconds` on, in bytes an hour; null when there were too few samples.
   */
  growth: Slope | null;
  /**
   * The same of what V8's objects hold, in the heap and outside of it: unlike the process, V8 gives back what
   * a burst took.
   */
  objectGrowth: Slope | null;
  fromSeconds: number;
  /** Median of anonymous memory over the last tenth of the round, all calls up. */
  endAnon: number;
  callers: TurnoverReport;
  /** Caller audio that the model did not get, a call, in milliseconds. */
  lostUpMsPerCall: number;
  /** Share of one core that the server used. */
  cores: number | null;
  /** Some time after the last call. */
  after: {
    rss: number;
    rssAnon: number | null;
    activeCalls: number;
    kernelSlots: number;
    /** At the model. */
    sessionsOpen: number;
  };
}

/** Everything that `slimline soak` found out. */
export interface SoakReport extends ProgramFacts {
  calls: number;
  everySeconds: number;
  minutes: number;
  /** The bound of {@link SoakRound.growth}'s lower end, in bytes an hour. */
  maxGrowth: number;
  /** Before the first call. */
  idle: { rss: number; rssAnon: number | null };
  rounds: SoakRound[];
  /** Warnings and errors that the server logged, by event. */
  warnings: Record<string, number>;
  /** Why the soak is not passed; empty when it is. */
  faults: string[];
}

/** The memory that is judged: anonymous where the system tells it, else resident. */
export function judgedBytes({ rss, rssAnon }: { rss: number; rssAnon: number | null }): number {
  return rssAnon ?? rss;
}
