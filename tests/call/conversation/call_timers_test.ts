import assert from "node:assert/strict";
import { HOLD_SOUND_MS } from "../../../src/call/hold/hold_sound.ts";
import type { CallPast } from "../../../src/call/conversation/call_length.ts";
import { CallTimers } from "../../../src/call/conversation/call_timers.ts";
import { ManualClock } from "../../support/manual_clock.ts";

const LIMITS = {
  silencePromptAfterMs: 10_000,
  silenceGoodbyeAfterMs: 5_000,
  maxCallMs: 60_000,
  warnBeforeEndMs: 10_000,
  answerWithinMs: 3_000,
  connectWithinMs: 8_000,
  forgottenTurnMs: 5_000,
};
const NEVER = 24 * 60 * 60_000;

/** Limits of a call in which nobody speaks. Their events are written down with the seconds at which they came. */
function limitsOf(
  clock: ManualClock,
  differences: Partial<typeof LIMITS> = {},
  past?: CallPast,
) {
  const told: string[] = [];
  const caller = {
    level: "quiet" as "loud" | "quiet",
    signs: 0,
    unheardMs: 0,
    isThinking: false,
    hasWords: false,
  };
  const tell = (what: string) => void told.push(`${what} ${Math.round(clock.now() / 1_000)}`);
  const leave = (what: string) => {
    tell(what);
    limits.leaving();
  };
  const limits: CallTimers = new CallTimers(
    { ...LIMITS, ...differences },
    clock,
    {
      onShortSilence: () => false,
      onSilence: () => tell("prompt"),
      onLongSilence: () => leave("goodbye"),
      onNearEnd: () => tell("near end"),
      onEnd: () => leave("end"),
      onSecond() {},
      onOverdue: () => tell("overdue"),
      onNoAnswer: () => tell("no answer"),
      onHold: () => {
        tell("hold");
        return HOLD_SOUND_MS;
      },
      hasHoldWords: () => caller.hasWords,
      onForgottenTurn: () => tell("forgotten turn"),
      onLongTurn: (time) => tell(`long turn (${time})`),
      isThinking: () => caller.isThinking,
      onUnnoticed: () => tell("unnoticed"),
      unheardMs: () => caller.unheardMs,
      awaited: () => limits.answer.isAwaiting ? "answer" : "nothing",
      signsOfWork: () => caller.signs,
      callerLevel: () => caller.level,
    },
    past,
  );
  return { limits, told, caller };
}

Deno.test("CallTimers warns of the end of a call and ends it", () => {
  const clock = new ManualClock();
  const { limits, told } = limitsOf(clock, { silencePromptAfterMs: NEVER });
  clock.advance(60_000);
  limits[Symbol.dispose]();
  assert.deepEqual(told, ["near end 50", "end 60"]);
});

Deno.test("CallTimers counts a call that has come back from the beginning of its first stream", () => {
  const clock = new ManualClock();
  clock.advance(30_000);
  const { limits, told } = limitsOf(clock, { silencePromptAfterMs: NEVER }, {
    startedAtMs: 0,
    isWarned: false,
  });
  clock.advance(30_000);
  limits[Symbol.dispose]();
  assert.deepEqual(told, ["near end 50", "end 60"]);
});

Deno.test("CallTimers warns a call that has come back of its end once, and where it was away at that time", () => {
  for (const isWarned of [true, false]) {
    const clock = new ManualClock();
    clock.advance(55_000);
    const { limits, told } = limitsOf(clock, { silencePromptAfterMs: NEVER }, { startedAtMs: 0, isWarned });
    clock.advance(5_000);
    limits[Symbol.dispose]();
    assert.deepEqual(told, isWarned ? ["end 60"] : ["near end 56", "end 60"]);
  }
});

Deno.test("CallTimers ends a call whose goodbye did not, again and again", () => {
  const clock = new ManualClock();
  const { limits, told } = limitsOf(clock);
  clock.advance(56_000);
  limits[Symbol.dispose]();
  assert.deepEqual(told, ["prompt 10", "goodbye 15", "overdue 35", "overdue 55"]);
  assert.equal(clock.pending, 0);
});

Deno.test("CallTimers of a call that goes on after its goodbye begin anew, but for the call's length", () => {
  const clock = new ManualClock();
  const { limits, told } = limitsOf(clock, { warnBeforeEndMs: 0 });
  clock.advance(16_000);
  limits.staying();
  clock.advance(46_000);
  assert.deepEqual(told, ["prompt 10", "goodbye 15", "prompt 26", "goodbye 31", "overdue 51"]);
  limits.staying();
  clock.advance(1_000);
  limits[Symbol.dispose]();
  assert.equal(told.at(-1), "end 63");
});

Deno.test("CallTimers tells three times that an answer does not come, within twice its time, and lets something be heard", () => {
  const clock = new ManualClock();
  const { limits, told } = limitsOf(clock, { answerWithinMs: 5_000 });
  clock.advance(2_000);
  limits.callerStopped();
  clock.advance(10_500);
  limits[Symbol.dispose]();
  assert.deepEqual(told, ["hold 6", "no answer 7", "no answer 10", "hold 11", "no answer 12"]);
});

Deno.test("CallTimers waits for a model that shows that it is at work, and lets something be heard meanwhile", () => {
  const clock = new ManualClock();
  const { limits, told, caller } = limitsOf(clock, { answerWithinMs: 5_000 });
  limits.callerStopped();
  for (let i = 0; i < 5; i++) {
    clock.advance(4_000);
    caller.signs++;
  }
  limits[Symbol.dispose]();
  assert.deepEqual(told, ["hold 4", "hold 9", "hold 14", "hold 20"]);
});

Deno.test("CallTimers counts an answer that stops from when its sound was heard", () => {
  const clock = new ManualClock();
  const { limits, told, caller } = limitsOf(clock, { answerWithinMs: 5_000 });
  limits.answer.begin();
  clock.advance(1_000);
  for (caller.unheardMs = 6_000; caller.unheardMs > 0; caller.unheardMs -= 1_000) clock.advance(1_000);
  clock.advance(7_000);
  limits[Symbol.dispose]();
  assert.deepEqual(told, ["hold 12", "no answer 13"]);
});

Deno.test("CallTimers does not wait for what was cut off before it was heard", () => {
  const clock = new ManualClock();
  const { limits, told, caller } = limitsOf(clock, { answerWithinMs: 5_000 });
  limits.answer.output();
  caller.unheardMs = 60_000;
  clock.advance(1_000);
  caller.unheardMs = 0;
  limits.answer.begin();
  clock.advance(7_500);
  limits[Symbol.dispose]();
  assert.deepEqual(told, ["hold 6", "no answer 7"]);
});

Deno.test("CallTimers does not count the time in which the process stood still", () => {
  const clock = new ManualClock();
  const { limits, told } = limitsOf(clock);
  limits.callerStopped();
  clock.advance(1_500);
  clock.standStill(5_000);
  assert.deepEqual(told, []);
  clock.advance(1_500);
  limits[Symbol.dispose]();
  assert.deepEqual(told, ["no answer 8"]);
});

Deno.test("CallTimers finds a turn that is silent and does not end, and not one in which the caller speaks on", () => {
  const clock = new ManualClock();
  const { limits, told, caller } = limitsOf(clock, { silencePromptAfterMs: NEVER, maxCallMs: NEVER });
  caller.level = "loud";
  limits.callerStarted();
  clock.advance(20_000);
  assert.deepEqual(told, []);
  caller.level = "quiet";
  clock.advance(5_000);
  assert.deepEqual(told, ["forgotten turn 25"]);
  caller.level = "loud";
  limits.callerStarted();
  clock.advance(60_000);
  limits[Symbol.dispose]();
  assert.deepEqual(told, ["forgotten turn 25", "long turn (1) 85"]);
});

Deno.test("CallTimers finds that the caller has said something that nobody noticed, twice between two turns", () => {
  const clock = new ManualClock();
  const { limits, told, caller } = limitsOf(clock, { silencePromptAfterMs: NEVER, maxCallMs: NEVER });
  for (let i = 0; i < 4; i++) {
    clock.advance(3_000);
    caller.level = "loud";
    clock.advance(2_000);
    caller.level = "quiet";
    clock.advance(5_000);
  }
  assert.deepEqual(told, ["unnoticed 9", "unnoticed 19"]);
  limits.callerStarted();
  limits.callerStopped();
  limits.answer.complete();
  caller.level = "loud";
  clock.advance(60_000);
  limits[Symbol.dispose]();
  assert.deepEqual(told.slice(2), [], "a noise that goes on is not asked about");
});

Deno.test("CallTimers gives a model that has begun an answer longer, and one that shows signs of work 90 seconds", () => {
  const clock = new ManualClock();
  const { limits, told, caller } = limitsOf(clock, { answerWithinMs: 5_000, maxCallMs: NEVER });
  limits.callerStopped();
  clock.advance(500);
  caller.isThinking = true;
  limits.answer.begun();
  clock.advance(31_000);
  const missing = () => told.filter((what) => what.startsWith("no answer"));
  assert.deepEqual(missing(), ["no answer 13", "no answer 22", "no answer 31"]);
  limits.answer.complete();
  limits.callerStarted();
  limits.callerStopped();
  told.length = 0;
  for (let i = 0; i < 44; i++) {
    clock.advance(2_000);
    caller.signs++;
  }
  assert.deepEqual(missing(), []);
  clock.advance(3_000);
  limits[Symbol.dispose]();
  assert.equal(missing().length, 1);
});

Deno.test("CallTimers counts no silence while keys are typed, and none of what is at work", () => {
  const clock = new ManualClock();
  const { limits, told } = limitsOf(clock);
  for (let i = 0; i < 16; i++) {
    clock.advance(1_200);
    limits.keyPressed();
  }
  assert.deepEqual(told, []);
  clock.advance(11_000);
  assert.deepEqual(told, ["prompt 30"]);
  limits[Symbol.dispose]();
});

Deno.test("CallTimers counts on while only machines talk, and anew when somebody is there", () => {
  const clock = new ManualClock();
  const { limits, told, caller } = limitsOf(clock, { maxCallMs: NEVER });
  const reprompt = () => {
    limits.machineTalks();
    limits.answer.output();
    caller.unheardMs = 1_500;
    clock.advance(1_500);
    caller.unheardMs = 0;
    limits.activity(); // of a tool that it calls
    limits.answer.complete();
  };
  for (let i = 0; i < 4; i++) {
    clock.advance(3_000);
    reprompt();
  }
  assert.deepEqual(told, ["prompt 10", "goodbye 15"]);
  limits.staying();
  limits.somebodyActed();
  clock.advance(9_000);
  assert.equal(told.length, 2);
  limits[Symbol.dispose]();
});

Deno.test("CallTimers takes a second turn that is too long for noise, to which the rules of silence apply, and words for words", () => {
  const clock = new ManualClock();
  const { limits, told, caller } = limitsOf(clock, { maxCallMs: NEVER });
  caller.level = "loud";
  limits.callerStarted();
  clock.advance(60_000);
  limits.answer.complete();
  limits.callerStarted();
  clock.advance(60_000);
  assert.deepEqual(told, ["long turn (1) 60", "long turn (2) 120", "prompt 120"]);
  assert.ok(limits.isNoise);
  clock.advance(6_000);
  assert.equal(told.at(-1), "goodbye 125");
  limits.staying();
  limits.somebodyActed();
  assert.ok(!limits.isNoise);
  limits[Symbol.dispose]();
});
