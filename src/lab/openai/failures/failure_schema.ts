import * as v from "valibot";
import type { Failure } from "./failure_script.ts";

const AMOUNT = v.pipe(v.number(), v.minValue(0));
const TEXT = v.optional(v.string());
const NUMBERS = v.optional(v.union([
  v.number(),
  v.array(v.number()),
  v.strictObject({ from: v.optional(v.number()), to: v.optional(v.number()) }),
]));

const POINT = v.variant("on", [
  v.strictObject({
    on: v.picklist(["session_created", "session_updated", "session_update", "function_call_output"]),
  }),
  v.strictObject({ on: v.picklist(["appended", "elapsed"]), afterMs: AMOUNT }),
  v.strictObject({ on: v.picklist(["speech_started", "speech_stopped"]), turns: NUMBERS }),
  v.strictObject({
    on: v.picklist(["response_created", "response_done", "function_call"]),
    responses: NUMBERS,
  }),
  v.strictObject({ on: v.literal("audio"), afterMs: AMOUNT, responses: NUMBERS }),
]);

/** A failure as a file has it. JSON has no `Infinity`. */
export const FAILURE: v.GenericSchema<unknown, Failure> = v.variant("failure", [
  failure("refuse_upgrade", { status: AMOUNT, code: TEXT, message: TEXT }),
  failure("refuse_key", {}),
  failure("ignore_upgrade", {}),
  failure("short_session", { seconds: AMOUNT }),
  failure("drop", { at: POINT }),
  failure("close", { at: POINT, code: AMOUNT, reason: TEXT }),
  failure("stall", { at: POINT }),
  failure("stop_reading", { at: POINT }),
  failure("error", { at: POINT, code: v.string(), message: TEXT, type: TEXT }),
  failure("expire", { at: POINT }),
  failure("inject", { at: POINT, event: v.looseObject({ type: v.string() }) }),
  failure("silent_model", { turns: NUMBERS }),
  failure("slow_response", { delayMs: AMOUNT, responses: NUMBERS }),
  failure("response_fails", {
    code: v.string(),
    message: TEXT,
    type: TEXT,
    afterMs: v.optional(AMOUNT),
    responses: NUMBERS,
  }),
  failure("response_incomplete", {
    reason: v.picklist(["max_output_tokens", "content_filter"]),
    afterMs: v.optional(AMOUNT),
    responses: NUMBERS,
  }),
  failure("late_deltas", {
    count: AMOUNT,
    after: v.optional(v.picklist(["speech_started", "response_done"])),
    responses: NUMBERS,
  }),
  failure("cut_function_call", { chars: AMOUNT, holdMs: v.optional(AMOUNT), responses: NUMBERS }),
  failure("duplicate_arguments_done", { responses: NUMBERS }),
  failure("transcription", {
    order: v.picklist(["before_response", "after_response", "after_next_turn", "failed", "never"]),
    turns: NUMBERS,
  }),
]);

function failure<const Name extends string, const Entries extends v.ObjectEntries>(
  name: Name,
  entries: Entries,
) {
  return v.strictObject({ failure: v.literal(name), sessions: NUMBERS, ...entries });
}
