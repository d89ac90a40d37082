import assert from "node:assert/strict";
import fc from "fast-check";
import { HANDLED } from "../../src/model/events.ts";
import type { ModelEvent } from "../support/model_openai.ts";
import { PoliteCall } from "../support/polite_caller.ts";

const RUNS = 150;
const SEED = 2_026;
/** A talk whose session has to be replaced for one event that got lost is silent for so long at most. */
const MAX_SILENCE_MS = 8_000;
const HUGE = "x".repeat(100_000);

/** What becomes of a field. */
type Change = "drop" | "null" | "number" | "text" | "list" | "nest" | "huge" | "empty";
const CHANGES: readonly Change[] = ["drop", "null", "number", "text", "list", "nest", "huge", "empty"];

function changed(value: unknown, change: Change): unknown {
  switch (change) {
    case "drop":
      return undefined;
    case "null":
      return null;
    case "number":
      return typeof value === "number" ? "7" : 7;
    case "text":
      return "text";
    case "list":
      return [value];
    case "nest":
      return { inner: value };
    case "huge":
      return HUGE;
    case "empty":
      return typeof value === "string" ? "" : {};
  }
}

/** The paths of all fields of an event, those of its objects included, but its type. */
function paths(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) =>
    path.length === 0 && name === "type" ? [] : [[...path, name], ...paths(field, [...path, name])]
  );
}

function mutated(event: ModelEvent, at: number, change: Change): unknown {
  const all = paths(event);
  const path = all[at % all.length];
  const copy = structuredClone(event);
  let object: Record<string, unknown> = copy;
  for (const name of path.slice(0, -1)) object = object[name] as Record<string, unknown>;
  const name = path.at(-1)!;
  object[name] = changed(object[name], change);
  return copy;
}

function faultOf(talk: PoliteCall): string | undefined {
  const { call, turns, longestSilence: { ms } } = talk;
  const { reason } = call.ended[0] ?? {};
  if (call.errors.length > 0) return `threw ${call.errors}`;
  if (call.log.names.includes("realtime_error")) {
    const thrown = call.log.events.find(({ attributes }) => attributes.code === "realtime_handler_failed");
    if (thrown) return `threw ${thrown.attributes.message}`;
  }
  if (reason !== "caller_hung_up" || turns.length < 4) return `${reason} after ${turns.length} turns`;
  return ms > MAX_SILENCE_MS ? `${ms} ms of silence` : undefined;
}

Deno.test("A talk has events of every kind that is handled, but of those that only time or a failure brings", async () => {
  const { sent } = await PoliteCall.run();
  const rare = [
    "error",
    "input_audio_buffer.timeout_triggered",
    "conversation.item.truncated",
    "conversation.item.deleted",
    "conversation.item.input_audio_transcription.delta",
    "response.mcp_call.failed",
  ];
  assert.deepEqual(HANDLED.filter((type) => !sent.includes(type)), rare);
});

Deno.test("A single event of any kind with a field that is missing, or is not what it should be, changes no talk", async () => {
  const { sent } = await PoliteCall.run();
  const firsts = HANDLED.map((type) => sent.indexOf(type)).filter((index) => index >= 0);
  const where = fc.oneof(fc.constantFrom(...firsts), fc.nat(sent.length - 1));
  await fc.assert(
    fc.asyncProperty(where, fc.nat(40), fc.constantFrom(...CHANGES), async (which, at, change) => {
      const talk = await PoliteCall.run((event, index) =>
        index === which ? mutated(event, at, change) : event
      );
      assert.equal(faultOf(talk), undefined, sent[which]);
    }),
    { numRuns: RUNS, seed: SEED },
  );
});

Deno.test("Events that are malformed again and again throw nowhere, and the call comes to an end that is heard", async () => {
  const share = fc.integer({ min: 2, max: 12 });
  await fc.assert(
    fc.asyncProperty(share, fc.nat(1_000), async (every, salt) => {
      const talk = await PoliteCall.run((event, index) =>
        (index * 7 + salt) % every === 0
          ? mutated(event, index + salt, CHANGES[(index + salt) % CHANGES.length])
          : event
      );
      const { call } = talk;
      assert.deepEqual(call.errors, []);
      const thrown = call.log.events.find(({ attributes }) => attributes.code === "realtime_handler_failed");
      assert.equal(thrown?.attributes.message, undefined);
      assert.ok(talk.longestSilence.ms <= 13_000, `${talk.longestSilence.ms} ms of silence`);
      assert.ok(["caller_hung_up", "agent_lost"].includes(call.ended[0].reason), call.ended[0].reason);
    }),
    { numRuns: 40, seed: SEED },
  );
});

Deno.test("An event without what is needed of it is skipped, and the log counts it at the call's end", async () => {
  const { sent } = await PoliteCall.run();
  const lost = [sent.indexOf("conversation.item.added"), sent.indexOf("response.output_item.done")];
  const { call, turns } = await PoliteCall.run((event, index) =>
    lost.includes(index) ? { type: event.type } : event
  );
  assert.equal(turns.length, 4);
  const ended = call.log.events.find(({ event }) => event === "call_ended");
  assert.equal(ended?.attributes.malformedEvents, lost.length);
});
