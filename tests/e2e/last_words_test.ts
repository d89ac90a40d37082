import assert from "node:assert/strict";
import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import type { Business } from "../../src/businesses/business.ts";
import { LATE_WORDS_WITHIN_MS } from "../../src/call/conversation/late_words.ts";
import type { TranscriptEntry } from "../../src/call/journal/transcript_entry.ts";
import { scriptedAgent } from "../../src/lab/openai/agents/scripted_agent.ts";
import type { Failure } from "../../src/lab/openai/failures/failure_script.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { AGAIN, ANSWER, GREETING, outputs, say, sessions, Talk } from "../support/talk.ts";

const test = sideBySide("the record to the last word, end to end");

const WORDS =
  "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen.";
const LONG_MS = 16_000;

function said(transcript: readonly TranscriptEntry[]): string[] {
  return transcript.flatMap((entry) => entry.kind === "user" ? entry.text : []);
}

/** A caller who hears an answer of 16 s. */
async function listening(
  business: Partial<Business> = {},
  script: Failure[] = [],
  speed = 40,
): Promise<Talk> {
  const talk = await Talk.start({
    business,
    emulator: { agent: sessions([say(GREETING, LONG_MS, WORDS), say(ANSWER)]), speed, script },
  });
  await talk.until("the answer is heard", () => talk.heardMs > 1_500);
  return talk;
}

/** That the record ends where the caller stopped to hear. */
function assertCut(talk: Talk): void {
  const [entry] = talk.transcript.filter(({ kind }) => kind === "assistant");
  assert.ok(entry?.kind === "assistant" && entry.cut, JSON.stringify(talk.transcript));
  assert.ok(WORDS.startsWith(entry.text) && entry.text.length < WORDS.length);
  const share = talk.caller.player.heard(Infinity).length / BYTES_PER_MS / LONG_MS;
  assert.ok(
    Math.abs(entry.text.length / WORDS.length - share) < 0.08 + talk.stoodStillMs() / LONG_MS,
    entry.text,
  );
}

test("a hang-up in the middle of an answer: the record has what was heard of it", async () => {
  await using talk = await listening();
  await talk.hangUp();
  assertCut(talk);
  assert.ok(!talk.transcript.some(({ kind }) => kind === "interruption"));
});

test("a lost stream, a server that stops and a model that is lost cut the answer under way, too", async () => {
  await using lost = await listening();
  lost.caller.hangUp("close_only");
  await lost.over();
  assertCut(lost);
  await using stopped = await listening();
  await stopped.rig.app.calls.endAll();
  await stopped.over();
  assertCut(stopped);
  await using gone = await listening({}, [
    { failure: "refuse_upgrade", status: 401, sessions: { from: 2 } },
    {
      failure: "close",
      code: 3000,
      reason: "invalid_request_error.invalid_api_key",
      at: { on: "elapsed", afterMs: 3_500 },
    },
  ]);
  await gone.over();
  assertCut(gone);
});

test("a key that transfers cuts the answer under way", async () => {
  await using talk = await listening({
    transfers: [{
      name: "sales",
      description: "",
      number: "+15550100777",
      announcement: "",
      whisper: "",
      ringSeconds: 20,
    }],
    keys: { "#": { action: "transfer", target: "sales" } },
  });
  talk.caller.press("#");
  await talk.over();
  assertCut(talk);
});

test("a transcription that comes after the hang-up is in the record", async () => {
  const agent = scriptedAgent([say(GREETING), say(ANSWER)], {
    userTranscripts: ["Call me back on Tuesday."],
  });
  await using talk = await Talk.startSpoken({ emulator: { agent, networkDelayMs: 200 } });
  const { record } = await talk.session(1);
  await talk.until("the turn is over", () => record.turns.length === 1);
  await talk.hangUp();
  assert.deepEqual(said(talk.transcript), ["Call me back on Tuesday."]);
});

test("speech that was not over is committed, transcribed and recorded", async () => {
  const agent = scriptedAgent([say(GREETING)], { userTranscripts: ["And one more thing"] });
  await using talk = await Talk.start({ emulator: { agent } });
  await talk.hears(GREETING);
  await talk.hearsOut();
  void talk.speak(5_000);
  await talk.until(
    "it is known that the caller speaks",
    () => talk.rig.app.calls.snapshots()[0].state === "caller_speaks",
  );
  await talk.hangUp();
  assert.deepEqual(said(talk.transcript), ["And one more thing"]);
  const { record } = await talk.session(1);
  assert.equal(record.eventsOf("input_audio_buffer.commit").length, 1);
  assert.ok(record.responses.every(({ status }) => status !== "in_progress"));
});

test("words that do not come are not waited for longer than the bound, and hold no slot", async () => {
  await using talk = await Talk.startSpoken({
    emulator: {
      agent: sessions([say(GREETING), say(ANSWER)]),
      script: [{ failure: "transcription", order: "never" }],
    },
  });
  await talk.hears(ANSWER);
  talk.caller.hangUp();
  const { clock } = talk.rig;
  const atMs = clock.now();
  await talk.until("the slot is free", () => talk.rig.app.calls.active === 0);
  assert.ok(clock.now() - atMs < 1_000 + talk.stoodStillMs());
  assert.equal((await talk.rig.memory()).kernelSlots, 0);
  await talk.until("the record is told", () => talk.rig.summaries.length === 1);
  assert.ok(clock.now() - atMs < LATE_WORDS_WITHIN_MS + 1_000 + talk.stoodStillMs());
});

test("an answer that ends early says why, in log, metrics and record", async () => {
  for (const reason of ["content_filter", "max_output_tokens"] as const) {
    await using talk = await Talk.startSpoken({
      emulator: {
        agent: sessions([say(GREETING), say(ANSWER, 3_000), say(AGAIN)]),
        script: [{ failure: "response_incomplete", reason, afterMs: 900, responses: 2 }],
      },
    });
    await talk.hears(ANSWER);
    await talk.hearsOut();
    const metrics = await (await talk.rig.get("/metrics")).text();
    assert.ok(metrics.includes(`slimline_responses_total{outcome="${reason}"} 1`), metrics);
    assert.ok(
      talk.rig.log.events.some(({ event, attributes }) =>
        event === "response_incomplete" && attributes.reason === reason
      ),
    );
    await talk.hangUp();
    assert.ok(talk.transcript.some((entry) => entry.kind === "note" && entry.text.includes(reason)));
  }
});

test("an answer that fails is in the record, too", async () => {
  await using talk = await Talk.startSpoken({
    emulator: {
      agent: sessions([say(GREETING), say(ANSWER), say(ANSWER)]),
      script: [{ failure: "response_fails", code: "server_error", responses: 2 }],
    },
  });
  await talk.hears(ANSWER);
  await talk.hangUp();
  assert.ok(talk.transcript.some((entry) => entry.kind === "note" && entry.text.includes("server_error")));
  assert.deepEqual(outputs(await talk.session(1)), []);
});

test("characters stay whole where an answer is cut off", async () => {
  const emoji = "😀".repeat(60);
  await using talk = await Talk.start({
    emulator: { agent: sessions([say(GREETING, LONG_MS, emoji), say(ANSWER)]), speed: 40 },
  });
  await talk.until("the answer is heard", () => talk.heardMs > 1_500);
  await talk.hangUp();
  assert.ok(talk.transcript.every((entry) => !("text" in entry) || entry.text.isWellFormed()));
});

test("an answer of 200 s that comes at once is kept whole", async () => {
  await using talk = await Talk.start({
    emulator: { agent: sessions([say(GREETING, 200_000, WORDS)]), speed: 40, deltaMs: 200 },
  });
  // The rest is at most on its way through the sockets.
  const isKept = () =>
    talk.rig.app.calls.memory.outputRing + talk.caller.player.receivedBytes >= 198_000 * BYTES_PER_MS;
  await talk.until("all of it waits or was heard", isKept, 60_000);
  assert.ok(talk.heardMs < 150_000, "most of it waits");
  await talk.hangUp();
  assert.equal(talk.rig.summaries.at(-1)!.downlinkDroppedMs, 0);
});

test("an answer that is longer than may wait ends there: log, metric, record, and the model knows", async () => {
  await using talk = await Talk.start({
    env: { OUTPUT_BUFFER_MS: "2000", PLAYBACK_LEAD_MS: "1000" },
    emulator: { agent: sessions([say(GREETING, LONG_MS, WORDS), say(ANSWER)]), speed: 40 },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  const heardMs = talk.heardMs;
  const { record } = await talk.session(1);
  const [{ audioEndMs }] = record.truncations;
  assert.ok(Math.abs(audioEndMs - heardMs) <= 60, `${audioEndMs} of ${heardMs} ms`);
  assert.ok(heardMs < 6_000 + talk.stoodStillMs());
  assert.ok(talk.rig.log.events.some(({ event }) => event === "answer_too_long"));
  await talk.speak();
  await talk.hears(ANSWER);
  await talk.hangUp();
  const [entry] = talk.transcript;
  assert.ok(
    entry.kind === "assistant" && entry.cut && entry.text.length < WORDS.length,
    JSON.stringify(entry),
  );
  assert.ok(talk.rig.summaries.at(-1)!.downlinkDroppedMs > 0);
});
