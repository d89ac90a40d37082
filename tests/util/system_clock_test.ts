import assert from "node:assert/strict";
import { sleep, type Timer, within } from "../../src/util/clock.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { SystemClock } from "../../src/util/system_clock.ts";

const HOUR_MS = 3_600_000;

/** Runs `test` with a count of the runtime timers that are set and neither fired nor cleared. */
async function withTimersCounted(test: (live: () => number) => void | Promise<void>): Promise<void> {
  const { setTimeout, clearTimeout } = globalThis;
  const live = new Set<unknown>();
  globalThis.setTimeout = ((run: () => void, ms: number) => {
    const handle = setTimeout(() => {
      live.delete(handle);
      run();
    }, ms);
    live.add(handle);
    return handle;
  }) as typeof globalThis.setTimeout;
  globalThis.clearTimeout = (handle) => {
    live.delete(handle);
    clearTimeout(handle);
  };
  try {
    await test(() => live.size);
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
}

Deno.test("SystemClock runs a deadline neither early nor twice", async () => {
  const clock = new SystemClock();
  const dueMs = clock.now() + 3;
  const ranAtMs: number[] = [];
  clock.at(dueMs, () => ranAtMs.push(clock.now()));
  await sleep(clock, 12);
  assert.equal(ranAtMs.length, 1);
  assert.ok(ranAtMs[0] >= dueMs, `due at ${dueMs}, ran at ${ranAtMs[0]}`);
});

Deno.test("SystemClock runs deadlines in order of time, however they were set", async () => {
  const clock = new SystemClock();
  const ran: string[] = [];
  const now = clock.now();
  const last = sleep(clock, 15);
  clock.at(now + 10, () => ran.push("third"));
  clock.at(now + 1, () => ran.push("first"));
  clock.at(now + 5, () => ran.push("second"));
  await last;
  assert.deepEqual(ran, ["first", "second", "third"]);
});

Deno.test("SystemClock keeps one runtime timer for any number of deadlines, and none for no deadline", async () => {
  await withTimersCounted((live) => {
    const clock = new SystemClock();
    assert.equal(live(), 0);
    const timers = [3, 1, 2].map((hours) => clock.at(clock.now() + hours * HOUR_MS, () => {}));
    assert.equal(live(), 1);
    assert.equal(clock.pending, 3);
    for (const timer of timers) timer.cancel();
    assert.equal(live(), 0);
    assert.equal(clock.pending, 0);
  });
});

Deno.test("SystemClock brings its timer forward for an earlier deadline", async () => {
  await withTimersCounted(async (live) => {
    const clock = new SystemClock();
    const late = clock.at(clock.now() + HOUR_MS, () => assert.fail("an hour too early"));
    await sleep(clock, 1);
    assert.equal(live(), 1);
    late.cancel();
    assert.equal(live(), 0);
  });
});

Deno.test("SystemClock reports what a deadline throws and runs the others all the same", async () => {
  const errors: unknown[] = [];
  const clock = new SystemClock((error) => errors.push(error));
  const failure = new Error("in a deadline");
  const ran: string[] = [];
  const dueMs = clock.now();
  clock.at(dueMs, () => {
    throw failure;
  });
  clock.at(dueMs + 1, () => ran.push("next"));
  await sleep(clock, 5);
  assert.deepEqual(errors, [failure]);
  assert.deepEqual(ran, ["next"]);
});

Deno.test("SystemClock does not run a deadline that another one cancels in the same turn", async () => {
  const clock = new SystemClock();
  const dueMs = clock.now();
  clock.at(dueMs, () => doomed.cancel());
  const doomed = clock.at(dueMs + 0.001, () => assert.fail("it was cancelled"));
  await sleep(clock, 3);
  assert.equal(clock.pending, 0);
});

Deno.test("SystemClock runs deadlines with slack together, none early and none later than its slack", async () => {
  await withTimersCounted(async (live) => {
    const clock = new SystemClock();
    const startMs = clock.now();
    const ranAtMs: number[] = [];
    const set = (dueMs: number) =>
      clock.at(dueMs, () => {
        const nowMs = clock.now();
        assert.ok(nowMs >= dueMs, `due at ${dueMs}, ran at ${nowMs}`);
        ranAtMs.push(nowMs);
      }, 1000);
    const endMs = Math.ceil((startMs + 20) / 1000) * 1000;
    for (const dueMs of [endMs - 15, endMs - 10, endMs - 1]) set(dueMs);
    assert.equal(live(), 1);
    await sleep(clock, endMs - clock.now());
    assert.equal(ranAtMs.length, 3);
    assert.equal(clock.pending, 0);
  });
});

Deno.test("SystemClock sets its timer once for all that the deadlines of a turn have set", async () => {
  const clock = new SystemClock();
  const dueMs = clock.now() + 2;
  let set = 0;
  const { setTimeout } = globalThis;
  for (let index = 0; index < 10; index++) {
    clock.at(dueMs, () => {
      if (index === 0) {
        globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
          set++;
          return setTimeout(...args);
        }) as typeof setTimeout;
      }
      clock.at(dueMs + 100 - index, () => {});
    });
  }
  try {
    await new Promise((resolve) => setTimeout(resolve, 30));
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assert.equal(set, 1);
  await sleep(clock, 80);
  assert.equal(clock.pending, 0);
});

Deno.test("SystemClock does not count the time in which the process stood still as awake", async () => {
  const clock = new SystemClock();
  const [nowMs, awakeMs] = [clock.now(), clock.awake()];
  let timer: Timer;
  const tick = () => void (timer = clock.at(clock.now() + 20, tick));
  tick();
  await sleep(clock, 50);
  const untilMs = performance.now() + 600;
  while (performance.now() < untilMs);
  await sleep(clock, 50);
  timer!.cancel();
  const tookMs = clock.now() - nowMs;
  const tookAwakeMs = clock.awake() - awakeMs;
  assert.ok(tookMs >= 700, `${tookMs} ms`);
  assert.ok(tookMs - tookAwakeMs >= 550, `${tookAwakeMs} ms of ${tookMs} ms`);
});

Deno.test("within() gives the time that it names in which the process was able to work", () => {
  const clock = new ManualClock();
  let count = 0;
  within(clock, 1_000, () => count++);
  clock.advance(500);
  clock.standStill(2_000);
  assert.equal(count, 0);
  clock.advance(499);
  assert.equal(count, 0);
  clock.advance(1);
  assert.equal(count, 1);
  within(clock, 1_000, () => count++).cancel();
  const late = within(clock, 1_000, () => count++);
  clock.standStill(5_000);
  late.cancel();
  assert.deepEqual([count, clock.pending], [1, 0]);
});
