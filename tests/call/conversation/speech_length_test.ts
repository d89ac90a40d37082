import assert from "node:assert/strict";
import { SpeechLength, speechMeasure } from "../../../src/call/conversation/speech_length.ts";
import { DEFAULT_BUSINESS } from "../../../src/businesses/business.ts";
import { ManualClock } from "../../support/manual_clock.ts";

/** What voice detection at default settings makes of speech of `spokenMs`: it says so once 500 ms of silence have passed. */
function heard(
  { spokenMs, level = "loud", times = true, minMs = 500, detection = DEFAULT_BUSINESS.turns.detection }: {
    spokenMs: number;
    level?: "loud" | "faint";
    times?: boolean;
    minMs?: number;
    detection?: typeof DEFAULT_BUSINESS.turns.detection;
  },
): number | undefined {
  const clock = new ManualClock();
  const measure = speechMeasure({
    ...DEFAULT_BUSINESS,
    turns: { ...DEFAULT_BUSINESS.turns, minInterruptionMs: minMs, detection },
  });
  const speech = new SpeechLength(
    clock,
    measure,
    () => clock.now() >= spokenMs ? "quiet" : level === "loud" ? "loud" : undefined,
  );
  let longAtMs: number | undefined;
  // The padding of 300 ms counts to the start, and the silence of 500 ms to the end.
  speech.started(times ? 1_000 : undefined);
  speech.whenLong(() => longAtMs = clock.now());
  clock.advance(spokenMs + 500);
  speech.stopped(times ? 1_000 + 300 + spokenMs + 500 : undefined);
  assert.equal(clock.pending, 0);
  return longAtMs;
}

Deno.test("SpeechLength takes a cough of 200 ms for what it is, though speech_stopped comes after 700 ms", () => {
  assert.equal(heard({ spokenMs: 200 }), undefined);
  assert.equal(heard({ spokenMs: 480 }), undefined);
  assert.equal(heard({ spokenMs: 200, level: "faint" }), undefined);
  assert.equal(heard({ spokenMs: 200, times: false }), undefined);
  const detection = { type: "semantic_vad", eagerness: "auto" } as const;
  assert.equal(heard({ spokenMs: 200, detection }), undefined);
});

Deno.test("SpeechLength tells of long speech as soon as it is long", () => {
  assert.equal(heard({ spokenMs: 3_000 }), 500);
  assert.equal(heard({ spokenMs: 3_000, times: false }), 500);
  assert.equal(heard({ spokenMs: 3_000, minMs: 0 }), 0);
});

Deno.test("SpeechLength knows of a voice that is not loud by what voice detection says, or does not say", () => {
  assert.equal(heard({ spokenMs: 560, level: "faint" }), 1_060, "by its times");
  assert.equal(heard({ spokenMs: 3_000, level: "faint" }), 1_100, "it has not stopped");
  assert.equal(heard({ spokenMs: 3_000, level: "faint", times: false }), 1_100);
});

Deno.test("SpeechLength of speech that was long already tells at once", () => {
  const clock = new ManualClock();
  const speech = new SpeechLength(
    clock,
    { minMs: 300, silenceMs: 500, paddingMs: 300 },
    () => "loud",
  );
  speech.started(0);
  clock.advance(400);
  let isTold = false;
  speech.whenLong(() => isTold = true);
  assert.ok(isTold);
  speech[Symbol.dispose]();
  assert.equal(clock.pending, 0);
});
