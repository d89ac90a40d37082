import type { BusinessShare } from "../admission/admission.ts";
import type { PlacedCalls } from "../admission/placed_calls.ts";
import type { Spending } from "../admission/day_limits.ts";
import type { Business } from "../businesses/business.ts";
import type { ActionOutcome, OperatorAction } from "../call/call_actions.ts";
import type { CallEnding } from "../call/ended_calls.ts";

/** What a process knows of a call: how it ended, or that it has its stream there. */
export type PeerCallState = CallEnding | "live";

/** What came of a look elsewhere for what is kept for a call. `live`: another process has its stream. */
export type Recall = "recalled" | "live" | "unknown";

/**
 * How a call stands to its business's limit of calls at once: `counted` against it over all processes, `full`
 * when there is no slot left, `elsewhere` when only others can say whether there is one, or how many the
 * others have, for this process to decide by.
 */
export type BusinessSlots = "counted" | "full" | "elsewhere" | number;

/**
 * What follows a stream that is over: the call goes on here, since it was handed over or its process has
 * died; it may begin once more, since no process is known to have had its stream; or it has ended.
 */
export type StreamSequel = "moved" | "rescued" | "again" | CallEnding;

/**
 * Who takes a stream's token while the others may be out of reach: the processes of this name, which tell
 * each other whatever happens.
 */
export interface TokenBinding {
  readonly name: string;
  /** A token that is made now is for them alone. */
  readonly isNeeded: boolean;
}

/** What a token is for. */
export interface TokenUse {
  /** The CallSid whose first stream it is for. Default: it is for a later one. */
  readonly begins?: string;
  /** It is bound to this process's {@link TokenBinding}. Default false. */
  readonly isBound?: boolean;
}

/**
 * The port to what all processes share that serve the same numbers: each webhook of a call, and its stream,
 * may reach another process. Workers of one machine ask each other ({@link WorkerPeers}), instances of a
 * fleet their database (`MongoFleet`), and a process alone nobody. No method rejects; what cannot be asked
 * in time counts as not known.
 */
export interface PeerInstances {
  /**
   * Makes known here what is kept elsewhere for a call (by CallSid, or by the name of a slot): its
   * reservation, and what a suspended call resumes with. `live`: the call has its stream elsewhere.
   */
  recall(name: string): Promise<Recall>;
  /**
   * A stream of the call begins here: what is kept for it is this process's from now on, and nobody else's.
   * `live`: the call has its stream elsewhere, or somebody else has taken it.
   *
   * @param isBack the call was streamed before
   * @param isRescue and the process that had it has died, whoever has noticed that by now. Default false
   */
  arrive(callSid: string, isBack: boolean, isRescue?: boolean): Promise<Recall>;
  /** Reserves a slot in another process. False when none has a free one. */
  reserve(callSid: string): Promise<boolean>;
  /** Whether another process is ready for calls that reach this one. */
  isReady(): Promise<boolean>;
  /** True when streams that are turned away here reach another process. */
  readonly takesStreams: boolean;
  /** A call of the business is about to ask for a slot: what it has is looked up meanwhile. */
  expect(business: BusinessShare): void;
  /**
   * Counts a call against what its business may have at once.
   * @param isBack it was counted before. Default false
   */
  takeSlot(name: string, business: BusinessShare, isBack?: boolean): Promise<BusinessSlots>;
  /** Resolves when what the business's calls took today is counted here, as far as the others know it. */
  knowSpending(business: Business): Promise<void>;
  /** Tells all others what a business's call used, for its limits of the day. */
  spent(businessId: string, spending: Spending): void;
  /** Tells all others of calls that a business has placed, for its limits. */
  placed(businessId: string, calls: PlacedCalls): void;
  /**
   * What another process knows of a call; `live` before how an earlier stream of it ended. Undefined when
   * none knows it.
   */
  stateOf(callSid: string): Promise<PeerCallState | undefined>;
  /** What follows a stream of the call that is over, elsewhere or here; undefined when nobody knows. */
  afterStream(callSid: string): Promise<StreamSequel | undefined>;
  /** An operator does something to a call that is live in another process; undefined when none has it. */
  act(callSid: string, action: OperatorAction): Promise<ActionOutcome | undefined>;
  readonly tokenBinding: TokenBinding;
  /**
   * Uses up the token of this nonce everywhere. False when another process has before; undefined when that
   * cannot be asked.
   */
  redeem(nonce: string, use?: TokenUse): Promise<boolean | undefined>;
  /** Tells all others to discard what they keep for these calls, which are over. */
  forget(...names: string[]): void;
}

/** There are no other processes. */
export const NO_PEERS: PeerInstances = {
  recall: () => Promise.resolve("unknown"),
  arrive: () => Promise.resolve("unknown"),
  reserve: () => Promise.resolve(false),
  isReady: () => Promise.resolve(false),
  takesStreams: false,
  expect: () => {},
  takeSlot: () => Promise.resolve(0),
  knowSpending: () => Promise.resolve(),
  spent: () => {},
  placed: () => {},
  stateOf: () => Promise.resolve(undefined),
  afterStream: () => Promise.resolve(undefined),
  act: () => Promise.resolve(undefined),
  tokenBinding: { name: "", isNeeded: false },
  redeem: () => Promise.resolve(true),
  forget: () => {},
};
