import assert from "node:assert/strict";
import type { Business } from "../../../src/businesses/business.ts";
import { DEFAULT_BUSINESS } from "../../../src/businesses/business.ts";
import { RESUME_WITHIN_MS } from "../../../src/call/conversation/open_interruption.ts";
import { ConversationBench } from "../../support/conversation_bench.ts";

/** A caller who has heard a second of an answer of six, `item_a` of `resp_a`, which is whole. */
function listening(business: Partial<Business> = {}, { isWhole = true } = {}): ConversationBench {
  const bench = new ConversationBench({
    greeting: { ...DEFAULT_BUSINESS.greeting, instructions: "" },
    ...business,
  });
  bench.begin("resp_a");
  bench.audio("resp_a", "item_a", 6_000, "one two three four five six");
  if (isWhole) {
    bench.itemDone("resp_a", "item_a");
    bench.done("resp_a");
  }
  bench.rig.clock.advance(1_000);
  bench.forget();
  return bench;
}

/** Whether the answer is heard on, or is gone for good. */
function fate({ rig: { playback } }: ConversationBench): "open" | "goes on" | "gone" {
  if (playback.isPaused) return "open";
  return playback.unheardMs > 0 ? "goes on" : "gone";
}

Deno.test("OpenInterruption goes on after a sound without words, and has the model forget the sound and the answer to it", () => {
  using bench = listening();
  bench.sound("cough");
  assert.equal(fate(bench), "open");
  bench.begin("resp_b");
  bench.audio("resp_b", "item_b", 500);
  bench.itemDone("resp_b", "item_b");
  bench.transcribe("cough", " ");
  assert.equal(fate(bench), "goes on");
  assert.equal(Math.round(bench.rig.playback.unheardMs), 5_000, "from the very place");
  assert.deepEqual(bench.told, [
    "conversation.item.truncate item_a",
    "conversation.item.create assistant",
    "conversation.item.delete cough",
    "conversation.item.delete item_b",
    "response.cancel resp_b",
  ]);
  bench.forget();
  bench.itemDone("resp_b", "item_c"); // what still comes of it
  assert.deepEqual(bench.told, ["conversation.item.delete item_c"]);
});

Deno.test("OpenInterruption deletes no item without an id: not of the answer that is refused, not of what came of it before", () => {
  using bench = listening();
  bench.sound("cough");
  bench.begin("resp_b");
  for (const itemId of [undefined, ""]) bench.itemDone("resp_b", itemId);
  bench.transcribe("cough", "");
  for (const itemId of [undefined, ""]) bench.itemDone("resp_b", itemId);
  assert.deepEqual(bench.told.filter((event) => event.startsWith("conversation.item.delete")), [
    "conversation.item.delete cough",
  ]);
});

Deno.test("OpenInterruption stands once there are words, whether the answer to them was made before or comes later", () => {
  using early = listening();
  early.sound("turn");
  early.begin("resp_b");
  early.audio("resp_b", "item_b", 500);
  early.transcribe("turn", "What about Monday?");
  assert.equal(Math.round(early.rig.playback.unheardMs), 500, "the answer to it plays");
  using late = listening();
  late.sound("turn");
  late.transcribe("turn", "What about Monday?");
  assert.equal(fate(late), "gone");
  late.rig.clock.advance(2 * RESUME_WITHIN_MS);
  assert.deepEqual(late.told, ["conversation.item.truncate item_a"], "nothing is taken back later");
});

Deno.test("OpenInterruption goes on after words that only show that somebody listens, and lets the model know them", () => {
  using bench = listening();
  bench.sound("mhm");
  bench.transcribe("mhm", "Mhm.");
  assert.equal(fate(bench), "goes on");
  assert.ok(!bench.told.includes("conversation.item.delete mhm"));
});

Deno.test("OpenInterruption takes the same words for a reply at the end of an answer, and a sound without words for none", () => {
  for (const [text, expected] of [["Okay.", "gone"], ["…", "goes on"]] as const) {
    using bench = listening();
    bench.rig.clock.advance(3_600);
    bench.sound("reply");
    bench.transcribe("reply", text);
    assert.equal(fate(bench), expected, text);
  }
});

Deno.test("OpenInterruption goes on when no words come in time, and is interrupted by those that come late", () => {
  using bench = listening();
  bench.sound("turn");
  bench.rig.clock.advance(RESUME_WITHIN_MS - 1);
  assert.equal(fate(bench), "open");
  bench.rig.clock.advance(1);
  assert.equal(fate(bench), "goes on");
  bench.forget();
  bench.begin("resp_b"); // the answer to it, which nobody wants
  assert.deepEqual(bench.told, ["response.cancel resp_b"]);
  bench.done("resp_b", "cancelled");
  bench.forget();
  bench.transcribe("turn", "mhm"); // no words are words too late
  assert.equal(fate(bench), "goes on");
  bench.transcribe("turn", "I want something else."); // twice: that turn is dealt with
  assert.equal(fate(bench), "goes on");
});

Deno.test("OpenInterruption asks for the answer to words that came late", () => {
  using bench = listening();
  bench.sound("turn");
  bench.rig.clock.advance(RESUME_WITHIN_MS);
  bench.begin("resp_b");
  bench.done("resp_b", "cancelled");
  bench.forget();
  bench.transcribe("turn", "I want something else.");
  assert.equal(fate(bench), "gone");
  assert.equal(bench.told.at(-1), "response.create");
  assert.ok(bench.log.names.includes("words_came_late"));
});

Deno.test("OpenInterruption waits less where the caller is far away", () => {
  const greeting = { ...DEFAULT_BUSINESS.greeting, instructions: "" };
  using bench = new ConversationBench({ greeting }, { delayMs: 150 });
  bench.answer("resp_a", "item_a", 6_000);
  bench.rig.clock.advance(1_000);
  bench.sound("cough");
  bench.rig.clock.advance(RESUME_WITHIN_MS - 300 - 1);
  assert.equal(fate(bench), "open");
  bench.rig.clock.advance(1);
  assert.equal(fate(bench), "goes on");
});

Deno.test("OpenInterruption waits for the words of all its turns, and until the caller is silent", () => {
  using bench = listening();
  bench.sound("cough_1");
  bench.event({ type: "input_audio_buffer.speech_started", item_id: "cough_2" });
  bench.transcribe("cough_1", "");
  bench.rig.clock.advance(2 * RESUME_WITHIN_MS);
  assert.equal(fate(bench), "open", "the caller speaks");
  bench.event({ type: "input_audio_buffer.speech_stopped", item_id: "cough_2" });
  assert.equal(fate(bench), "open", "words may come");
  bench.transcribe("cough_2", "");
  assert.equal(fate(bench), "goes on");
  const deleted = bench.told.filter((event) => event.startsWith("conversation.item.delete"));
  assert.deepEqual(deleted, ["conversation.item.delete cough_1", "conversation.item.delete cough_2"]);
});

Deno.test("OpenInterruption goes on by nothing that was transcribed of the sound, and keeps the turn that was not", () => {
  using bench = listening();
  bench.sound("turn");
  bench.transcribe("turn", undefined);
  assert.equal(fate(bench), "goes on");
  assert.deepEqual(bench.log.events.at(-1)?.attributes.reason, "not_transcribed");
  assert.ok(!bench.told.includes("conversation.item.delete turn"));
});

Deno.test("OpenInterruption goes by the model's answer once two turns in a row had no transcription", () => {
  using bench = listening();
  for (const turn of ["turn_1", "turn_2"]) {
    bench.sound(turn, 100);
    bench.rig.clock.advance(RESUME_WITHIN_MS);
    assert.equal(fate(bench), "goes on", turn);
  }
  bench.sound("turn_3", 100);
  bench.begin("resp_b");
  bench.audio("resp_b", "item_b", 500);
  assert.equal(Math.round(bench.rig.playback.unheardMs), 500, "the answer to it plays");
});

Deno.test("OpenInterruption takes a long sound for speech once the model answers it, and a short one only by its words", () => {
  for (const [ms, expected] of [[999, "open"], [1_000, "goes on"]] as const) {
    using bench = listening();
    bench.sound("turn", ms);
    bench.begin("resp_b");
    bench.audio("resp_b", "item_b", 500);
    assert.equal(fate(bench), expected, `${ms} ms`);
    if (expected === "goes on") assert.equal(Math.round(bench.rig.playback.unheardMs), 500);
  }
});

Deno.test("OpenInterruption takes half a second for speech where nothing is transcribed", () => {
  for (const [ms, expected] of [[499, "open"], [500, "gone"]] as const) {
    using bench = listening({ transcription: null });
    bench.sound("turn", ms);
    assert.equal(fate(bench), expected, `${ms} ms`);
  }
});

Deno.test("OpenInterruption stands when the model finds something to do, or is asked to say something else", () => {
  using calling = listening();
  calling.sound("turn");
  calling.begin("resp_b");
  calling.itemDone("resp_b", "call_1", { type: "function_call", call_id: "c1", name: "x", arguments: "{}" });
  assert.equal(fate(calling), "gone");
  using asked = listening();
  asked.sound("turn");
  asked.machines.sequencer.callerIgnored();
  asked.machines.sequencer.request({ purpose: "warning" });
  asked.begin("resp_b", asked.sent.find((event) => event.type === "response.create")?.event_id);
  assert.equal(fate(asked), "gone");
});

Deno.test("OpenInterruption opens for nothing that plays, for what must be heard, and where it is switched off, never", () => {
  using silent = listening();
  silent.rig.clock.advance(10_000);
  silent.sound("turn");
  assert.equal(silent.machines.interruption.isOpen, false);
  using off = listening({ turns: { ...DEFAULT_BUSINESS.turns, resumeAfterFalseInterruption: false } });
  off.sound("turn");
  assert.equal(fate(off), "gone");
  using leaving = listening();
  leaving.machines.goodbye.say("Say goodbye.", { isFinal: true });
  leaving.sound("turn");
  assert.equal(fate(leaving), "goes on");
});

Deno.test("OpenInterruption asks the model to go on when the answer was broken off while it was made", () => {
  for (const isCancelledFirst of [true, false]) {
    using bench = listening({}, { isWhole: false });
    bench.sound("cough");
    if (isCancelledFirst) bench.done("resp_a", "cancelled");
    bench.transcribe("cough", "");
    if (!isCancelledFirst) bench.done("resp_a", "cancelled");
    assert.equal(fate(bench), "goes on");
    assert.deepEqual(bench.told.slice(-2), ["conversation.item.create system", "response.create"]);
  }
  using whole = listening({}, { isWhole: false });
  whole.sound("cough");
  whole.done("resp_a", "completed");
  whole.transcribe("cough", "");
  assert.ok(!whole.told.includes("response.create"), "it was not broken off");
  using leaving = listening({}, { isWhole: false });
  leaving.sound("cough");
  leaving.done("resp_a", "cancelled");
  leaving.machines.goodbye.hangUpAfterwards();
  leaving.transcribe("cough", "");
  assert.ok(!leaving.told.includes("conversation.item.create system"), "the call ends");
});

Deno.test("OpenInterruption plays what still comes of the item that was cut off, and of no other", () => {
  using bench = listening({}, { isWhole: false });
  bench.sound("cough");
  const before = bench.rig.playback.unheardMs;
  bench.audio("resp_a", "item_a", 1_000);
  assert.equal(Math.round(bench.rig.playback.unheardMs - before), 1_000);
  bench.audio("resp_a", "item_a2", 1_000);
  assert.equal(Math.round(bench.rig.playback.unheardMs - before), 1_000);
});

Deno.test("OpenInterruption drops what the model has answered to a sound when another one follows", () => {
  using bench = listening();
  bench.sound("cough_1");
  bench.answer("resp_b", "item_b", 500);
  bench.forget();
  bench.sound("cough_2");
  assert.deepEqual(bench.told, ["conversation.item.delete item_b"], "nobody has heard it");
  bench.transcribe("cough_1", "");
  bench.transcribe("cough_2", "");
  assert.equal(Math.round(bench.rig.playback.unheardMs), 5_000);
});

Deno.test("OpenInterruption tells the model anew what was heard of an answer that is cut off again", () => {
  using bench = listening();
  bench.sound("cough");
  bench.transcribe("cough", "");
  bench.rig.clock.advance(1_000);
  bench.forget();
  bench.sound("turn");
  bench.transcribe("turn", "What about Monday?");
  assert.deepEqual(bench.told, ["conversation.item.delete heard_1_1", "conversation.item.create assistant"]);
});

Deno.test("OpenInterruption is over when something else than the caller's voice takes the place of the answer", () => {
  using bench = listening();
  bench.sound("cough");
  bench.machines.bargeIn.interruptNow();
  assert.equal(fate(bench), "gone");
  bench.forget();
  bench.transcribe("cough", "");
  assert.deepEqual(bench.told, []);
});

Deno.test("OpenInterruption tells a new session nothing of the items of the old one", () => {
  using bench = listening();
  bench.sound("cough");
  bench.rig.clock.advance(RESUME_WITHIN_MS);
  bench.machines.interruption.sessionBegan();
  bench.forget();
  bench.begin("resp_b");
  assert.deepEqual(bench.told, [], "it is not the answer that nobody wanted");
});

Deno.test("OpenInterruption lets a short sound pass below the answer, and interrupts by its words after all", () => {
  const turns = { ...DEFAULT_BUSINESS.turns, minInterruptionMs: 500 };
  for (const [text, expected] of [["", "goes on"], ["Stop!", "gone"]] as const) {
    using bench = listening({ turns });
    bench.sound("turn");
    assert.equal(fate(bench), "goes on");
    bench.transcribe("turn", text);
    assert.equal(fate(bench), expected, text);
  }
});
