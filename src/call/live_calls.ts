import type { CallInfo, CallSummary } from "./call_summary.ts";
import type { ActionOutcome, OperatorAction } from "./call_actions.ts";
import type { CallEngine, CallServices } from "./call_services.ts";
import { CallSession } from "./call_session.ts";
import { type CallStream, isReturningCall } from "../carrier/carrier.ts";
import { addCounts } from "./journal/usage.ts";
import type { CallTalk } from "../observability/reports/call_talk.ts";
import type { CallMemory, CallSnapshot } from "../observability/reports/call_snapshot.ts";

/** Who is told of all calls. */
export interface CallObserver {
  onStarted?(call: CallSession): void;
  /** The call is over, and has released all that it held. */
  onEnded?(call: CallSession, summary: CallSummary): void;
}

/** Calls that are over and of which something is still to come. Of more than these the oldest is settled. */
const MAX_ENDING = 256;

/** The calls of this process, and how many there have been. Bounded by admission. */
export class LiveCalls {
  readonly #calls = new Set<CallSession>();
  /** Calls that are over and of which something is still to come, with what ends the wait. */
  readonly #ending = new Map<CallSession, PromiseWithResolvers<void>>();
  readonly #observer: CallObserver;
  #peak = 0;
  #total = 0;

  constructor(observer: CallObserver = {}) {
    this.#observer = observer;
  }

  get active(): number {
    return this.#calls.size;
  }

  /** Most calls at once since the start. */
  get peak(): number {
    return this.#peak;
  }

  /** Calls since the start. One that has come back is the same call. */
  get total(): number {
    return this.#total;
  }

  /** What all live calls hold, added up. */
  get memory(): CallMemory {
    let sum: CallMemory = { outputRing: 0, inputRing: 0, engine: 0, backlog: 0 };
    for (const call of this.#calls) sum = addCounts(sum, call.memory);
    return sum;
  }

  /** The live calls, oldest first. */
  get all(): CallSession[] {
    return [...this.#calls];
  }

  /** The live calls as they are now, oldest first. @param most of them, the latest */
  snapshots(most = Infinity): CallSnapshot[] {
    return [...this.#calls].slice(-most).map((call) => call.snapshot());
  }

  /**
   * A call with its talk, while it is live or its last words are still to come; undefined when it is neither.
   *
   * @param isMasked whether personal data is replaced
   */
  talk(callSid: string, isMasked: boolean): CallTalk | undefined {
    for (const call of [...this.#calls, ...this.#ending.keys()]) {
      if (call.info.callSid === callSid) return call.talk(isMasked);
    }
    return undefined;
  }

  /** Releases memory that the buffers of live calls do not need now. Returns how many bytes. */
  trim(): number {
    let bytes = 0;
    for (const call of this.#calls) bytes += call.trim();
    return bytes;
  }

  /**
   * Starts a call on an accepted stream, with the audio engine of its business. `onEnd` is told once, after
   * the call has released all that it held, and whether it goes on in another process.
   */
  start(
    stream: CallStream,
    info: CallInfo,
    services: CallServices,
    engine: CallEngine,
    onEnd: (isMoved: boolean) => void,
  ): CallSession {
    this.#settle(info.callSid); // the record of its last stream comes before that of this one
    const call = new CallSession(stream, info, services, engine, {
      released: (isMoved) => {
        this.#calls.delete(call);
        if (this.#ending.size >= MAX_ENDING) this.#ending.keys().next().value?.settle();
        this.#ending.set(call, Promise.withResolvers());
        onEnd(isMoved);
      },
      ended: (summary) => {
        this.#observer.onEnded?.(call, summary);
        this.#ending.get(call)?.resolve();
        this.#ending.delete(call);
      },
    });
    this.#calls.add(call);
    this.#observer.onStarted?.(call);
    if (!isReturningCall(info.resume)) this.#total++;
    this.#peak = Math.max(this.#peak, this.#calls.size);
    return call;
  }

  /** An operator does something to a call. Undefined when it is not live here. */
  act(callSid: string, action: OperatorAction): ActionOutcome | undefined {
    for (const call of this.#calls) if (call.info.callSid === callSid) return call.act(action);
  }

  /** Twilio says that a call is over. Its stream may not: what lies between may keep that open. */
  over(callSid: string): void {
    for (const call of [...this.#calls]) if (call.info.callSid === callSid) call.onEnd("stopped");
  }

  /** Ends the stream of a call that already goes on in another process, before Twilio reports the stop. */
  leave(callSid: string): void {
    this.over(callSid);
    this.#settle(callSid);
  }

  /** Ends all calls. Resolves when all is known of them. */
  async endAll(): Promise<void> {
    for (const call of [...this.#calls]) call.end("server_stopped");
    for (const call of [...this.#ending.keys()]) call.settleSoon();
    await Promise.all([...this.#ending.values()].map(({ promise }) => promise));
  }

  #settle(callSid: string): void {
    for (const call of [...this.#ending.keys()]) if (call.info.callSid === callSid) call.settle();
  }
}
