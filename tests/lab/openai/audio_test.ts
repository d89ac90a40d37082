import assert from "node:assert/strict";
import { aLawDecode, aLawEncode } from "../../../src/lab/openai/audio/a_law.ts";
import { AgentClip } from "../../../src/lab/openai/audio/agent_clip.ts";
import { tone } from "../../../src/lab/openai/audio/tone.ts";
import { levelDb, VoiceActivity } from "../../../src/lab/openai/voice_activity.ts";
import { burst } from "./client.ts";

Deno.test("aLawEncode() gives back every code, with G.711's values at the ends", () => {
  const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
  assert.deepEqual(aLawEncode(aLawDecode(codes)), codes);
  assert.deepEqual([...aLawDecode(Uint8Array.of(0xd5, 0x55, 0xaa, 0x2a))], [8, -8, 32256, -32256]);
});

Deno.test("AgentClip cuts its deltas once for all sessions, and changes codec when it must", () => {
  const clip = tone(250);
  assert.equal(clip.durationMs, 250);
  const pcm = clip.deltas("audio/pcm", 100);
  assert.deepEqual(pcm.map(({ byteCount }) => byteCount), [4800, 4800, 2400]);
  assert.equal(clip.deltas("audio/pcm", 100), pcm);
  assert.deepEqual(clip.deltas("audio/pcmu", 100).map(({ byteCount }) => byteCount), [800, 800, 400]);
  const muLaw = AgentClip.fromMuLaw(new Uint8Array(801).fill(0x80));
  assert.equal(atob(muLaw.deltas("audio/pcmu", 1000)[0].base64).length, 801);
});

Deno.test("levelDb() measures against full scale", () => {
  assert.equal(Math.round(levelDb(new Int16Array(480).fill(-32768))), 0);
  assert.equal(Math.round(levelDb(burst(20))), -12);
  assert.equal(levelDb(new Int16Array(480)), -Infinity);
});

Deno.test("VoiceActivity ignores clicks and bridges pauses", () => {
  const settings = { threshold: 0.5, prefixPaddingMs: 300, silenceDurationMs: 100 };
  const activity = new VoiceActivity();
  const run = (levels: number[]) =>
    levels.map((level) => activity.push(level, settings)?.change ?? "-").join(" ");
  assert.equal(run([-90, -20, -90, -20, -20]), "- - - - started");
  assert.equal(run([-90, -90, -90, -90, -43, -90]), "- - - - - -"); // within the hysteresis: still speech
  assert.equal(run([-90, -90, -90, -90]), "- - - stopped");
});
