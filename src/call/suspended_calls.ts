import type { Business } from "../businesses/business.ts";
import type { CallVariables } from "../businesses/call_variables.ts";
import { ExpiringMap } from "../util/expiring_map.ts";
import type { Journal, JournalState } from "./journal/journal.ts";

/** Suspended calls remembered; the oldest is forgotten beyond it and comes back as a new conversation. */
export const MAX_SUSPENDED_CALLS = 1_000;
/** A call that has not come back after this long is in a long talk elsewhere. */
export const SUSPENSION_LIFETIME_MS = 10 * 60_000;

/** What a suspended call needs to go on when it comes back. */
export interface SuspendedCall {
  /** As the call began with it, whatever has become of its file meanwhile. */
  readonly business: Business;
  /** What was written down so far: when the call began, what was said, used and heard. */
  readonly journal: Journal;
  /** What its business's texts were filled with. */
  readonly variables?: CallVariables;
  /** Calls of the caller before this one; undefined where that was not asked for. */
  readonly earlierCalls?: number;
  /** What was under way when the call left in the middle of the talk. */
  readonly carried?: CarriedTalk;
  /** How often another process took the call up because the one that had it died. Default 0. */
  readonly rescues?: number;
}

/** The same for another process. */
export type KeptCall = Omit<SuspendedCall, "journal"> & { readonly journal: JournalState };

/** What is under way in a talk that changes processes. Audio is base64 of mu-law, 8 kHz. */
export interface CarriedTalk {
  /** What the caller said last, in whole or in part: the model has not answered it. */
  readonly callerAudio?: string;
  /** What the agent said and the caller has not heard. */
  readonly agentAudio?: string;
}

/** The item that is played of {@link CarriedTalk.agentAudio}: no session knows it. */
export const CARRIED_ITEM = "carried";

/** Who is told of calls that leave and may come back. */
export interface SuspensionObserver {
  kept(callSid: string, call: KeptCall): void;
  /** The stream that it left is over: so it goes on. */
  left(callSid: string, call: KeptCall): void;
  dropped(callSid: string): void;
}

/**
 * Calls that left their stream and may come back to it: while a transfer rings, or key tones are played.
 * Keeps by CallSid what the resumed call needs, for one resumption. In memory only: workers on one port hand
 * it on to each other, and instances of a fleet keep it in their database too. A call that comes back to any
 * other process starts anew.
 */
export class SuspendedCalls {
  readonly #calls: ExpiringMap<SuspendedCall>;

  readonly #observer: SuspensionObserver | undefined;

  /**
   * @param nowMs monotonic time in milliseconds
   * @param observer default: nobody is told
   */
  constructor(nowMs: () => number, observer?: SuspensionObserver) {
    this.#observer = observer;
    this.#calls = new ExpiringMap({
      maxEntries: MAX_SUSPENDED_CALLS,
      lifetimeMs: SUSPENSION_LIFETIME_MS,
      nowMs,
    });
  }

  get size(): number {
    return this.#calls.size;
  }

  /** Whether the call is away and may come back. */
  has(callSid: string): boolean {
    return this.#calls.has(callSid);
  }

  /** What the call will go on with; undefined when it is not away. */
  get(callSid: string): SuspendedCall | undefined {
    return this.#calls.get(callSid);
  }

  /** Keeps `call` until it comes back. To be done before Twilio is told: it may be back at once. */
  put(callSid: string, call: SuspendedCall): void {
    this.#calls.set(callSid, call);
    this.#observer?.kept(callSid, { ...call, journal: call.journal.state() });
  }

  /** The stream of a call is over, which may be away. @param journal what is written down of it then */
  left(callSid: string, journal: JournalState): void {
    const call = this.#calls.get(callSid);
    if (call) this.#observer?.left(callSid, { ...call, journal });
  }

  /** Keeps a call that another process has let go, or is about to. */
  receive(callSid: string, call: SuspendedCall): void {
    this.#calls.set(callSid, call);
  }

  /** What was kept for the call, once. */
  take(callSid: string): SuspendedCall | undefined {
    const call = this.#calls.get(callSid);
    this.#calls.delete(callSid);
    return call;
  }

  /** Forgets a call that will not come back. */
  drop(callSid: string): void {
    this.#calls.delete(callSid);
    this.#observer?.dropped(callSid);
  }

  /** Forgets a call that has come back elsewhere. */
  leave(callSid: string): void {
    this.#calls.delete(callSid);
  }
}
