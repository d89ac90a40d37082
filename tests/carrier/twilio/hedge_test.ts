import assert from "node:assert/strict";
import { hedge } from "../../../src/carrier/twilio/hedge.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { settle } from "../../support/microtasks.ts";

/** Tries whose results the test decides on. */
function trying(options: { isMoot?: () => boolean } = {}) {
  const clock = new ManualClock();
  const tries: { answer: PromiseWithResolvers<string>; signal: AbortSignal }[] = [];
  const result = hedge((_nth, signal) => {
    const answer = Promise.withResolvers<string>();
    tries.push({ answer, signal });
    return answer.promise;
  }, {
    clock,
    tries: 3,
    besideAfterMs: 1_000,
    againAfterMs: 100,
    mayRepeat: (error) => String(error).includes("again"),
    isMoot: () => false,
    ...options,
  });
  result.catch(() => {});
  return { clock, tries, result };
}

Deno.test("hedge() tries once more beside a try that hangs, and takes what comes first", async () => {
  const { clock, tries, result } = trying();
  clock.advance(999);
  assert.equal(tries.length, 1);
  clock.advance(1);
  assert.equal(tries.length, 2);
  tries[1].answer.resolve("second");
  assert.equal(await result, "second");
  assert.deepEqual(tries.map(({ signal }) => signal.aborted), [true, true]);
  assert.equal(clock.pending, 0);
});

Deno.test("hedge() tries again soon after a failure, and throws the last one", async () => {
  const { clock, tries, result } = trying();
  for (const nth of [0, 1, 2]) {
    tries[nth].answer.reject(new Error(`again ${nth}`));
    await settle();
    clock.advance(100);
  }
  await assert.rejects(result, /again 2/);
  assert.deepEqual([tries.length, clock.pending], [3, 0]);
});

Deno.test("hedge() takes a failure that every try would meet at once", async () => {
  const { clock, tries, result } = trying();
  clock.advance(1_000);
  tries[1].answer.reject(new Error("refused"));
  await assert.rejects(result, /refused/);
  assert.equal(tries[0].signal.aborted, true);
});

Deno.test("hedge() tries no more once there is no use in it", async () => {
  const { clock, tries, result } = trying({ isMoot: () => true });
  clock.advance(10_000);
  assert.equal(tries.length, 1);
  tries[0].answer.resolve("late");
  assert.equal(await result, "late");
  const failing = trying({ isMoot: () => true });
  failing.tries[0].answer.reject(new Error("again"));
  await settle();
  failing.clock.advance(100);
  await assert.rejects(failing.result, /again/);
});
