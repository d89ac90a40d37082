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

/** How many interruptions were taken back, and stood. */
function outcomes({ metrics }: ConversationBench): Record<string, number> {
  return Object.fromEntries(metrics.valuesOf("interruptions"));
}

/** What the transcript has of the agent's words. */
function said({ journal }: ConversationBench): string[] {
  return journal.transcript.entries().flatMap((entry) => entry.kind === "assistant" ? [entry.text] : []);
}

/** Behind which items the model was told something. */
function places({ sent }: ConversationBench): (string | undefined)[] {
  return sent.flatMap((event) => event.type === "conversation.item.create" ? [event.previous_item_id] : []);
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
  assert.equal(bench.log.events.at(-1)?.attributes.reason, "no_words");
  assert.deepEqual(places(bench), ["item_a"]);
  assert.ok(!bench.machines.timers.answer.isAwaiting);
  assert.deepEqual(outcomes(bench), { taken_back: 1 });
  assert.deepEqual(said(bench), ["one two three four five six"]);
  bench.forget();
  bench.itemDone("resp_b", "item_c"); // what still comes of it
  bench.audio("resp_b", "item_c", 500);
  assert.equal(Math.round(bench.rig.playback.unheardMs), 5_000);
  bench.itemDone("resp_b", "call_1", {
    type: "function_call",
    call_id: "c1",
    name: "x",
    arguments: "{}",
    status: "completed",
  });
  assert.equal(bench.machines.functions.running, 0);
  assert.deepEqual(bench.told, ["conversation.item.delete item_c", "conversation.item.delete call_1"]);
  bench.transcribe("cough", "Stop!"); // once more, and too late
  assert.equal(fate(bench), "goes on");
});

Deno.test("OpenInterruption cancels no answer that is complete", () => {
  using bench = listening();
  bench.sound("cough");
  bench.answer("resp_b", "item_b", 500);
  bench.transcribe("cough", "");
  assert.ok(!bench.told.some((event) => event.startsWith("response.cancel")));
  bench.forget();
  bench.begin("resp_c"); // the answer to something else
  bench.audio("resp_c", "item_c", 500);
  assert.equal(Math.round(bench.rig.playback.unheardMs), 5_500);
  assert.deepEqual(bench.told, []);
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
  assert.deepEqual(outcomes(early), { stands: 1 });
  using late = listening();
  late.sound("turn");
  late.transcribe("turn", "What about Monday?");
  assert.equal(late.machines.interruption.isOpen, false);
  assert.equal(fate(late), "gone");
  late.rig.clock.advance(2 * RESUME_WITHIN_MS);
  assert.deepEqual(late.told, ["conversation.item.truncate item_a"]);
  assert.ok(!late.log.names.includes("interruption_taken_back"));
});

Deno.test("OpenInterruption goes on after words that only show that somebody listens, and lets the model know them", () => {
  using bench = listening();
  bench.sound("mhm");
  bench.transcribe("mhm", "Mhm.");
  assert.equal(fate(bench), "goes on");
  assert.ok(!bench.told.includes("conversation.item.delete mhm"));
  assert.ok(!bench.machines.timers.answer.isAwaiting, "it asks for none");
});

Deno.test("OpenInterruption takes the same words for a reply at the end of an answer, and a sound without words for none", () => {
  for (
    const [text, leftMs, expected] of [
      ["Okay.", 1_500, "goes on"],
      ["Okay.", 1_499, "gone"],
      ["…", 1_499, "goes on"],
    ] as const
  ) {
    using bench = listening();
    bench.rig.clock.advance(5_000 - leftMs);
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
  assert.deepEqual(said(bench), ["one two three four five six"]);
  assert.equal(bench.told.filter((event) => event.endsWith("item_b")).length, 1);
  bench.begin("resp_c"); // the answer to the second one
  assert.equal(bench.told.at(-1), "response.cancel resp_c");
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
  assert.deepEqual(bench.told, ["conversation.item.truncate item_a"], "once, and right");
  assert.deepEqual(outcomes(bench), { stands: 1 });
  const interruptions = bench.journal.transcript.entries().filter(({ kind }) => kind === "interruption");
  assert.equal(interruptions.length, 1);
  bench.forget();
  bench.transcribe("cough", "");
  assert.deepEqual(bench.told, []);
});

Deno.test("OpenInterruption drops the answer to a sound as well when something else takes its place", () => {
  using bench = listening();
  bench.sound("cough");
  bench.answer("resp_b", "item_b", 500);
  bench.forget();
  bench.machines.bargeIn.interruptNow();
  assert.equal(fate(bench), "gone");
  assert.deepEqual(bench.told, ["conversation.item.delete item_b"]);
});

Deno.test("OpenInterruption tells a new session nothing of the items of the old one", () => {
  using bench = listening();
  bench.sound("cough");
  bench.rig.clock.advance(RESUME_WITHIN_MS);
  bench.machines.interruption.sessionBegan();
  bench.forget();
  bench.begin("resp_b");
  assert.deepEqual(bench.told, [], "it is not the answer that nobody wanted");
  assert.equal(
    bench.machines.interruption.retells({
      itemId: "item_a",
      responseId: "",
      heardMs: 1,
      sentMs: 1,
      receivedMs: 1,
    }),
    false,
  );
});

Deno.test("OpenInterruption refuses nothing in a new session, and asks for no rest of the old one's answer", () => {
  using bench = listening({}, { isWhole: false });
  bench.sound("cough");
  bench.begin("resp_b");
  bench.transcribe("cough", "");
  bench.machines.interruption.sessionBegan();
  assert.equal(bench.machines.interruption.isRefused("resp_b"), false);
  bench.forget();
  bench.machines.interruption.responseDone("resp_a", "cancelled");
  assert.deepEqual(bench.told, []);
});

Deno.test("OpenInterruption measures a sound by the session's times, and by the clock where there are none", () => {
  const turn = (
    bench: ConversationBench,
    startMs: number | undefined,
    lastsMs: number,
    endMs: number | undefined,
  ) => {
    bench.event({ type: "input_audio_buffer.speech_started", item_id: "turn", audio_start_ms: startMs });
    bench.rig.clock.advance(lastsMs);
    bench.event({ type: "input_audio_buffer.speech_stopped", item_id: "turn", audio_end_ms: endMs });
    return fate(bench);
  };
  const { detection } = DEFAULT_BUSINESS.turns;
  assert.ok(detection.type === "server_vad");
  const addedMs = detection.prefixPaddingMs + detection.silenceDurationMs;
  for (
    const [startMs, lastsMs, endMs, expected] of [
      [5_000, 3_000, 5_000 + addedMs + 499, "open"],
      [5_000, 10, 5_000 + addedMs + 500, "gone"],
      [undefined, detection.silenceDurationMs + 499, 90_000, "open"],
      [undefined, detection.silenceDurationMs + 500, 90_000, "gone"],
      [5_000, detection.silenceDurationMs + 499, undefined, "open"],
      [5_000, detection.silenceDurationMs + 500, undefined, "gone"],
    ] as const
  ) {
    using bench = listening({ transcription: null });
    bench.rig.clock.advance(500); // what came before does not count
    assert.equal(turn(bench, startMs, lastsMs, endMs), expected, `${startMs} to ${endMs} in ${lastsMs} ms`);
  }
  using semantic = listening({
    transcription: null,
    turns: { ...DEFAULT_BUSINESS.turns, detection: { type: "semantic_vad", eagerness: "auto" } },
  });
  assert.equal(turn(semantic, 0, 3_000, 3_000), "open", "nobody knows what of it was silence");
});

Deno.test("OpenInterruption takes nothing back that it has not cut off", () => {
  using bench = listening();
  bench.rig.clock.advance(10_000);
  bench.sound("turn");
  bench.rig.clock.advance(2 * RESUME_WITHIN_MS);
  assert.ok(!bench.log.names.includes("interruption_taken_back"));
});

Deno.test("OpenInterruption counts from the latest end of a turn, though its beginning was not reported", () => {
  using bench = listening();
  bench.sound("turn");
  bench.rig.clock.advance(500);
  bench.event({ type: "input_audio_buffer.speech_stopped", item_id: "turn" });
  bench.rig.clock.advance(RESUME_WITHIN_MS - 1);
  assert.equal(fate(bench), "open");
  bench.rig.clock.advance(1);
  assert.equal(fate(bench), "goes on");
});

Deno.test("OpenInterruption begins each time anew", () => {
  using bench = listening({}, { isWhole: false });
  bench.sound("cough_1", 1_200);
  bench.begin("resp_b");
  bench.itemDone("resp_b", "item_b");
  bench.done("resp_a", "cancelled");
  bench.transcribe("cough_1", "");
  bench.done("resp_b", "cancelled");
  bench.forget();
  bench.sound("cough_2", 100);
  bench.begin("resp_c");
  bench.audio("resp_c", "item_c", 500);
  assert.equal(fate(bench), "open", "a short sound");
  bench.audio("resp_b", "item_b2", 500);
  assert.equal(fate(bench), "open");
  bench.transcribe("cough_2", "");
  const deleted = bench.told.filter((event) => event.startsWith("conversation.item.delete"));
  assert.deepEqual(deleted, ["conversation.item.delete heard_1_1", "conversation.item.delete cough_2"]);
  assert.ok(!bench.told.includes("conversation.item.create system"), "nothing was broken off this time");
  using late = listening();
  late.sound("turn");
  late.rig.clock.advance(RESUME_WITHIN_MS);
  late.sound("cough");
  late.transcribe("cough", "");
  assert.equal(fate(late), "goes on", "the words of the turn before are not waited for");
});

Deno.test("OpenInterruption does not take what still comes of the answer for a reply to the sound", () => {
  using bench = listening({}, { isWhole: false });
  bench.sound("turn", 1_200);
  bench.audio("resp_a", "item_a", 100);
  bench.itemDone("resp_a", "item_a");
  bench.itemDone("resp_a", "call_1", {
    type: "function_call",
    call_id: "c1",
    name: "x",
    arguments: "{}",
    status: "incomplete",
  });
  assert.equal(fate(bench), "open");
  bench.done("resp_x", "cancelled");
  bench.transcribe("turn", "");
  assert.ok(!bench.told.includes("conversation.item.delete item_a"));
  assert.ok(!bench.told.includes("conversation.item.create system"), "another one was cancelled");
  const before = bench.rig.playback.unheardMs;
  bench.audio("resp_a", "item_a3", 500);
  assert.equal(Math.round(bench.rig.playback.unheardMs - before), 500, "it is heard");
  bench.done("resp_a", "completed");
  assert.ok(!bench.told.includes("response.create"), "it was not broken off");
});

Deno.test("OpenInterruption asks the model to go on once", () => {
  using bench = listening({}, { isWhole: false });
  bench.sound("cough");
  bench.transcribe("cough", "");
  bench.done("resp_a", "cancelled");
  bench.forget();
  bench.done("resp_a", "cancelled");
  assert.deepEqual(bench.told, []);
});

Deno.test("OpenInterruption says nothing of the place of a rest of which nothing was heard, and puts each rest behind the one before", () => {
  using unheard = new ConversationBench({ greeting: { ...DEFAULT_BUSINESS.greeting, instructions: "" } });
  unheard.answer("resp_a", "item_a", 6_000);
  unheard.sound("cough");
  unheard.transcribe("cough", "");
  assert.deepEqual(places(unheard), [undefined]);
  using twice = listening();
  for (const cough of ["cough_1", "cough_2"]) {
    twice.sound(cough);
    twice.transcribe(cough, "");
    twice.rig.clock.advance(1_000);
  }
  assert.deepEqual(places(twice).at(-1), "heard_1_2");
});

Deno.test("OpenInterruption goes by the model's answer while transcriptions fail, until one comes again", () => {
  const failed = (bench: ConversationBench, ...turns: string[]) => {
    for (const turn of turns) {
      bench.sound(turn, 100);
      bench.transcribe(turn, undefined);
    }
  };
  using answered = listening();
  failed(answered, "turn_1", "turn_2");
  answered.done("resp_a");
  answered.sound("turn_3", 100);
  answered.transcribe("turn_3", undefined);
  assert.equal(fate(answered), "open");
  answered.begin("resp_b");
  answered.audio("resp_b", "item_b", 500);
  assert.equal(Math.round(answered.rig.playback.unheardMs), 500, "the answer to it plays");
  using again = listening();
  failed(again, "turn_1");
  again.sound("turn_2", 100);
  again.transcribe("turn_2", "");
  failed(again, "turn_3");
  again.sound("turn_4", 100);
  again.begin("resp_b");
  again.audio("resp_b", "item_b", 500);
  assert.equal(fate(again), "open", "words may come");
});

Deno.test("OpenInterruption stands at its bound for a model that has answered, where no words come any more", () => {
  for (const isAnswered of [true, false]) {
    using bench = listening();
    bench.sound("turn_1", 100);
    bench.transcribe("turn_1", undefined);
    bench.sound("turn_2", 100);
    bench.begin("resp_b");
    if (isAnswered) bench.audio("resp_b", "item_b", 500);
    bench.transcribe("turn_2", undefined);
    bench.rig.clock.advance(RESUME_WITHIN_MS);
    assert.equal(Math.round(bench.rig.playback.unheardMs) === 500, isAnswered);
    assert.equal(fate(bench), "goes on");
  }
  using judged = listening();
  judged.sound("turn_1", 100);
  judged.begin("resp_b");
  judged.audio("resp_b", "item_b", 500);
  judged.rig.clock.advance(RESUME_WITHIN_MS);
  assert.ok(judged.rig.playback.unheardMs > 4_000, "words were to come");
});

Deno.test("OpenInterruption calls a goodbye off only when it stands", () => {
  const isGoodbyeUnderWay = (end: (bench: ConversationBench) => void) => {
    using bench = listening();
    bench.machines.goodbye.say("Say goodbye.", { isFinal: false });
    bench.begin("resp_b", bench.sent.find((event) => event.type === "response.create")?.event_id);
    bench.sound("turn");
    end(bench);
    return bench.machines.goodbye.isUnderWay;
  };
  assert.equal(isGoodbyeUnderWay((bench) => bench.transcribe("turn", "")), true);
  assert.equal(isGoodbyeUnderWay((bench) => bench.transcribe("turn", "Wait!")), false);
  const late = (bench: ConversationBench) => {
    bench.rig.clock.advance(RESUME_WITHIN_MS);
    assert.ok(bench.machines.goodbye.isUnderWay);
    bench.transcribe("turn", "Wait!");
  };
  assert.equal(isGoodbyeUnderWay(late), false);
});

Deno.test("OpenInterruption wants the answer to words that came late, even before it began", () => {
  using bench = listening();
  bench.sound("turn");
  bench.rig.clock.advance(RESUME_WITHIN_MS);
  bench.transcribe("turn", "I want something else.");
  bench.forget();
  bench.begin("resp_b");
  bench.audio("resp_b", "item_b", 500);
  assert.equal(Math.round(bench.rig.playback.unheardMs), 500);
  assert.deepEqual(bench.told, []);
});

Deno.test("OpenInterruption remembers only so many turns whose words may come late", () => {
  for (const [turn, expected] of [["turn_1", "goes on"], ["turn_2", "gone"]] as const) {
    using bench = listening();
    bench.audio("resp_a", "item_a2", 60_000);
    for (let number = 1; number <= 9; number++) {
      bench.sound(`turn_${number}`, 100);
      bench.rig.clock.advance(RESUME_WITHIN_MS);
      bench.transcribe("another turn", "…"); // transcriptions do come
    }
    bench.transcribe(turn, "Stop!");
    assert.equal(fate(bench), expected, turn);
  }
});

Deno.test("OpenInterruption plays the reply to a short sound behind the answer, unless there were words and much is left", () => {
  const turns = { ...DEFAULT_BUSINESS.turns, minInterruptionMs: 500 };
  for (
    const [heardMs, text, expectedMs] of [
      [1_000, "", 4_300],
      [1_000, "What about Monday?", 500],
      [3_799, "What about Monday?", 500],
      [3_800, "What about Monday?", 2_000], // the rest is so short that it may as well be heard out
    ] as const
  ) {
    using bench = listening({ turns });
    bench.rig.clock.advance(heardMs - 1_000);
    bench.sound("turn"); // 700 ms
    bench.begin("resp_b");
    bench.audio("resp_b", "item_b", 500);
    bench.transcribe("turn", text);
    assert.equal(Math.round(bench.rig.playback.unheardMs), expectedMs, `${text} after ${heardMs} ms`);
    bench.rig.clock.advance(expectedMs);
    assert.equal(Math.round(bench.rig.playback.unheardMs), 0, "nothing is held back");
    assert.deepEqual(outcomes(bench), {}, "nothing was cut off");
    assert.equal(bench.told.includes("conversation.item.truncate item_a"), expectedMs === 500);
  }
  for (const [heardMs, expected] of [[3_799, "gone"], [3_800, "goes on"]] as const) {
    using bench = listening({ turns });
    bench.rig.clock.advance(heardMs - 1_000);
    bench.sound("turn");
    bench.transcribe("turn", "What about Monday?");
    assert.equal(fate(bench), expected, `${heardMs}`);
  }
});

Deno.test("OpenInterruption lets go of its deadline at the end of the call", () => {
  const bench = listening();
  bench.sound("turn");
  bench.machines.interruption[Symbol.dispose]();
  bench.rig.clock.advance(2 * RESUME_WITHIN_MS);
  assert.equal(fate(bench), "open");
  bench[Symbol.dispose]();
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

Deno.test("OpenInterruption takes no part where the caller's voice has not cut anything off", () => {
  const turns = { ...DEFAULT_BUSINESS.turns, minInterruptionMs: 500 };
  for (const isOpen of [false, true]) {
    using bench = listening({ turns });
    if (isOpen) bench.sound("turn");
    bench.machines.bargeIn.interruptNow();
    assert.equal(fate(bench), "gone");
    assert.deepEqual(bench.told, ["conversation.item.truncate item_a"]);
    assert.deepEqual(outcomes(bench), {});
  }
});

Deno.test("OpenInterruption has an answer cancelled that is still made when a short word stops it", () => {
  const turns = { ...DEFAULT_BUSINESS.turns, minInterruptionMs: 500 };
  using bench = listening({ turns }, { isWhole: false });
  bench.sound("turn");
  bench.transcribe("turn", "Stop!");
  assert.deepEqual(bench.told, ["response.cancel resp_a", "conversation.item.truncate item_a"]);
});

Deno.test("OpenInterruption refuses one answer for a sound, and plays the next", () => {
  using bench = listening();
  bench.sound("cough");
  bench.transcribe("cough", "");
  bench.begin("resp_b");
  bench.done("resp_b", "cancelled");
  bench.forget();
  bench.begin("resp_c");
  bench.audio("resp_c", "item_c", 500);
  assert.equal(Math.round(bench.rig.playback.unheardMs), 5_500);
  assert.deepEqual(bench.told, []);
});

Deno.test("OpenInterruption plays what was about to follow the answer, and what was never announced", () => {
  using following = listening();
  following.begin("resp_b"); // it is made while resp_a is heard
  following.sound("cough");
  following.transcribe("cough", "");
  following.audio("resp_b", "item_b", 500);
  assert.equal(Math.round(following.rig.playback.unheardMs), 5_500);
  using unannounced = listening();
  unannounced.audio("resp_b", "item_b", 500);
  unannounced.sound("cough");
  unannounced.transcribe("cough", "");
  unannounced.audio("resp_b", "item_b", 500);
  assert.equal(Math.round(unannounced.rig.playback.unheardMs), 6_000);
});
