import type { Clock } from "../../util/clock.ts";
import type { Agent } from "./agent.ts";
import type { Alarms } from "./alarms.ts";
import type { Conversation } from "./conversation.ts";
import type { PointFault } from "./faults/fault.ts";
import type { SessionFaults } from "./faults/fault_book.ts";
import type { Pacer } from "./pacer.ts";
import type { SessionConfig } from "./session_config.ts";
import type { SessionLine } from "./session_line.ts";
import type { EmulatorStats } from "./stats.ts";

/** What the parts of one session share. */
export interface SessionContext {
  /** From 1, over the emulator's life. */
  readonly number: number;
  readonly clock: Clock;
  readonly pacer: Pacer;
  readonly alarms: Alarms;
  readonly line: SessionLine;
  readonly conversation: Conversation;
  readonly agent: Agent;
  readonly faults: SessionFaults;
  readonly stats: EmulatorStats;
  /** How many times faster than real time audio is made. */
  readonly speed: number;
  /** Audio in one delta, in milliseconds. */
  readonly deltaMs: number;
  /** Replaced as a whole by `session.update`. */
  config: SessionConfig;
  /** True once audio was sent: from then on the voice cannot change. */
  hasSpoken: boolean;
  /** Lets the faults of a point happen. */
  perform(faults: readonly PointFault[]): void;
}
