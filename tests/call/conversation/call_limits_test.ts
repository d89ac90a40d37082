import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../../src/businesses/business.ts";
import { CallLimits } from "../../../src/call/conversation/call_limits.ts";
import { ManualClock } from "../../support/manual_clock.ts";

const LIMITS = { ...DEFAULT_BUSINESS.time, maxCallMs: 60_000, warnBeforeEndMs: 10_000 };

/** Limits whose events are written down with the seconds at which they came. */
function limitsOf(clock: ManualClock, startedAtMs?: number) {
  const told: string[] = [];
  const tell = (what: string) => () => void told.push(`${what} ${Math.round(clock.now() / 1_000)}`);
  const limits = new CallLimits(
    LIMITS,
    clock,
    {
      onSilence: () => {},
      onLongSilence: () => {},
      onNearEnd: tell("near end"),
      onEnd: tell("end"),
      onOverdue: () => {},
      onNoAnswer: () => {},
      unheardMs: () => 0,
    },
    startedAtMs,
  );
  return { limits, told };
}

Deno.test("CallLimits warns of the end of a call and ends it", () => {
  const clock = new ManualClock();
  const { limits, told } = limitsOf(clock);
  clock.advance(60_000);
  limits[Symbol.dispose]();
  assert.deepEqual(told, ["near end 50", "end 60"]);
});

Deno.test("CallLimits counts a call that has come back from the beginning of its first stream", () => {
  const clock = new ManualClock();
  clock.advance(30_000);
  const { limits, told } = limitsOf(clock, 0);
  clock.advance(30_000);
  limits[Symbol.dispose]();
  assert.deepEqual(told, ["near end 50", "end 60"]);
});
