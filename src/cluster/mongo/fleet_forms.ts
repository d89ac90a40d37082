import { isObject } from "../../util/is_object.ts";
import type {
  CallPlaceDocument,
  DayDocument,
  InstanceDocument,
  SlotDocument,
  TalkDocument,
} from "./fleet_documents.ts";

/**
 * Whether documents are what instances write. Others may stand there: of another version, of another program,
 * or of whoever else may write there. They count for nothing; one that was believed would fail each webhook
 * of each instance.
 */

const isDate = (value: unknown): value is Date => value instanceof Date && Number.isFinite(value.getTime());
const isAmount = (value: unknown) => typeof value === "number" && Number.isFinite(value) && value >= 0;
const isText = (value: unknown) => typeof value === "string";
const isTextOrNull = (value: unknown) => value === null || isText(value);

export function isInstance(value: unknown): value is InstanceDocument {
  if (!isObject(value)) return false;
  const { _id, at, startedAt, version, address, calls, free, refusal, held } = value;
  return isText(_id) && isDate(at) && isDate(startedAt) && isText(version) && isTextOrNull(address) &&
    isAmount(calls) && isAmount(free) && isTextOrNull(refusal) &&
    Array.isArray(held) && held.every((one) => isObject(one) && isText(one.business) && isAmount(one.slots));
}

export function isSlot(value: unknown): value is SlotDocument {
  if (!isObject(value)) return false;
  const { _id, business, call, instance, at } = value;
  return isText(_id) && isText(business) && isText(call) && isText(instance) && isDate(at);
}

export function isPlace(value: unknown): value is CallPlaceDocument {
  if (!isObject(value)) return false;
  const { _id, instance, ending, token, at } = value;
  return isText(_id) && isText(instance) && isDate(at) && (token === undefined || isText(token)) &&
    (ending === null || ending === "hung_up" || ending === "over");
}

export function isTalk(value: unknown): value is TalkDocument {
  if (!isObject(value)) return false;
  const { _id, version, instance, why, business, talk, at } = value;
  return isText(_id) && isText(version) && isText(instance) && isText(business) && isText(talk) &&
    isDate(at) && (why === "checkpoint" || why === "suspended" || why === "moved");
}

export function isDay(value: unknown): value is DayDocument {
  if (!isObject(value)) return false;
  const { _id, business, date, minutes, costUsd, placedCalls, placedCostUsd } = value;
  return isText(_id) && isText(business) && isText(date) &&
    [minutes, costUsd, placedCalls, placedCostUsd].every(isAmount);
}
