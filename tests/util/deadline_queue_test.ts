import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import type { Timer } from "../../src/util/clock.ts";
import { DeadlineQueue } from "../../src/util/deadline_queue.ts";

Deno.test("DeadlineQueue gives deadlines earliest first and none before its time", () => {
  const queue = new DeadlineQueue();
  const ran: number[] = [];
  for (const atMs of [30, 10, 20]) queue.add(atMs, () => ran.push(atMs));
  assert.equal(queue.nextMs, 10);
  assert.equal(queue.takeDue(9), undefined);
  while (queue.size > 0) queue.takeDue(30)!();
  assert.deepEqual(ran, [10, 20, 30]);
  assert.equal(queue.nextMs, Infinity);
});

Deno.test("DeadlineQueue forgets a cancelled deadline at once, and cancelling again does nothing", () => {
  const queue = new DeadlineQueue();
  const first = queue.add(1, () => {});
  queue.add(2, () => {});
  first.cancel();
  first.cancel();
  assert.equal(queue.size, 1);
  assert.equal(queue.nextMs, 2);
});

Deno.test("DeadlineQueue takes no harm from cancelling a deadline that was taken", () => {
  const queue = new DeadlineQueue();
  const timer = queue.add(1, () => {});
  queue.takeDue(1);
  queue.add(2, () => {});
  timer.cancel();
  assert.equal(queue.size, 1);
});

Deno.test("DeadlineQueue keeps nothing alive by a timer that is over, though somebody still has the timer", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const queue = new DeadlineQueue();
  /** A deadline for a call that is known to nobody else. */
  const set = (atMs: number): { timer: Timer; call: WeakRef<object> } => {
    const call = { atMs };
    return { timer: queue.add(atMs, () => call.atMs++), call: new WeakRef(call) };
  };
  const [ran, cancelled, pending] = [set(1), set(2), set(3)];
  queue.takeDue(1)!();
  cancelled.timer.cancel();
  await new Promise((resolve) => setTimeout(resolve)); // what a WeakRef was made for lives until the turn ends
  collect();
  const isAlive = [ran, cancelled, pending].map(({ call }) => call.deref() !== undefined);
  assert.deepEqual(isAlive, [false, false, true]);
});

Deno.test("DeadlineQueue keeps its order when what takes a cancelled deadline's place is earlier than its new parent", () => {
  const queue = new DeadlineQueue();
  const ran: number[] = [];
  const timers = [1, 7, 3, 6, 5, 4, 2].map((atMs) => queue.add(atMs, () => ran.push(atMs)));
  timers[1].cancel();
  while (queue.size > 0) queue.takeDue(7)!();
  assert.deepEqual(ran, [1, 2, 3, 4, 5, 6]);
});

Deno.test("DeadlineQueue tells when the last deadline has been cancelled, and only then", () => {
  let emptied = 0;
  const queue = new DeadlineQueue(() => emptied++);
  const [first, second] = [queue.add(1, () => {}), queue.add(2, () => {})];
  first.cancel();
  assert.equal(emptied, 0);
  second.cancel();
  second.cancel();
  assert.equal(emptied, 1);
  queue.add(3, () => {});
  queue.takeDue(3);
  assert.equal(emptied, 1, "one that is taken is not cancelled");
});

type Step = { do: "add"; atMs: number } | { do: "cancel"; pick: number } | { do: "take"; nowMs: number };

const steps = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant("add" as const), atMs: fc.integer({ min: 0, max: 50 }) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("cancel" as const), pick: fc.nat() }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("take" as const), nowMs: fc.integer({ min: 0, max: 50 }) }),
    },
  ),
  { maxLength: 200, size: "max" },
);

/** The same as a plain list, searched from end to end. */
class ReferenceQueue {
  readonly waiting = new Map<number, number>();

  get nextMs(): number {
    return Math.min(...this.waiting.values());
  }
}

Deno.test("DeadlineQueue agrees with a plain list over any additions, cancellations and takings", () => {
  fc.assert(
    fc.property(steps, (sequence: Step[]) => {
      const queue = new DeadlineQueue();
      const reference = new ReferenceQueue();
      const timers: Timer[] = [];
      let taken = -1;
      for (const step of sequence) {
        if (step.do === "add") {
          const id = timers.length;
          reference.waiting.set(id, step.atMs);
          timers.push(queue.add(step.atMs, () => taken = id));
        } else if (step.do === "cancel" && timers.length > 0) {
          const id = step.pick % timers.length;
          reference.waiting.delete(id);
          timers[id].cancel();
        } else if (step.do === "take") {
          const run = queue.takeDue(step.nowMs);
          assert.equal(run !== undefined, reference.nextMs <= step.nowMs);
          if (run) {
            run();
            assert.equal(reference.waiting.get(taken), reference.nextMs, "it was waiting, and the earliest");
            reference.waiting.delete(taken);
          }
        }
        assert.equal(queue.size, reference.waiting.size);
        assert.equal(queue.nextMs, reference.nextMs);
      }
    }),
    { seed: 2026, numRuns: 300 },
  );
});
