import assert from "node:assert/strict";
import { StopSignals } from "../../src/cli/stop_signals.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/microtasks.ts";

/** Signals that the test sends. */
class FakeSignals {
  readonly listeners = new Map<string, () => void>();

  addSignalListener(signal: Deno.Signal, listener: () => void): void {
    this.listeners.set(signal, listener);
  }

  removeSignalListener(signal: Deno.Signal): void {
    this.listeners.delete(signal);
  }
}

Deno.test("StopSignals takes signals close together for one wish, and a later one for another", async () => {
  const clock = new ManualClock();
  const signals = new FakeSignals();
  const wishes: string[] = [];
  {
    using stops = new StopSignals(clock, signals);
    const next = () => void stops.next().then((signal) => wishes.push(signal));
    next();
    signals.listeners.get("SIGINT")!();
    await settle();
    assert.deepEqual(wishes, ["SIGINT"]);
    next();
    clock.advance(900);
    signals.listeners.get("SIGINT")!();
    await settle();
    assert.deepEqual(wishes, ["SIGINT"]);
    clock.advance(200);
    signals.listeners.get("SIGTERM")!();
    await settle();
    assert.deepEqual(wishes, ["SIGINT", "SIGTERM"]);
  }
  assert.equal(signals.listeners.size, 0);
});
