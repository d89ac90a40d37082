import { maskNumber } from "../observability/redaction/redact_attributes.ts";
import {
  type CallMemory,
  type CallSnapshot,
  type CallState,
  ledgerBytes,
} from "../observability/reports/call_snapshot.ts";
import { type CallTalk, MAX_ENTRIES_SHOWN, MAX_TURNS_SHOWN } from "../observability/reports/call_talk.ts";
import { namesIn } from "../records/redact_record.ts";
import type { Clock } from "../util/clock.ts";
import type { CallServices } from "./call_services.ts";
import type { CallInfo } from "./call_summary.ts";
import type { Journal } from "./journal/journal.ts";
import { ShownTalk, ShownWords } from "./shown_talk.ts";

/** The latest entries of a transcript, in which names are looked for to be masked. */
const ENTRIES_WITH_NAMES = 100;

/** Of a long talk, so many entries at a time are no longer shown. */
const TALK_STEP = 100;

/** What a call is shown by. */
export interface ShownCallParts {
  info: CallInfo;
  clock: Clock;
  journal: Journal;
  callCost: CallServices["callCost"];
}

/** A live call as operators see it. */
export class ShownCall {
  readonly #parts: ShownCallParts;
  readonly #words = new ShownWords();
  /** Made when somebody follows the talk; nobody holds it when nobody does. */
  #talk: WeakRef<ShownTalk> | undefined;

  constructor(parts: ShownCallParts) {
    this.#parts = parts;
  }

  /** The call as it is now. @param memory what it holds @param state what it is about */
  snapshot(memory: CallMemory, state: CallState): CallSnapshot {
    const { info, clock, journal, callCost } = this.#parts;
    const { callSid, business, isOutbound = false } = info;
    const { durationMs, usage, latency, lastTurn } = journal.soFar();
    return {
      callSid,
      business: business.id,
      number: shownParty(isOutbound ? info.to : info.from),
      isOutbound,
      startedAtEpochMs: Math.round(clock.epoch() - durationMs),
      durationMs: Math.round(durationMs),
      state,
      memory,
      ledgerBytes: ledgerBytes(memory),
      latency: latency ?? null,
      costUsd: callCost(business, usage) ?? null,
      lastWords: lastTurn
        ? {
          speaker: lastTurn.kind === "user" ? "caller" : "agent",
          text: this.#words.masked(lastTurn.text, () => this.#namesToMask()),
        }
        : null,
    };
  }

  /** The call with its talk. @param isMasked whether personal data is replaced */
  talk(state: CallState, isMasked: boolean): CallTalk {
    const { info, journal, callCost } = this.#parts;
    const { business, isOutbound = false } = info;
    const { durationMs, usage } = journal.soFar();
    const { count, turns } = journal.answered;
    const entries = journal.transcript.entries();
    // In steps, so that what is shown does not begin elsewhere with each entry.
    const earlier = TALK_STEP * Math.ceil(Math.max(0, entries.length - MAX_ENTRIES_SHOWN) / TALK_STEP);
    const masksNames = business.records.redact.includes("name");
    let talk = this.#talk?.deref();
    if (!talk) this.#talk = new WeakRef(talk = new ShownTalk());
    return {
      about: {
        business: business.id,
        number: shownParty(isOutbound ? info.to : info.from),
        isOutbound,
        targets: business.transfers.map(({ name }) => name),
      },
      state,
      durationMs: Math.round(durationMs),
      costUsd: callCost(business, usage) ?? null,
      entries: talk.entries(entries.slice(earlier), isMasked, masksNames),
      earlier,
      turns: turns.slice(-MAX_TURNS_SHOWN).map(({ receivedMs, sentMs, playedMs }) => ({
        receivedMs: Math.round(receivedMs),
        sentMs: Math.round(sentMs),
        playedMs: Math.round(playedMs),
      })),
      turnCount: count,
    };
  }

  /** The names that the business's records leave out, as far as they were told lately. */
  #namesToMask(): string[] {
    const { info, journal } = this.#parts;
    if (!info.business.records.redact.includes("name")) return [];
    return namesIn(journal.transcript.entries().slice(-ENTRIES_WITH_NAMES));
  }
}

/** Such as `…23` for a number; `client` or `sip` for an address that is none. */
function shownParty(address: string): string {
  return /^(client|sip):/.exec(address)?.[1] ?? maskNumber(address);
}
