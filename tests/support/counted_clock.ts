import type { Clock, Timer } from "../../src/util/clock.ts";

/** Another face of a clock, which counts the deadlines set through it: those of a test's own models, say. */
export class CountedClock implements Clock {
  pending = 0;

  constructor(readonly inner: Clock) {}

  now(): number {
    return this.inner.now();
  }

  epoch(): number {
    return this.inner.epoch();
  }

  at(deadlineMs: number, run: () => void, slackMs?: number): Timer {
    let isPending = true;
    const done = () => {
      if (isPending) this.pending--;
      isPending = false;
    };
    this.pending++;
    const timer = this.inner.at(deadlineMs, () => {
      done();
      run();
    }, slackMs);
    return {
      cancel: () => {
        done();
        timer.cancel();
      },
    };
  }
}
