import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import { OWN_HOLD_WORDS } from "../../src/businesses/own_words.ts";
import type { HoldClip } from "../../src/call/hold/hold_clip.ts";
import { BridgeRig } from "../support/bridge_rig.ts";
import { eventually } from "../support/eventually.ts";
import { HoldWordsRig } from "../support/hold_words_rig.ts";
import { LimitedModel } from "../support/limited_model.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { AGAIN, GREETING, say, sessions, Talk } from "../support/talk.ts";
import { TempFolder } from "../support/temp_folder.ts";

const test = sideBySide("Callers who wait for the model hear words");

/** Enough of a sentence to know it by. */
const BEGINNING_MS = 300;
/** Sessions that are lost at once, and how many come back a second. */
const CALLS = 16;
const PER_SECOND = 4;

/** A data folder with the sentences of the default business, made as a server makes them. */
async function withWords(env: Record<string, string> = {}) {
  const folder = new TempFolder();
  await using rig = new HoldWordsRig(folder.path, {}, env);
  const clips = await rig.ready();
  await rig.kept();
  return {
    folder,
    clips,
    options: { env: { ...env, DATA_DIR: folder.path }, business: { holdWords: undefined } },
  };
}

/** Which sentences were heard to their end, in order, by the very bytes. */
function wholeSentences(heard: Uint8Array, clips: readonly HoldClip[]): string[] {
  const found = clips.flatMap(({ text, muLaw }) => {
    const at = Buffer.from(heard).indexOf(muLaw);
    return at < 0 ? [] : { text, at };
  });
  return found.sort((a, b) => a.at - b.at).map(({ text }) => text);
}

test("while a connection takes 3 s at the call's start: a sentence in the agent's voice, then the greeting", async () => {
  const { folder, clips, options } = await withWords();
  using _ = folder;
  await using talk = await Talk.start({
    ...options,
    emulator: { agent: sessions([say(GREETING)]), networkDelayMs: 1_500 },
  });
  await talk.hears(GREETING);
  await talk.hearsOut();
  assert.equal(wholeSentences(talk.heard, clips)[0], OWN_HOLD_WORDS.en[0]);
  await talk.hangUp();
  const [note] = talk.transcript.filter(({ kind }) => kind === "note");
  assert.equal("text" in note && note.text, `The caller waited, and heard: ${OWN_HOLD_WORDS.en[0]}`);
});

test("while a lost session takes more than 2 s to be had again: a sentence, then the answer", async () => {
  const { folder, clips, options } = await withWords({ AUDIO_FORMAT: "pcmu" });
  using _ = folder;
  await using talk = await Talk.start({
    ...options,
    business: { ...options.business, greeting: { instructions: "", isInterruptible: true } },
    emulator: {
      agent: sessions([], [say(AGAIN)]),
      networkDelayMs: 1_100,
      script: [{ sessions: 1, failure: "drop", at: { on: "speech_stopped" } }],
    },
  });
  await talk.until("the agent is there", () => talk.rig.log.names.includes("agent_ready"), 9_000);
  await talk.speak();
  await talk.hears(AGAIN);
  await talk.hearsOut();
  const heard = wholeSentences(talk.heard, clips);
  assert.equal(heard.at(-1), OWN_HOLD_WORDS.en[1], "another one than while it connected at the start");
  assert.deepEqual((await talk.hangUp()).said, []);
});

test("while many sessions that are lost at once come back one after another", async () => {
  const env = { AUDIO_FORMAT: "pcmu" };
  const { folder, clips, options } = await withWords(env);
  using _ = folder;
  await using model = new LimitedModel({ perSecond: PER_SECOND, statuses: [429, 503] });
  await using rig = await BridgeRig.start({
    ...options,
    env: { ...options.env, OPENAI_REALTIME_URL: model.url },
  });
  const callers = Array.from({ length: CALLS }, (_, i) => rig.caller({ from: `+15550100${100 + i}` }));
  model.isOwed = () => true;
  const over = callers.map((caller) => caller.place());
  const named = (event: string) => rig.log.names.filter((name) => name === event).length;
  await eventually("all calls talk", () => named("agent_ready") === CALLS);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  model.loseAll();
  const lostAtMs = performance.now();
  await eventually("all are back", () => named("agent_back") === CALLS);
  const [latest] = [...model.back.values()].sort((a, b) => b - a);
  assert.ok(latest - lostAtMs > 2_500, "some have waited for longer than a wait is silent");
  await eventually("who waited has heard a sentence begin", () => {
    const heard = callers.filter((caller) => {
      const bytes = Buffer.from(caller.player.heard(rig.clock.now()));
      return clips.some(({ muLaw }) => bytes.indexOf(muLaw.subarray(0, BEGINNING_MS * BYTES_PER_MS)) >= 0);
    });
    const waited = [...model.back.values()].filter((backMs) => backMs - lostAtMs > 3_500).length;
    return heard.length >= waited && heard.length > 0;
  });
  for (const caller of callers) caller.hangUp();
  await Promise.all(over);
  assert.deepEqual(new Set(rig.ended.map(({ reason }) => reason)), new Set(["caller_hung_up"]));
});
