import { isObject } from "../../util/is_object.ts";
import type {
  CallPlaceDocument,
  DayDocument,
  InstanceDocument,
  SlotDocument,
  TalkDocument,
} from "./fleet_documents.ts";

/**
 * What documents say. Those of another version may lack what was added since, and have more than this one
 * knows: fields that are not known count for nothing, and values are taken for what does the least harm.
 *
 * What no instance has written, of whatever version, is undefined: it may be of another program, or of
 * whoever else may write there. One that was believed would fail each webhook of each instance.
 */

const isDate = (value: unknown): value is Date => value instanceof Date && Number.isFinite(value.getTime());
const isAmount = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;
const isText = (value: unknown): value is string => typeof value === "string";
const isTextOrNull = (value: unknown): value is string | null => value === null || isText(value);

/** One that says nothing of slots has none, as far as is known: it lives all the same. */
export function readInstance(value: unknown): InstanceDocument | undefined {
  if (!isObject(value)) return undefined;
  const { _id, at, startedAt, version, address, calls, free, refusal, held = [] } = value;
  const isWhole = isText(_id) && isDate(at) && isDate(startedAt) && isText(version) &&
    isTextOrNull(address) && isAmount(calls) && isAmount(free) && isTextOrNull(refusal) && areHeld(held);
  if (!isWhole) return undefined;
  const proof = isText(value.proof) ? value.proof : undefined;
  return { _id, at, startedAt, version, address, proof, calls, free, refusal, held };
}

function areHeld(value: unknown): value is InstanceDocument["held"] {
  return Array.isArray(value) &&
    value.every((one) => isObject(one) && isText(one.business) && isAmount(one.slots));
}

export function readSlot(value: unknown): SlotDocument | undefined {
  if (!isObject(value)) return undefined;
  const { _id, business, call, instance, at } = value;
  const isWhole = isText(_id) && isText(business) && isText(call) && isText(instance) && isDate(at);
  return isWhole ? { _id, business, call, instance, at } : undefined;
}

/** An ending that is not known is one: the call is not taken up again, and its caller gets the fallback. */
export function readPlace(value: unknown): CallPlaceDocument | undefined {
  if (!isObject(value)) return undefined;
  const { _id, instance, ending = null, token, at } = value;
  const isWhole = isText(_id) && isText(instance) && isDate(at) && isTextOrNull(ending) &&
    (token === undefined || isText(token));
  if (!isWhole) return undefined;
  return { _id, instance, ending: ending === null || ending === "hung_up" ? ending : "over", token, at };
}

/** A talk that is kept for a reason that is not known is one that is away, and may come back. */
export function readTalk(value: unknown): TalkDocument | undefined {
  if (!isObject(value)) return undefined;
  const { _id, version, instance, why, business, talk, at } = value;
  const isWhole = isText(_id) && isText(version) && isText(instance) && isText(why) && isText(business) &&
    isText(talk) && isDate(at);
  if (!isWhole) return undefined;
  const known = why === "checkpoint" || why === "moved" ? why : "suspended";
  return { _id, version, instance, why: known, business, talk, at };
}

/** What was not counted is nothing; what was is money, and counts whatever stands beside it. */
export function readDay(value: unknown): DayDocument | undefined {
  if (!isObject(value)) return undefined;
  const { _id, business, date, minutes = 0, costUsd = 0, placedCalls = 0, placedCostUsd = 0, at } = value;
  const isWhole = isText(_id) && isText(business) && isText(date) && isAmount(minutes) &&
    isAmount(costUsd) && isAmount(placedCalls) && isAmount(placedCostUsd) && isDate(at);
  return isWhole ? { _id, business, date, minutes, costUsd, placedCalls, placedCostUsd, at } : undefined;
}
