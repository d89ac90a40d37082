import assert from "node:assert/strict";
import { SimulatedCaller } from "../../../src/lab/twilio/simulated_caller.ts";
import { CallerSpeech } from "../../../src/lab/twilio/caller_speech.ts";
import { tone } from "../../../src/lab/openai/audio/tone.ts";
import { Nginx } from "../../hostile/nginx.ts";
import { eventually } from "../../support/eventually.ts";
import { FleetProcesses } from "../../support/fleet_processes.ts";
import { NO_MONGODB } from "../../support/mongo/mongo_server.ts";
import { recordOf } from "./kept_record.ts";

/*
 * While a deploy goes on, or is taken back, instances of two versions have one database: each finds
 * conversations there that the other has written. Here they are written down as they may look, since no test
 * can wait for the next version.
 */

const missing = NO_MONGODB ?? (Nginx.isInstalled() ? undefined : "nginx is not installed");

const TURN = { responseId: "r1", receivedMs: 400, sentMs: 410, playedMs: 420 };

/** Fields that this version has are missing. */
const OLDER = (startedEpochMs: number) => ({
  journal: {
    startedEpochMs,
    streams: 1,
    audio: { uplinkMs: 50_000, downlinkMs: 20_000 },
    booked: { durationMs: 50_000 },
    transcript: [
      { kind: "assistant", atMs: 500, text: "Acme, good morning." },
      { kind: "user", atMs: 2_500, text: "A table for two, please." },
      { kind: "tool", atMs: 4_000, name: "look_up", arguments: "{}" },
    ],
    usage: { responses: 1, tokens: { textIn: 100, audioOut: 200 } },
  },
});

/** There are fields, kinds and values that this version does not know, and one has another form. */
const NEWER = (startedEpochMs: number) => ({
  rescues: 0,
  movedFor: "deploy",
  earlierCalls: { count: 2, lastAt: "2026-11-29" },
  variables: {},
  carried: { sampleRate: 8_000, agentVideo: { codec: "vp9" } },
  journal: {
    startedEpochMs,
    streams: 1,
    consent: { recording: true },
    audio: {
      uplinkMs: 50_000,
      uplinkDroppedMs: 0,
      uplinkMissingMs: 0,
      uplinkConcealedMs: 120,
      downlinkMs: 20_000,
      downlinkDroppedMs: 0,
    },
    booked: { durationMs: 50_000, costUsd: 0.01, transferMinutes: 1 },
    isWarned: false,
    toolCalls: 1,
    transcript: [
      { kind: "assistant", atMs: 500, text: "Acme, good morning.", cut: false, emotion: { calm: 0.9 } },
      { kind: "user", atMs: 2_500, text: "A table for three, please.", language: "en" },
      {
        kind: "tool",
        atMs: 4_000,
        durationMs: 80,
        name: "look_up",
        arguments: "{}",
        output: '{"free":true}',
        outcome: "declined",
      },
      { kind: "screen", atMs: 5_000, text: "The caller was shown the menu." },
      { kind: "picture", atMs: 6_000, text: { en: "a menu" } },
      "a separator",
    ],
    usage: {
      responses: 1,
      tokens: {
        textIn: 100,
        audioIn: 0,
        cachedTextIn: 0,
        cachedAudioIn: 0,
        textOut: 0,
        audioOut: 200,
        imageIn: 5,
        unknown: 0,
      },
      transcription: { tokensIn: 3, tokensOut: 4, seconds: 0, words: 9 },
      seconds: 50,
    },
    messages: [{ atMs: 7_000, name: "Ann", number: null, text: "Please call back.", urgency: "high" }],
    latency: { count: 2, turns: [{ ...TURN, feltMs: 900 }, { responseId: "r2" }] },
  },
});

Deno.test({
  name: "Conversations that another version has written go on with what is understood of them" +
    (missing === undefined ? "" : ` (${missing})`),
  ignore: missing !== undefined,
  fn: async () => {
    /** What the model was told of each conversation so far. */
    const told: string[] = [];
    const agent = () => ({
      keepsAudio: false,
      reply: ({ trigger, items }: { trigger: string; items: readonly unknown[] }) => {
        told.push(JSON.stringify(items));
        return [{ kind: "speech" as const, clip: tone(600), transcript: `Said after ${trigger}.` }];
      },
      transcribe: () => "Are you still there?",
    });
    await using fleet = await FleetProcesses.start({ instances: 2, agent });
    assert.equal(await fleet.stop(1), 0); // all calls are at the other
    const [older, newer] = [OLDER, NEWER].map((state) => ({
      state,
      caller: new SimulatedCaller({ line: fleet.line }),
    }));
    const both = [older, newer];
    const over = both.map(({ caller }) => caller.place());
    await using client = fleet.mongo.client();
    const talks = client.db().collection<{ _id: string; talk: string }>("cluster_talks");
    await eventually("both have a checkpoint", async () => await talks.countDocuments() === 2, 20_000);
    await fleet.startAgain(1);
    for (const { state, caller } of both) {
      const _id = caller.callSid;
      const { journal } = JSON.parse((await talks.findOne({ _id }))!.talk);
      const talk = JSON.stringify(state(journal.startedEpochMs));
      await talks.updateOne({ _id }, { $set: { talk, region: "eu", writtenBy: { release: 9 } } });
    }
    await fleet.servers[0].kill();
    await eventually("both are taken up", () => fleet.count("call_rescued") === 2, 20_000);
    for (const words of ["A table for two, please.", "A table for three, please.", "was shown the menu"]) {
      await eventually(`the model is told: ${words}`, () => told.some((items) => items.includes(words)));
    }

    // They go on from there like any other: heard, written down, and handed over once more.
    await fleet.startAgain(0);
    assert.equal(await fleet.replace(1), 0);
    assert.ok(fleet.count("call_moved") >= 2, "both have moved");
    for (const { caller } of both) {
      const heard = caller.player.receivedBytes;
      caller.speech.say(CallerSpeech.tone(440, 900));
      await eventually("the caller is answered", () => caller.player.receivedBytes > heard);
    }
    for (const { caller } of both) caller.hangUp();
    await Promise.all(over);
    for (const event of ["cluster_away", "uncaught", "stream_failed"]) {
      assert.equal(fleet.count(event), 0, event);
    }
    for (const { caller } of both) {
      assert.deepEqual(caller.said, [], "no treatment was heard");
      const record = await recordOf<KeptRecord>(fleet, caller.callSid);
      assert.equal(record.streams, 3);
      assert.ok(record.audio.uplinkMs > 50_000, "what was carried there counts");
      assert.ok(Object.values(record.audio).every(Number.isFinite), JSON.stringify(record.audio));
      const { tokens, transcription } = record.usage;
      assert.ok(tokens.textIn >= 100, JSON.stringify(tokens));
      for (const counts of [tokens, transcription]) {
        assert.ok(Object.values(counts).every(Number.isFinite), JSON.stringify(counts));
      }
      assert.equal(record.transcript[0].text, "Acme, good morning.");
      assert.equal(record.transcript[2].outcome, "begun", "what became of the tool is not known here");
    }
  },
});

interface KeptRecord {
  readonly streams: number;
  readonly reason: string;
  readonly audio: Record<string, number>;
  readonly usage: { readonly tokens: Record<string, number>; readonly transcription: Record<string, number> };
  readonly transcript: readonly { readonly text?: string; readonly outcome?: string }[];
}
