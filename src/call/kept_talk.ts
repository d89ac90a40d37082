import { decodedBase64 } from "../audio/base64.ts";
import type { CallVariables } from "../businesses/call_variables.ts";
import { isObject } from "../util/is_object.ts";
import type { JournalState } from "./journal/journal.ts";
import { readJournal } from "./journal/read_journal.ts";
import type { CarriedTalk } from "./suspended_calls.ts";

/** A suspended call as JSON. */
export interface KeptTalk {
  readonly journal: JournalState;
  readonly variables?: CallVariables;
  readonly earlierCalls?: number;
  readonly carried?: CarriedTalk;
  readonly rescues: number;
}

/**
 * What was kept of a talk, perhaps by another version: see {@link readJournal}. What this one does not know,
 * or not in that form, is left out. Undefined for what is no talk at all.
 */
export function readKeptTalk(text: string): KeptTalk | undefined {
  const kept = parsed(text);
  const journal = readJournal(kept?.journal);
  if (!kept || !journal) return undefined;
  const { variables, earlierCalls, carried, rescues } = kept;
  return {
    journal,
    variables: isObject(variables) ? textsOf(variables) : undefined,
    earlierCalls: isCount(earlierCalls) ? earlierCalls : undefined,
    carried: isObject(carried)
      ? { callerAudio: audioOf(carried.callerAudio), agentAudio: audioOf(carried.agentAudio) }
      : undefined,
    rescues: isCount(rescues) ? rescues : 0,
  };
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // it is no JSON
  }
}

function textsOf(values: Record<string, unknown>): CallVariables {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** A second is lost rather than the call. */
function audioOf(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  try {
    decodedBase64(value);
    return value;
  } catch {
    return undefined; // it is no base64
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
