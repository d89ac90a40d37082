import assert from "node:assert/strict";
import { hearWords, plainWords } from "../../src/lab/openai/audio/heard_words.ts";
import { muLawEncode } from "../../src/audio/mulaw_buffers.ts";
import { tonesFor } from "../../src/lab/telephone/page/voice_sources.js";

/** As much of a browser's audio context as a sentence needs. */
function contextAt(sampleRate: number) {
  const createBuffer = (_channels: number, length: number) => {
    const samples = new Float32Array(length);
    return { getChannelData: () => samples };
  };
  return { sampleRate, createBuffer } as unknown as Parameters<typeof tonesFor>[0];
}

Deno.test("a sentence that is typed into the browser's telephone is understood by scripted models", () => {
  const sentence = "Hello! I would like to book a table for 4, please.";
  const spoken: Float32Array = tonesFor(contextAt(8_000), sentence).getChannelData(0);
  const bytes = muLawEncode(Int16Array.from(spoken, (sample) => 32_767 * sample));
  const heard = { format: "audio/pcmu", bytes, startMs: 0, durationMs: bytes.length / 8 } as const;
  assert.equal(hearWords(heard, plainWords(sentence)), "hello i would like to book a table for 4 please");
  assert.equal(hearWords(heard, ["table", "chair"]), "… … … … … … … table … … …");
});
