import assert from "node:assert/strict";
import { type Business, DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { RESUME_WITHIN_MS } from "../../src/call/conversation/open_interruption.ts";
import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import { AgentClip } from "../../src/lab/openai/audio/agent_clip.ts";
import type { Agent } from "../../src/lab/openai/agent.ts";
import { replyOutputs, type ScriptedReply } from "../../src/lab/openai/agents/scripted_agent.ts";
import type { EmulatedSession } from "../../src/lab/openai/emulated_session.ts";
import type { Failure } from "../../src/lab/openai/failures/failure_script.ts";
import { mulberry32 } from "../support/interruptions.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { ANSWER, assertOneAtATime, say, Talk, told } from "../support/talk.ts";

const test = sideBySide("false interruptions, end to end");

const WORDS =
  "The quick brown fox jumps over the lazy dog while the band plays on and on until the morning comes.";
const EXACT_MS = 20;
const SECOND = 1_000 * BYTES_PER_MS;

/** Noise of which no piece is like another, so that what was heard tells its place to the byte. */
function unlike(ms: number, seed: number): Uint8Array {
  const random = mulberry32(seed);
  return Uint8Array.from({ length: ms * BYTES_PER_MS }, () => Math.floor(random() * 256));
}

interface Setup {
  business?: Partial<Business>;
  /** What is made of the caller's turns; null: none is transcribed. */
  transcripts?: readonly string[];
  /** Replies after the first, which is the long one. */
  replies?: readonly ScriptedReply[];
  speed?: number;
  delayMs?: number;
  script?: Failure[];
  ms?: number;
}

/** A caller who hears a long answer, at the default settings but for a codec that leaves the model's bytes alone. */
async function listening(
  { business, transcripts = [], replies = [say(ANSWER, 800)], speed = 40, delayMs = 0, script, ms = 6_000 }:
    Setup,
): Promise<{ talk: Talk; clip: Uint8Array }> {
  const clip = unlike(ms, 5);
  const agent: Agent = {
    reply: ({ responseNumber }) =>
      responseNumber === 1
        ? [{ kind: "speech", clip: AgentClip.fromMuLaw(clip), transcript: WORDS }]
        : replyOutputs(replies[Math.min(responseNumber - 2, replies.length - 1)]),
    transcribe: (_heard, turn) => transcripts[turn - 1] ?? "Wait, I have a question.",
  };
  const talk = await Talk.start({
    business: { turns: DEFAULT_BUSINESS.turns, audioFormat: "pcmu", callContext: false, ...business },
    emulator: { agent: () => agent, speed, script, networkDelayMs: delayMs },
  }, {});
  await talk.until("the answer is heard", () => talk.heardMs > 1_200);
  return { talk, clip };
}

/** How far what was heard is from the whole clip, in milliseconds: what was lost counts below zero, what came twice above. */
function assertWhole(talk: Talk, clip: Uint8Array): void {
  const { heard } = talk;
  const differenceMs = (heard.length - clip.length) / BYTES_PER_MS;
  const seen = `${differenceMs} ms more than the answer`;
  assert.ok(Math.abs(differenceMs) <= EXACT_MS + talk.stoodStillMs(), seen);
  assert.deepEqual(heard.subarray(-SECOND), clip.subarray(-SECOND), `${seen}: its end is not as it was`);
}

/** A sound of the caller; its end by the rig's clock. */
async function sound(talk: Talk, ms = 200): Promise<number> {
  await talk.speak(ms);
  return talk.rig.clock.now();
}

/** What the session was told wrong. A cancellation may cross the response's end. */
function errors({ record }: EmulatedSession): string[] {
  return record.errors.map(({ code }) => code).filter((code) => code !== "response_cancel_not_active");
}

/** When the caller heard the answer again. */
function resumedMs({ caller: { player } }: Talk): number {
  const [clear] = player.clears;
  return player.runs.find(({ startMs }) => startMs > clear.atMs)!.startMs;
}

for (const delayMs of [0, 75, 150]) {
  test(`a cough: the answer goes on from the very place, ${delayMs} ms away, and nothing is said to it`, async () => {
    const { talk: started, clip } = await listening({ transcripts: [""], delayMs });
    await using talk = started;
    const endMs = await sound(talk);
    await talk.until(
      "the answer goes on",
      () => talk.caller.player.runs.some(({ isAfterClear }) => isAfterClear),
    );
    const gapMs = resumedMs(talk) - endMs;
    assert.ok(gapMs <= 500 + RESUME_WITHIN_MS + 100 + 2 * delayMs + talk.stoodStillMs(), `${gapMs} ms`);
    await talk.hearsOut();
    assertWhole(talk, clip);
    const session = await talk.session(1);
    assertOneAtATime(session);
    assert.deepEqual(errors(session), []);
    const [{ audioEndMs }] = session.record.truncations;
    const cutMs = talk.caller.player.clears[0].heardBytes / BYTES_PER_MS;
    assert.ok(Math.abs(audioEndMs - cutMs) <= 60 + talk.stoodStillMs(), `${audioEndMs} of ${cutMs} ms`);
    const [rest] = told(session);
    assert.equal(rest.role, "assistant");
    assert.ok(WORDS.endsWith(rest.text), rest.text);
    const share = rest.text.length / WORDS.length;
    assert.ok(
      Math.abs(share - (1 - cutMs / 6_000)) < 0.1 + talk.stoodStillMs() / 6_000,
      `${share} of the words for ${cutMs} ms`,
    );
    const items = session.conversation.items.map((item) => item.type === "message" ? item.role : item.type);
    assert.deepEqual(items, ["assistant", "assistant"], "the sound and the answer to it are forgotten");
    await talk.hangUp();
    assert.deepEqual(talk.transcript.filter(({ kind }) => kind === "assistant"), [
      { kind: "assistant", atMs: talk.transcript[0].atMs, text: WORDS, cut: false },
    ]);
    assert.ok(!talk.transcript.some(({ kind }) => kind === "interruption"));
  });
}

test("a 'mhm' into a German answer: it goes on, and the model knows that it was said", async () => {
  const { talk: started, clip } = await listening({
    business: { language: "de" },
    transcripts: ["Mhm, genau."],
  });
  await using talk = started;
  await sound(talk, 400);
  await talk.until(
    "the answer goes on",
    () => talk.caller.player.runs.some(({ isAfterClear }) => isAfterClear),
  );
  await talk.hearsOut();
  assertWhole(talk, clip);
  const { conversation } = await talk.session(1);
  assert.deepEqual(conversation.items.map((item) => item.type === "message" && item.role), [
    "assistant",
    "assistant",
    "user",
  ]);
  await talk.hangUp();
  assert.ok(talk.transcript.some((entry) => entry.kind === "user" && entry.text === "Mhm, genau."));
});

test("no transcription in time: the answer goes on at the bound; words that come late interrupt it all the same", async () => {
  const { talk: started } = await listening({
    replies: [say(ANSWER, 400), say(ANSWER, 800)],
    script: [{ failure: "transcription", order: "after_next_turn", turns: 1 }],
    transcripts: ["I want something else.", "Mhm."],
    ms: 12_000,
  });
  await using talk = started;
  const endMs = await sound(talk);
  await talk.until(
    "the answer goes on",
    () => talk.caller.player.runs.some(({ isAfterClear }) => isAfterClear),
  );
  const gapMs = resumedMs(talk) - endMs;
  assert.ok(
    gapMs >= 500 + RESUME_WITHIN_MS - 100 - talk.stoodStillMs() &&
      gapMs <= 500 + RESUME_WITHIN_MS + 100 + talk.stoodStillMs(),
    `${gapMs} ms`,
  );
  assert.ok(!talk.hasHeard(ANSWER));
  await sound(talk);
  await talk.hears(ANSWER);
  await talk.hangUp();
});

test("words: the answer is cut off as ever, and the reply to them is heard", async () => {
  const { talk: started, clip } = await listening({ transcripts: ["Stop."] });
  await using talk = started;
  await sound(talk);
  await talk.hears(ANSWER);
  await talk.hearsOut();
  assert.ok(talk.heard.length < clip.length / 2);
  const session = await talk.session(1);
  assert.deepEqual(told(session), []);
  assert.deepEqual(session.record.responses.map(({ status }) => status), ["completed", "completed"]);
  await talk.hangUp();
  assert.deepEqual(talk.transcript.map(({ kind }) => kind), [
    "assistant",
    "interruption",
    "user",
    "assistant",
  ]);
});

test("two coughs, then words: the model is told each time, and in the end what was truly heard", async () => {
  const { talk: started } = await listening({ transcripts: ["", "", "Please stop now."], ms: 12_000 });
  await using talk = started;
  for (const times of [1, 2]) {
    await sound(talk);
    const { runs } = talk.caller.player;
    await talk.until(
      "the answer goes on",
      () => runs.filter(({ isAfterClear }) => isAfterClear).length === times,
    );
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  await sound(talk, 600);
  await talk.hears(ANSWER);
  await talk.hearsOut();
  const session = await talk.session(1);
  assert.deepEqual(errors(session), []);
  const texts = session.conversation.items.flatMap((item) =>
    item.type === "message" && item.role === "assistant"
      ? item.content.map(({ text }) => text).filter((text) => text)
      : []
  );
  await talk.hangUp();
  const [entry] = talk.transcript.filter((entry) => entry.kind === "assistant");
  assert.ok(entry.kind === "assistant" && entry.cut && WORDS.startsWith(entry.text));
  const heardBytes = talk.caller.player.clears.at(-1)!.heardBytes;
  const share = entry.text.length / WORDS.length;
  assert.ok(Math.abs(share - heardBytes / (12 * SECOND)) < 0.1, `${share} of the words, ${heardBytes} bytes`);
  assert.ok(entry.text.endsWith(texts.at(-1)!), `told last: ${texts.at(-1)}; heard: ${entry.text}`);
});

test("a cough into an answer that is still being generated: what there is of it is heard, then the model goes on", async () => {
  const { talk: started, clip } = await listening({
    transcripts: [""],
    speed: 2,
    replies: [say(ANSWER, 400), say(ANSWER, 800)],
    ms: 20_000,
  });
  await using talk = started;
  await sound(talk);
  await talk.hears(ANSWER);
  await talk.hearsOut();
  const session = await talk.session(1);
  assert.deepEqual(errors(session), []);
  const { heard } = talk;
  const sentMs = [...session.record.audio.values()][0].sentMs;
  const ownMs = heard.length / BYTES_PER_MS - 800;
  assert.ok(Math.abs(ownMs - sentMs) <= 60 + talk.stoodStillMs(), `${ownMs} of ${sentMs} ms were heard`);
  assert.ok(sentMs < clip.length / BYTES_PER_MS);
  assert.ok(told(session).some(({ role, text }) => role === "system" && text.includes("without words")));
  assert.deepEqual(session.record.responses.at(-1)?.trigger, "instructions");
  await talk.hangUp();
});

test("nothing is transcribed: the model's answer to a sound counts as the sign that there were words", async () => {
  const { talk: started } = await listening({ business: { transcription: null } });
  await using talk = started;
  await sound(talk);
  await talk.hears(ANSWER);
  assert.ok(talk.heardMs < 4_000);
  await talk.hangUp();
});

test("nothing is transcribed, and the model says nothing: the answer goes on at the bound", async () => {
  const { talk: started, clip } = await listening({
    business: { transcription: null },
    script: [{ failure: "silent_model" }],
  });
  await using talk = started;
  await sound(talk);
  await talk.until(
    "the answer goes on",
    () => talk.caller.player.runs.some(({ isAfterClear }) => isAfterClear),
  );
  await talk.hearsOut();
  assertWhole(talk, clip);
  await talk.hangUp();
});

test("a short 'stop' below the least length of an interruption stops the answer by its words", async () => {
  const { talk: started } = await listening({
    business: { turns: { ...DEFAULT_BUSINESS.turns, minInterruptionMs: 1_500 } },
    transcripts: ["Stop."],
    ms: 20_000,
  });
  await using talk = started;
  await sound(talk, 300);
  await talk.hears(ANSWER);
  assert.ok(talk.heardMs < 5_000, `${talk.heardMs} ms`);
  const { record } = await talk.session(1);
  assert.equal(record.truncations.length, 1);
  await talk.hangUp();
});

test("a short 'mhm' below that length is not even noticed", async () => {
  const { talk: started, clip } = await listening({
    business: { turns: { ...DEFAULT_BUSINESS.turns, minInterruptionMs: 1_500 } },
    transcripts: ["Mhm."],
  });
  await using talk = started;
  await sound(talk, 300);
  await talk.hearsOut();
  assertWhole(talk, clip);
  // A machine that stands still hears it for longer than it lasted.
  if (talk.stoodStillMs() < 200) assert.equal(talk.caller.player.clears.length, 0);
  assert.ok(!talk.hasHeard(ANSWER));
  await talk.hangUp();
});

test("switched off, every sound interrupts for good", async () => {
  const { talk: started } = await listening({
    business: { turns: { ...DEFAULT_BUSINESS.turns, resumeAfterFalseInterruption: false } },
    transcripts: [""],
  });
  await using talk = started;
  await sound(talk);
  await talk.hears(ANSWER);
  await talk.hearsOut();
  assert.ok(talk.heardMs < 4_000);
  await talk.hangUp();
});
