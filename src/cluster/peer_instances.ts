import type { PlacedCalls } from "../admission/placed_calls.ts";
import type { Spending } from "../admission/day_limits.ts";
import type { ActionOutcome, OperatorAction } from "../call/call_actions.ts";
import type { CallEnding } from "../call/ended_calls.ts";

/** What a process knows of a call: how it ended, or that it has its stream there. */
export type PeerCallState = CallEnding | "live";

/**
 * Other processes that serve the same numbers: each webhook of a call, and its stream, may reach another
 * process. No method throws; a process that does not answer in time counts as knowing nothing.
 */
export interface PeerInstances {
  /**
   * Moves here what another process keeps for a call (by CallSid, or by the name of a slot): its reservation,
   * and what a suspended call resumes with. `live`: the call has its stream there.
   */
  recall(name: string): Promise<"recalled" | "live" | "unknown">;
  /** Reserves a slot in another process. False when none has a free one. */
  reserve(callSid: string): Promise<boolean>;
  /** Whether another process is ready for calls. */
  isReady(): Promise<boolean>;
  /** Slots that a business holds in other processes. */
  slotsOf(businessId: string): Promise<number>;
  /** Tells all others what a business's call used, for its limits of the day. */
  spent(businessId: string, spending: Spending): void;
  /** Tells all others of calls that a business has placed, for its limits. */
  placed(businessId: string, calls: PlacedCalls): void;
  /**
   * What another process knows of a call; `live` before how an earlier stream of it ended. Undefined when
   * none knows it.
   */
  stateOf(callSid: string): Promise<PeerCallState | undefined>;
  /** An operator does something to a call that is live in another process; undefined when none has it. */
  act(callSid: string, action: OperatorAction): Promise<ActionOutcome | undefined>;
  /** Whether another process has redeemed the token of this nonce. */
  hasRedeemed(nonce: string): Promise<boolean>;
  /** Tells all others to discard what they keep for these calls, which are over. */
  forget(...names: string[]): void;
}

/** There are no other processes. */
export const NO_PEERS: PeerInstances = {
  recall: () => Promise.resolve("unknown"),
  reserve: () => Promise.resolve(false),
  isReady: () => Promise.resolve(false),
  slotsOf: () => Promise.resolve(0),
  spent: () => {},
  placed: () => {},
  stateOf: () => Promise.resolve(undefined),
  act: () => Promise.resolve(undefined),
  hasRedeemed: () => Promise.resolve(false),
  forget: () => {},
};
