import assert from "node:assert/strict";
import { encodeWav } from "../../../src/audio/wav.ts";
import { type Business, DEFAULT_BUSINESS } from "../../../src/businesses/business.ts";
import { holdSentences, OWN_HOLD_WORDS } from "../../../src/businesses/own_words.ts";
import { clipMs, MAX_CLIP_MS } from "../../../src/call/hold/hold_clip.ts";
import { MAX_HELD_BUSINESSES } from "../../../src/call/hold/hold_words.ts";
import { echoAgent } from "../../../src/lab/openai/agents/echo_agent.ts";
import { HoldWordsRig } from "../../support/hold_words_rig.ts";
import { TempFolder } from "../../support/temp_folder.ts";

const GERMAN: Business = { ...DEFAULT_BUSINESS, id: "german", language: "de" };

Deno.test("HoldWords has the business's model say our own sentences in its language, in its agent's voice and alone", async () => {
  using folder = new TempFolder();
  await using rig = new HoldWordsRig(folder.path);
  const clips = await rig.ready({ ...GERMAN, model: "gpt-realtime-2.1-mini", voice: "cedar" });
  assert.deepEqual(clips.map(({ text }) => text), OWN_HOLD_WORDS.de);
  for (const clip of clips) assert.ok(clipMs(clip) > 500 && clipMs(clip) < MAX_CLIP_MS, `${clipMs(clip)} ms`);
  const [session, ...others] = rig.emulator.sessions;
  assert.equal(others.length, 0);
  await session.ended;
  const { model, audio, tools } = session.config;
  assert.deepEqual([model, audio.output.voice, tools], ["gpt-realtime-2.1-mini", "cedar", []]);
  assert.equal(audio.input.turn_detection, null, "it hears nobody");
  assert.equal(session.record.errors.length, 0, "the API takes all that was sent");
  assert.ok(session.record.responses.every(({ isInConversation }) => !isInConversation));
});

Deno.test("Sentences are the business's own, else ours in its language, or in that of its callers, or in English", () => {
  const texts = (differences: Partial<Business>) =>
    holdSentences({ ...DEFAULT_BUSINESS, ...differences }).map(({ text }) => text);
  const { transcription } = DEFAULT_BUSINESS;
  assert.deepEqual(texts({ language: "fr" }), OWN_HOLD_WORDS.fr);
  assert.deepEqual(texts({ say: { language: "it-IT" } }), OWN_HOLD_WORDS.it);
  assert.deepEqual(
    texts({ transcription: { ...transcription!, languages: ["de", "en"] } }),
    OWN_HOLD_WORDS.de,
  );
  assert.deepEqual(texts({ language: "nl", transcription: null }), OWN_HOLD_WORDS.en);
  assert.deepEqual(texts({ language: "fr", holdWords: ["Patientez."] }), ["Patientez."]);
  assert.deepEqual(texts({ holdWords: [] }), []);
  for (const words of Object.values(OWN_HOLD_WORDS)) assert.equal(new Set(words).size, 2);
});

Deno.test("HoldWords counts what the sentences cost as the business's", async () => {
  using folder = new TempFolder();
  await using rig = new HoldWordsRig(folder.path);
  await rig.ready();
  assert.deepEqual(rig.costs.map(({ business }) => business), [DEFAULT_BUSINESS.id]);
  assert.ok(rig.costs[0].costUsd > 0 && rig.costs[0].costUsd < 0.05, `${rig.costs[0].costUsd} USD`);
});

Deno.test("HoldWords takes from disk what an earlier process made, and makes it anew for another voice, model or sentence", async () => {
  using folder = new TempFolder();
  let made;
  {
    await using rig = new HoldWordsRig(folder.path);
    made = await rig.ready();
    await rig.kept();
  }
  await using rig = new HoldWordsRig(folder.path);
  assert.deepEqual(await rig.ready(), made);
  assert.equal(rig.emulator.stats().attempts, 0);
  const others = [{ voice: "cedar" }, { model: "gpt-realtime-2" }, {
    holdWords: ["Wait.", "Wait a little."],
  }];
  for (const [index, other] of others.entries()) {
    await rig.ready({ ...DEFAULT_BUSINESS, ...other });
    assert.equal(rig.emulator.stats().attempts, index + 1);
  }
  const [{ mode }] = folder.names("hold").map((name) => Deno.statSync(`${folder.path}/hold/${name}`));
  assert.equal(mode! & 0o777, 0o600);
});

Deno.test("HoldWords does not use what a model says in other words, says so once, and lets it be for minutes", async () => {
  using folder = new TempFolder();
  await using rig = new HoldWordsRig(folder.path, {
    agent: () => ({ ...echoAgent()({ number: 1 }), readsAloud: false }),
  });
  rig.words.prepare(DEFAULT_BUSINESS);
  await rig.until("hold_words_failed", () => {
    rig.words.prepare(DEFAULT_BUSINESS);
    return rig.log.names.includes("hold_words_failed");
  });
  for (let i = 0; i < 10; i++) rig.words.prepare(DEFAULT_BUSINESS);
  assert.deepEqual(rig.words.clipsOf(DEFAULT_BUSINESS), []);
  assert.equal(rig.emulator.stats().attempts, 1);
  const { attributes } = rig.log.events.find(({ event }) => event === "hold_words_failed")!;
  assert.equal(attributes.code, "recital_failed");
  assert.ok(Number(attributes.againAfterMinutes) >= 5);
  assert.deepEqual(folder.names("hold"), []);
});

Deno.test("HoldWords takes no harm from a file on disk that is no longer what was written", async () => {
  using folder = new TempFolder();
  const path = folder.write(`hold/${DEFAULT_BUSINESS.id}.json`, "");
  for (const text of ["{", `{"key":"","clips":5}`, "x".repeat(500_000)]) {
    Deno.writeTextFileSync(path, text);
    await using rig = new HoldWordsRig(folder.path);
    assert.equal((await rig.ready()).length, 2);
    assert.equal(rig.emulator.stats().attempts, 1);
    await rig.kept();
  }
});

Deno.test("HoldWords takes a business's WAV files as they are, and asks the model for none of them", async () => {
  using folder = new TempFolder();
  const tone = (ms: number) =>
    encodeWav(Int16Array.from({ length: ms * 44.1 }, (_, i) => 8_000 * Math.sin(i / 15)), 44_100);
  const file = folder.write("hold.wav", tone(1_200));
  const tooLong = folder.write("long.wav", tone(MAX_CLIP_MS + 500));
  await using rig = new HoldWordsRig(folder.path);
  const holdWords = [{ file, text: "Just a moment." }, { file: tooLong, text: "A moment, or two." }];
  const [clip, ...others] = await rig.ready({ ...DEFAULT_BUSINESS, holdWords }, 1);
  assert.deepEqual([clip.text, others.length], ["Just a moment.", 0]);
  assert.ok(Math.abs(clipMs(clip) - 1_200) < 100, `${clipMs(clip)} ms`);
  assert.equal(rig.emulator.stats().attempts, 0);
  const unreadable = rig.log.events.filter(({ event }) => event === "hold_words_unreadable");
  assert.equal(unreadable.length, 1);
  assert.match(String(unreadable[0].attributes.message), /long\.wav has no sentence of at most/);
});

Deno.test("HoldWords asks for nothing where a business wants no words", async () => {
  using folder = new TempFolder();
  await using rig = new HoldWordsRig(folder.path);
  const quiet = { ...DEFAULT_BUSINESS, holdWords: [] };
  for (let i = 0; i < 5; i++) {
    rig.words.prepare(quiet);
    await Promise.resolve();
  }
  assert.equal(rig.emulator.stats().attempts, 0);
});

Deno.test("HoldWords keeps only the latest businesses in memory", async () => {
  using folder = new TempFolder();
  await using rig = new HoldWordsRig(folder.path);
  await rig.ready();
  await rig.kept();
  for (let i = 0; i < MAX_HELD_BUSINESSES; i++) rig.words.clipsOf({ ...DEFAULT_BUSINESS, id: `other-${i}` });
  assert.deepEqual(rig.words.clipsOf(DEFAULT_BUSINESS), [], "it is read again");
  assert.equal((await rig.ready()).length, 2);
  assert.equal(rig.emulator.stats().attempts, 1);
});
