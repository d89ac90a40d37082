import type { CallOutcome } from "../call/ended_calls.ts";
import type { Spending } from "../admission/day_limits.ts";

/**
 * What other processes that answer on the same port know of a call: each of its webhooks, and its stream, may meet another
 * one. None of these throws; a process that does not answer in time counts as knowing nothing.
 */
export interface PeerInstances {
  /**
   * Brings here what another process keeps for a call (by CallSid, or by the name of a slot): its reservation, and what a
   * suspended call takes up again. `live`: the call has its stream there.
   */
  recall(name: string): Promise<"recalled" | "live" | "unknown">;
  /** Reserves a slot in another process. False when none has one. */
  reserve(callSid: string): Promise<boolean>;
  /** Whether another process is ready for calls. */
  isReady(): Promise<boolean>;
  /** Slots that a business has in other processes. */
  slotsOf(businessId: string): Promise<number>;
  /** Tells all others what a business's call took, for its limits of the day. */
  spent(businessId: string, spending: Spending): void;
  /** How the call's stream ended; undefined when nobody knows. */
  outcomeOf(callSid: string): Promise<CallOutcome | undefined>;
  /** The calls are over: what was kept for them may go. */
  forget(...names: string[]): void;
}

/** There are no other processes. */
export const NO_PEERS: PeerInstances = {
  recall: () => Promise.resolve("unknown"),
  reserve: () => Promise.resolve(false),
  isReady: () => Promise.resolve(false),
  slotsOf: () => Promise.resolve(0),
  spent: () => {},
  outcomeOf: () => Promise.resolve(undefined),
  forget: () => {},
};
