import assert from "node:assert/strict";
import fc from "fast-check";
import type { ServerEvent } from "../../../src/model/events.ts";
import type { ToolRun } from "../../../src/call/tools/tool.ts";
import { heardText } from "../../../src/call/journal/heard_text.ts";
import { MAX_TOOL_CHARS, MAX_TURN_CHARS, Transcript } from "../../../src/call/journal/transcript.ts";
import { MAX_CHARS, MAX_ENTRIES } from "../../../src/call/journal/transcript_places.ts";
import { Journal } from "../../../src/call/journal/journal.ts";
import { Metrics } from "../../../src/observability/metrics/metrics.ts";
import { historyEvents } from "../../../src/call/journal/transcript_history.ts";
import type { TranscriptEntry } from "../../../src/call/journal/transcript_entry.ts";
import { ManualClock } from "../../support/manual_clock.ts";

function setUp() {
  const clock = new ManualClock();
  clock.advance(1_000);
  return { clock, transcript: new Transcript(clock) };
}

function say(transcript: Transcript, itemId: string, previous: string | null, text: string): void {
  transcript.itemAdded(itemId, previous, "assistant");
  transcript.assistantAudioBegan(itemId);
  transcript.assistantDone(itemId, text);
}

function toolRun(itemId: string, startedAtMs = 1_000): ToolRun {
  const call = { callId: "c1", itemId, responseId: "r1", name: "look_up", arguments: '{"id":"42"}' };
  return {
    call,
    outcome: "done",
    output: '{"status":"shipped"}',
    startedAtMs,
    durationMs: 250,
    error: undefined,
  };
}

/** One line an entry. */
function lines(entries: readonly TranscriptEntry[]): string[] {
  return entries.map((entry) => {
    switch (entry.kind) {
      case "tool":
        return `tool: ${entry.name}`;
      case "keys":
        return `keys: ${entry.digits}`;
      case "interruption":
        return "interruption";
      case "assistant":
        return `assistant: ${entry.text}${entry.cut ? " [cut]" : ""}`;
      default:
        return `${entry.kind}: ${entry.text}`;
    }
  });
}

Deno.test("Transcript orders turns by item, however late their transcriptions come", () => {
  const { transcript } = setUp();
  transcript.itemAdded("u1", null, "user");
  say(transcript, "a1", "u1", "Hello.");
  transcript.itemAdded("u2", "a1", "user");
  say(transcript, "a2", "u2", "At nine.");
  transcript.userTranscript("u2", " When do you open? ");
  assert.deepEqual(lines(transcript.entries()), [
    "user: ",
    "assistant: Hello.",
    "user: When do you open?",
    "assistant: At nine.",
  ]);
  transcript.userTranscript("u1", "Hi.");
  assert.equal(lines(transcript.entries())[0], "user: Hi.");
});

Deno.test("Transcript puts an item behind its predecessor, and what happened meanwhile before it", () => {
  const { transcript } = setUp();
  say(transcript, "a1", null, "One.");
  transcript.key("5");
  say(transcript, "a2", "a1", "Two.");
  transcript.itemAdded("u1", "a1", "user");
  transcript.userTranscript("u1", "Between.");
  assert.deepEqual(lines(transcript.entries()), [
    "assistant: One.",
    "keys: 5",
    "user: Between.",
    "assistant: Two.",
  ]);
});

Deno.test("Transcript takes a text whose item is announced only later", () => {
  const { transcript } = setUp();
  transcript.userTranscript("u1", "Hi.");
  say(transcript, "a1", null, "Hello.");
  transcript.itemAdded("u1", "a1", "user");
  assert.deepEqual(lines(transcript.entries()), ["assistant: Hello.", "user: Hi."]);
});

Deno.test("Transcript tells when a turn began, in milliseconds since the call did", () => {
  const { clock, transcript } = setUp();
  clock.advance(100);
  transcript.userBegan("u1");
  clock.advance(2_000);
  transcript.itemAdded("u1", null, "user");
  clock.advance(500);
  transcript.itemAdded("a1", "u1", "assistant");
  transcript.assistantDelta("a1", "Hello.");
  clock.advance(40);
  transcript.assistantAudioBegan("a1");
  transcript.userTranscript("u1", "Hi.");
  assert.deepEqual(transcript.entries(), [
    { kind: "user", atMs: 100, text: "Hi." },
    { kind: "assistant", atMs: 2_640, text: "Hello.", cut: false },
  ]);
});

Deno.test("Transcript says so when a turn could not be transcribed", () => {
  const { transcript } = setUp();
  transcript.itemAdded("u1", null, "user");
  transcript.itemAdded("u2", "u1", "user");
  transcript.userTranscriptFailed("u1");
  transcript.userTranscript("u2", "  ");
  assert.deepEqual(lines(transcript.entries()), ["user: (inaudible)", "user: (inaudible)"]);
});

Deno.test("Transcript gathers deltas and takes the final text in their place", () => {
  const { transcript } = setUp();
  transcript.assistantAudioBegan("a1");
  transcript.assistantDelta("a1", "Hello, how ");
  transcript.assistantDelta("a1", "can I");
  assert.deepEqual(lines(transcript.entries()), ["assistant: Hello, how can I"]);
  transcript.assistantDone("a1", "Hello, how can I help?");
  assert.deepEqual(lines(transcript.entries()), ["assistant: Hello, how can I help?"]);
});

Deno.test("Transcript cuts an answer where it was heard, and adds nothing that comes later", () => {
  const { transcript } = setUp();
  transcript.assistantAudioBegan("a1");
  transcript.assistantDelta("a1", "We open at nine and close at five.");
  transcript.interrupted(1_000);
  transcript.heard("a1", 1_000, 2_000);
  transcript.assistantDelta("a1", " On Sunday");
  transcript.assistantDone("a1", "We open at nine and close at five. On Sunday we are closed.");
  transcript.heard("a1", 2_000, 2_000);
  assert.deepEqual(lines(transcript.entries()), ["assistant: We open at nine [cut]", "interruption"]);
  assert.deepEqual([transcript.textOf("a1"), transcript.textOf("a2")], ["We open at nine", ""]);
});

Deno.test("Transcript keeps an answer that nobody heard, without text", () => {
  const { transcript } = setUp();
  say(transcript, "a1", null, "We open at nine.");
  transcript.heard("a1", 0, 1_500);
  assert.deepEqual(lines(transcript.entries()), ["assistant:  [cut]"]);
});

Deno.test("Transcript leaves an answer whole that was heard to its end", () => {
  const { transcript } = setUp();
  say(transcript, "a1", null, "We open at nine.");
  transcript.heard("a1", 1_500, 1_500);
  assert.deepEqual(lines(transcript.entries()), ["assistant: We open at nine."]);
});

Deno.test("Transcript leaves out text that never had audio", () => {
  const { transcript } = setUp();
  transcript.itemAdded("a1", null, "assistant");
  transcript.assistantDelta("a1", "Never spoken");
  assert.deepEqual(transcript.entries(), []);
});

Deno.test("Transcript shows a tool where the model called it", () => {
  const { clock, transcript } = setUp();
  transcript.itemAdded("f1", null, "other");
  say(transcript, "a1", "f1", "One moment.");
  clock.advance(900);
  transcript.tool(toolRun("f1", 1_400));
  assert.deepEqual(transcript.entries()[0], {
    kind: "tool",
    atMs: 400,
    durationMs: 250,
    name: "look_up",
    arguments: '{"id":"42"}',
    output: '{"status":"shipped"}',
    outcome: "done",
  });
  assert.deepEqual(lines(transcript.entries()), ["tool: look_up", "assistant: One moment."]);
});

Deno.test("Transcript joins keys in a row", () => {
  const { transcript } = setUp();
  for (const digit of "42#") transcript.key(digit);
  transcript.note("Reconnected.");
  transcript.key("1");
  assert.deepEqual(lines(transcript.entries()), ["keys: 42#", "note: Reconnected.", "keys: 1"]);
});

Deno.test("Transcript keeps the newest entries, and counts the others", () => {
  const { transcript } = setUp();
  for (let n = 0; n < MAX_ENTRIES + 5; n++) transcript.note(`${n}`);
  const entries = transcript.entries();
  assert.equal(entries.length, MAX_ENTRIES + 1);
  assert.deepEqual(lines(entries.slice(0, 2)), ["note: 5 earlier entries were dropped.", "note: 5"]);
});

Deno.test("Transcript keeps no more characters than it may, in all and in each entry", () => {
  const { transcript } = setUp();
  for (let n = 0; n < 2 * MAX_CHARS / MAX_TURN_CHARS; n++) {
    say(transcript, `a${n}`, null, "");
    transcript.assistantDelta(`a${n}`, "x".repeat(2 * MAX_TURN_CHARS));
    transcript.assistantDelta(`a${n}`, "more");
  }
  const turns = transcript.entries().filter((entry) => entry.kind === "assistant");
  assert.equal(turns.length, MAX_CHARS / MAX_TURN_CHARS);
  assert.ok(turns.every((turn) => turn.text.length === MAX_TURN_CHARS && turn.text.endsWith("…")));
  const run = toolRun("f1");
  transcript.tool({
    ...run,
    output: "x".repeat(10_000),
    call: { ...run.call, arguments: "y".repeat(10_000) },
  });
  const tool = transcript.entries().at(-1);
  assert.ok(tool?.kind === "tool");
  assert.equal(tool.output.length, MAX_TOOL_CHARS);
  assert.equal(tool.arguments.length, MAX_TOOL_CHARS);
});

Deno.test("Transcript, whatever comes in whatever order, shows each item once, in item order", () => {
  const ids = ["u0", "a1", "u2", "a3", "u4", "a5"];
  const steps = ids.flatMap((id) => [`add ${id}`, `text ${id}`, `text ${id}`]);
  const orders = fc.shuffledSubarray(steps, { minLength: steps.length });
  fc.assert(
    fc.property(orders, (order) => {
      const { transcript } = setUp();
      // Items are added in order, as the server does; all texts come at any time.
      const added = ids.values();
      for (const step of order) {
        const isAdd = step.startsWith("add");
        const id = isAdd ? added.next().value! : step.slice(5);
        const previous = ids[ids.indexOf(id) - 1] ?? null;
        if (isAdd) transcript.itemAdded(id, previous, id[0] === "u" ? "user" : "assistant");
        else if (id[0] === "u") transcript.userTranscript(id, id);
        else {
          transcript.assistantAudioBegan(id);
          transcript.assistantDone(id, id);
        }
      }
      assert.deepEqual(transcript.entries().map((entry) => "text" in entry && entry.text), ids);
    }),
    { seed: 20_260_101, numRuns: 300 },
  );
});

Deno.test("heardText ends with the last word that was heard whole", () => {
  const text = "We open at nine.";
  assert.equal(heardText(text, 0, 1_600), "");
  assert.equal(heardText(text, 100, 1_600), "");
  assert.equal(heardText(text, 200, 1_600), "We");
  assert.equal(heardText(text, 300, 1_600), "We");
  assert.equal(heardText(text, 600, 1_600), "We");
  assert.equal(heardText(text, 700, 1_600), "We open");
  assert.equal(heardText(text, 1_599, 1_600), "We open at");
  assert.equal(heardText(text, 1_600, 1_600), text);
  assert.equal(heardText(text, 2_000, 1_600), text);
  assert.equal(heardText("", 500, 1_000), "");
});

Deno.test("heardText cuts a script without spaces between characters", () => {
  const text = "本日はお電話いただきありがとうございます。ご予約のお時間を確認いたします。";
  assert.equal(heardText(text, 500, 1_000), text.slice(0, Math.floor(text.length / 2)));
  assert.ok(heardText("😀".repeat(40), 333, 1_000).isWellFormed());
});

Deno.test("Journal writes a conversation down from the API's events", () => {
  const journal = new Journal(new ManualClock(), new Metrics());
  const { transcript } = journal;
  const message = (id: string, role: string, content: unknown[]) => ({ id, type: "message", role, content });
  const events = [
    { type: "input_audio_buffer.speech_started", item_id: "u1", audio_start_ms: 0 },
    {
      type: "conversation.item.added",
      previous_item_id: null,
      item: message("u1", "user", [{ type: "input_audio", transcript: null }]),
    },
    { type: "conversation.item.added", previous_item_id: "u1", item: message("a1", "assistant", []) },
    { type: "response.output_audio_transcript.delta", item_id: "a1", content_index: 0, delta: "Hel" },
    { type: "response.output_audio_transcript.done", item_id: "a1", content_index: 0, transcript: "Hello." },
    {
      type: "conversation.item.input_audio_transcription.completed",
      item_id: "u1",
      content_index: 0,
      transcript: "Hi.",
    },
    // Put in by this program: not spoken.
    {
      type: "conversation.item.added",
      previous_item_id: "a1",
      item: message("x1", "user", [{ type: "input_text", text: "The caller pressed 1." }]),
    },
    {
      type: "conversation.item.added",
      previous_item_id: "x1",
      item: message("x2", "assistant", [{ type: "output_text", text: "Earlier." }]),
    },
    { type: "conversation.item.added", previous_item_id: "x2", item: { id: "f1", type: "function_call" } },
    { type: "input_audio_buffer.speech_started", item_id: "u2", audio_start_ms: 9 },
    {
      type: "conversation.item.input_audio_transcription.failed",
      item_id: "u2",
      content_index: 0,
      error: {},
    },
    { type: "response.done", response: {} },
  ];
  transcript.assistantAudioBegan("a1");
  for (const event of events) journal.event(fromWire(event));
  assert.deepEqual(lines(transcript.entries()), ["user: Hi.", "assistant: Hello.", "user: (inaudible)"]);
});

Deno.test("historyEvents restores a conversation as text items, as it was heard", () => {
  const { transcript } = setUp();
  transcript.itemAdded("u1", null, "user");
  transcript.itemAdded("u2", "u1", "user");
  transcript.userTranscript("u1", "Where is my order?");
  transcript.tool(toolRun("f1"));
  say(transcript, "a1", null, "It is on its way to you.");
  transcript.heard("a1", 1_000, 2_000);
  transcript.interrupted(1_000);
  transcript.key("1");
  say(transcript, "a2", null, "Never heard.");
  transcript.heard("a2", 0, 1_000);
  transcript.note("Reconnected.");
  const item = (role: string, type: string, text: string) => ({
    type: "conversation.item.create",
    item: { type: "message", role, content: [{ type, text }] },
  });
  assert.deepEqual(historyEvents(transcript.entries()), [
    item("user", "input_text", "Where is my order?"),
    item("user", "input_text", "(inaudible)"),
    item("system", "input_text", 'You used the tool look_up with {"id":"42"}. It gave: {"status":"shipped"}'),
    item("assistant", "output_text", "It is on its"),
    item("user", "input_text", "The caller pressed 1."),
    item("system", "input_text", "Reconnected."),
  ]);
});

Deno.test("historyEvents keeps the newest that fits, and says that there was more", () => {
  const entries: TranscriptEntry[] = ["one", "two", "three"].map((text) => ({ kind: "user", atMs: 0, text }));
  const texts = (maxChars: number) =>
    JSON.stringify(historyEvents(entries, maxChars)).match(/(?<="text":")[^"]+/g);
  const leftOut = "The beginning of the conversation is left out.";
  assert.deepEqual(texts(11), ["one", "two", "three"]);
  assert.deepEqual(texts(10), [leftOut, "two", "three"]);
  assert.deepEqual(texts(4), [leftOut, "hree"]);
  assert.deepEqual(historyEvents([]), []);
});

/** An event as JSON would bring it, with whatever is missing or too much. */
function fromWire(event: object): ServerEvent {
  return JSON.parse(JSON.stringify(event));
}

Deno.test("Transcript knows the words of a turn only once they are there, and when they could be made out", () => {
  const transcript = new Transcript(new ManualClock());
  assert.equal(transcript.wordsOf("u1"), "");
  transcript.itemAdded("u1", null, "user");
  assert.equal(transcript.wordsOf("u1"), "");
  transcript.userTranscript("u1", "Hello?");
  transcript.userTranscriptFailed("u2");
  transcript.assistantDelta("a1", "Yes.");
  assert.deepEqual(["u1", "u2", "a1"].map((id) => transcript.wordsOf(id)), ["Hello?", "", ""]);
});
