import assert from "node:assert/strict";
import { PolyphaseEngine } from "../../src/audio/polyphase_engine.ts";
import { measureDown, measureLoopSnrDb, measureUp } from "../support/audio_measure.ts";

const engine = new PolyphaseEngine("polyphase");

Deno.test("the default kernel going up keeps ripple, images and delay within their limits", () => {
  const measures = measureUp(engine);
  assert.ok(measures.rippleDb <= 0.05, `ripple ${measures.rippleDb} dB`);
  assert.ok(measures.spuriousDb <= -70, `images ${measures.spuriousDb} dB`);
  assert.ok(measures.delayMs <= 2, `delay ${measures.delayMs} ms`);
});

Deno.test("the default kernel going down keeps ripple, aliases and delay within their limits", () => {
  const measures = measureDown(engine);
  assert.ok(measures.rippleDb <= 0.05, `ripple ${measures.rippleDb} dB`);
  assert.ok(measures.spuriousDb <= -70, `aliases ${measures.spuriousDb} dB`);
  assert.ok(measures.delayMs <= 2, `delay ${measures.delayMs} ms`);
});

Deno.test("mu-law that goes up and down again loses next to nothing, since the delay is whole samples", () => {
  const loopSnrDb = measureLoopSnrDb(engine);
  assert.ok(measureUp(engine, { stepHz: 1_000 }).snrDb - loopSnrDb < 0.5, `${loopSnrDb} dB`);
});
