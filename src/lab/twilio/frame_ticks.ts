import type { Clock } from "../../util/clock.ts";
import { FRAME_MS } from "./caller_speech.ts";

/**
 * Runs `onFrame` every 20 ms, by absolute deadlines, until it returns false: once at once, and as often as is
 * due when it runs late. It gets the time at which it was due: sound that is placed by that has no gaps.
 */
export function eachFrame(clock: Clock, onFrame: (dueMs: number) => boolean): Promise<void> {
  const startMs = clock.now();
  let count = 0;
  return new Promise((resolve) => {
    const tick = () => {
      while (startMs + count * FRAME_MS <= clock.now()) {
        if (!onFrame(startMs + count++ * FRAME_MS)) return resolve();
      }
      clock.at(startMs + count * FRAME_MS, tick);
    };
    tick();
  });
}
