import { NO_BUSINESS } from "../businesses/business.ts";
import { businessWith, type CallVariables } from "../businesses/call_variables.ts";
import type { BusinessDirectory } from "../businesses/directory.ts";
import type { ActionOutcome, OperatorAction } from "../call/call_actions.ts";
import type { CallEnding, EndedCalls } from "../call/ended_calls.ts";
import type { SuspendedCalls } from "../call/suspended_calls.ts";
import { Journal, type JournalState } from "../call/journal/journal.ts";
import type { LiveCalls } from "../call/live_calls.ts";
import type { BusinessSlots, PeerCallState, PeerInstances, Recall, TokenBinding } from "./peer_instances.ts";
import { type Handler, jsonResponse } from "../http/router.ts";
import type { Admission, BusinessShare } from "../admission/admission.ts";
import type { DayLimits, Spending } from "../admission/day_limits.ts";
import type { OutboundLimits } from "../admission/outbound_limits.ts";
import type { PlacedCalls } from "../admission/placed_calls.ts";
import type { Metrics } from "../observability/metrics/metrics.ts";
import type { Clock } from "../util/clock.ts";
import { ExpiringMap } from "../util/expiring_map.ts";
import { receivedAnswers } from "../observability/reports/worker_answers.ts";
import { answerSibling, NOT_RUNNING, type Siblings } from "./siblings.ts";

/**
 * A repeated question gets the same handover again for this long: the first answer may have come too late.
 */
export const HANDOVER_REPEATED_MS = 5_000;
/**
 * Handovers kept for that. The oldest is dropped, and its question then answered as if nothing were known.
 */
const MAX_HANDOVERS = 256;

/**
 * Whether a sibling is ready is asked once in so long: anybody may want to know, as often as they like, and
 * each answer takes a question to each sibling.
 */
export const READY_SERVES_MS = 500;

/** Paths at which workers ask each other about calls. */
const PATHS = {
  take: "/call/take",
  reserve: "/call/reserve",
  state: "/call/state",
  act: "/call/act",
  redeem: "/token/redeem",
  redeemed: "/token/redeemed",
  forget: "/call/forget",
  business: "/business/slots",
  spent: "/business/spent",
  placed: "/business/placed",
  slots: "/slots",
  ready: "/ready",
};

/** Asks for what is kept for a call, by CallSid or the name of a slot. */
interface TakeQuestion {
  name: string;
  /** Identifies the question, so that repeating it hands over nothing more. */
  id: string;
}

/** What one worker hands to another when a call moves there. */
interface Handover {
  /** The call had a slot, which moves with it. */
  hadSlot: boolean;
  /** The call has its stream at the worker that was asked, and has not left it. */
  isLive: boolean;
  suspended: {
    businessId: string;
    journal: JournalState;
    variables?: CallVariables;
    earlierCalls?: number;
  } | null;
}

/** What one worker keeps of its calls. */
export interface WorkerPeerServices {
  admission: Admission;
  suspended: SuspendedCalls;
  calls: Pick<LiveCalls, "leave" | "act">;
  ended: EndedCalls;
  tokens: { wasRedeemed(nonce: string): boolean; redeem(token: { nonce: string }): unknown };
  businesses: BusinessDirectory;
  dayLimits: DayLimits;
  outboundLimits: OutboundLimits;
  metrics: Metrics;
  clock: Clock;
}

/** Routes at which a worker answers its siblings' questions about calls. */
export function workerPeerRoutes(services: WorkerPeerServices): Record<string, Handler> {
  const { admission, ended, suspended, businesses, dayLimits, outboundLimits, tokens, clock } = services;
  const handovers = new ExpiringMap<Handover>({
    maxEntries: MAX_HANDOVERS,
    lifetimeMs: HANDOVER_REPEATED_MS,
    nowMs: () => clock.now(),
  });
  const answerByName = (reply: (name: string) => unknown) =>
    answerSibling(({ name }: { name: string }) => reply(name));
  return {
    [`POST ${PATHS.take}`]: answerSibling(({ name, id }: TakeQuestion) => {
      const before = handovers.get(id);
      if (before) return before;
      const handover = handOver(services, name);
      if (handover.hadSlot || handover.suspended) handovers.set(id, handover);
      return handover;
    }),
    [`POST ${PATHS.reserve}`]: answerByName((name) => ({ reserved: admission.reserve(name) === undefined })),
    [`POST ${PATHS.state}`]: answerByName((name) => ({
      state: admission.isLive(name) ? "live" : ended.ending(name) ?? null,
    })),
    [`POST ${PATHS.act}`]: answerSibling(({ name, action }: { name: string; action: OperatorAction }) => ({
      outcome: services.calls.act(name, action) ?? null,
    })),
    [`POST ${PATHS.redeem}`]: answerByName((nonce) => ({ isFirst: tokens.redeem({ nonce }) === undefined })),
    [`POST ${PATHS.redeemed}`]: answerByName((name) => ({ wasRedeemed: tokens.wasRedeemed(name) })),
    [`POST ${PATHS.business}`]: answerByName((name) => ({ slots: admission.slotsOf(name) })),
    [`POST ${PATHS.spent}`]: answerSibling(({ name, spending }: { name: string; spending: Spending }) => {
      dayLimits.add(businesses.byId(name), spending);
    }),
    [`POST ${PATHS.placed}`]: answerSibling(({ name, placed }: { name: string; placed: PlacedCalls }) => {
      outboundLimits.addElsewhere(businesses.byId(name), placed);
    }),
    [`GET ${PATHS.ready}`]: () => jsonResponse(200, { isReady: admission.readyRefusal === undefined }),
    [`GET ${PATHS.slots}`]: () => jsonResponse(200, { slots: admission.capacity }),
    [`POST ${PATHS.forget}`]: answerSibling(({ names }: { names: string[] }) => {
      for (const name of names) {
        admission.cancel(name);
        suspended.drop(name);
      }
    }),
  };
}

/** Lets a call move to a sibling, with its slot and what it resumes with. */
function handOver({ admission, suspended, calls }: WorkerPeerServices, name: string): Handover {
  // A call may reach a sibling before its stream here has ended. Ending the stream first books what the call
  // used, and releases its slot: the journal that moves must know what has been booked.
  if (suspended.has(name)) calls.leave(name);
  const isLive = admission.isLive(name);
  const call = isLive ? undefined : suspended.take(name);
  const hadSlot = admission.hasReserved(name);
  if (hadSlot) admission.giveAway(name);
  return {
    hadSlot,
    isLive,
    suspended: call
      ? {
        businessId: call.business.id,
        journal: call.journal.state(),
        variables: call.variables,
        earlierCalls: call.earlierCalls,
      }
      : null,
  };
}

/** The other workers of this server, for the handlers of webhooks and streams. */
export class WorkerPeers implements PeerInstances {
  readonly #siblings: Siblings;
  readonly #services: WorkerPeerServices;
  #ready: { askedMs: number; answer: Promise<boolean> } | undefined;

  constructor(siblings: Siblings, services: WorkerPeerServices) {
    this.#siblings = siblings;
    this.#services = services;
  }

  /**
   * Takes the slots that the others leave of `total`. Slots move with calls, so a restarted worker may get
   * more or fewer than it first had. A sibling that does not answer counts as holding its share.
   */
  async takeSlots(total: number, share: (worker: number) => number): Promise<void> {
    const found = await this.#siblings.ask<{ slots: number }>(PATHS.slots);
    const others = found.map((one) => "answer" in one ? one.answer.slots : share(one.worker));
    this.#services.admission.capacity = Math.max(0, others.reduce((left, slots) => left - slots, total));
  }

  async recall(name: string): Promise<Recall> {
    const { admission, suspended, businesses, metrics, clock } = this.#services;
    const question: TakeQuestion = { name, id: crypto.randomUUID() };
    const taken = receivedAnswers(await this.#siblings.askTwice<Handover>(PATHS.take, question));
    for (const { hadSlot, suspended: call } of taken) {
      if (hadSlot) admission.takeOver(name);
      if (!call) continue;
      const business = businesses.byId(call.businessId);
      // When the business has been removed in the meantime, nothing is kept, as if the call were new.
      if (business !== NO_BUSINESS) {
        const { journal, variables, earlierCalls } = call;
        suspended.receive(name, {
          business: businessWith(business, variables),
          journal: new Journal(clock, metrics, journal),
          variables,
          earlierCalls,
        });
      }
    }
    if (taken.some(({ isLive }) => isLive)) return "live";
    return taken.some(({ hadSlot, suspended }) => hadSlot || suspended) ? "recalled" : "unknown";
  }

  /** A call whose slot is here has nothing elsewhere. */
  async arrive(callSid: string): Promise<Recall> {
    return this.#services.admission.hasReserved(callSid) ? "recalled" : await this.recall(callSid);
  }

  /** Asks one sibling after the other, so that only one reserves a slot. */
  async reserve(callSid: string): Promise<boolean> {
    const answers = this.#siblings.inTurn<{ reserved: boolean }>(PATHS.reserve, { name: callSid });
    for await (const found of answers) {
      if ("answer" in found && found.answer.reserved) return true;
    }
    return false;
  }

  isReady(): Promise<boolean> {
    const nowMs = this.#services.clock.now();
    if (this.#ready && nowMs - this.#ready.askedMs < READY_SERVES_MS) return this.#ready.answer;
    const answer = this.#ask<{ isReady: boolean }>(PATHS.ready)
      .then((answers) => answers.some(({ isReady }) => isReady));
    this.#ready = { askedMs: nowMs, answer };
    return answer;
  }

  /** The kernel gives each connection to any of them. */
  readonly takesStreams = false;

  /** Workers answer at once. */
  expect(): void {}

  /** What the siblings hold, for this process to decide by. */
  async takeSlot(_name: string, { id, limits }: BusinessShare): Promise<BusinessSlots> {
    if (limits.callsAtOnce === undefined) return 0;
    const answers = await this.#ask<{ slots: number }>(PATHS.business, { name: id });
    return answers.reduce((sum, { slots }) => sum + slots, 0);
  }

  /** Each is told as soon as it is spent. */
  knowSpending(): Promise<void> {
    return Promise.resolve();
  }

  spent(businessId: string, spending: Spending): void {
    void this.#ask(PATHS.spent, { name: businessId, spending }); // never rejects
  }

  placed(businessId: string, placed: PlacedCalls): void {
    void this.#ask(PATHS.placed, { name: businessId, placed }); // never rejects
  }

  async stateOf(callSid: string): Promise<PeerCallState | undefined> {
    const answers = await this.#ask<{ state: PeerCallState | null }>(PATHS.state, { name: callSid });
    const states = answers.map(({ state }) => state);
    return (["live", "hung_up", "over"] as const).find((state) => states.includes(state));
  }

  /** Workers stop together, and one that dies leaves nothing behind: no call goes on. */
  async afterStream(callSid: string): Promise<CallEnding | undefined> {
    const state = await this.stateOf(callSid);
    return state === "live" ? undefined : state;
  }

  async act(callSid: string, action: OperatorAction): Promise<ActionOutcome | undefined> {
    const question = { name: callSid, action };
    const answers = await this.#ask<{ outcome: ActionOutcome | null }>(PATHS.act, question);
    return answers.find(({ outcome }) => outcome)?.outcome ?? undefined;
  }

  /** The same for all siblings; none of them is ever out of reach. */
  get tokenBinding(): TokenBinding {
    return { name: this.#siblings.name, isNeeded: false };
  }

  /**
   * One worker decides for each token, which its nonce names: of several streams that come at once with the
   * same token to several workers, one gets it. While that worker cannot be asked, all others are.
   */
  async redeem(nonce: string): Promise<boolean> {
    const decides = this.#siblings.chosenBy(nonce);
    if (decides === this.#siblings.self) return true; // it is marked here already
    for (let tries = 0; tries < 2; tries++) {
      const found = await this.#siblings.askOne<{ isFirst: boolean }>(decides, PATHS.redeem, { name: nonce });
      if ("answer" in found) return found.answer.isFirst;
      if (found.missing === NOT_RUNNING) break;
    }
    const answers = await this.#ask<{ wasRedeemed: boolean }>(PATHS.redeemed, { name: nonce });
    return !answers.some(({ wasRedeemed }) => wasRedeemed);
  }

  forget(...names: string[]): void {
    void this.#ask(PATHS.forget, { names }); // never rejects
  }

  async #ask<Answer>(path: string, question?: unknown): Promise<Answer[]> {
    return receivedAnswers(await this.#siblings.ask<Answer>(path, question));
  }
}
