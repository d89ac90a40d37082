import type { Bench } from "./bench.ts";
import { type Limit, limitReached } from "./capacity_limits.ts";
import type { CapacityReport, Step } from "./measurement.ts";

/** Which loads are put on, and until when. */
export interface StepsOptions {
  /** Calls at once, rising. */
  steps: readonly number[];
  /** How often each step is taken. */
  rounds: number;
  /** No step is taken after one that reached this. */
  memoryLimitBytes: number;
  /** Of the machine. */
  cores: number;
  /** Told of each step when it is done. */
  onStep?: (step: Step) => void;
}

/** Takes one step after the other, until one reaches a limit. */
export async function takeSteps(
  bench: Pick<Bench, "step">,
  options: StepsOptions,
): Promise<Pick<CapacityReport, "steps" | "repeated" | "stopped">> {
  const steps: Step[] = [];
  const repeated: string[] = [];
  /** Median of the first step that was good: one that was late itself would let the others be as late. */
  let usualAnswerMs: number | null = null;
  const take = async (calls: number, round: number): Promise<Limit | undefined> => {
    const step = await bench.step(calls, round);
    steps.push(step);
    options.onStep?.(step);
    const limit = limitReached(step, usualAnswerMs ?? step.answerMs.p50, options);
    if (!limit) usualAnswerMs ??= step.answerMs.p50;
    return limit;
  };
  for (const calls of options.steps) {
    for (let round = 1; round <= options.rounds; round++) {
      const first = await take(calls, round);
      // What else the machine does can make any step late; a limit of this program's own comes again.
      const limit = first?.isOfTime ? await take(calls, round) : first;
      if (limit) return { steps, repeated, stopped: limit.reason };
      if (first) repeated.push(first.reason);
    }
  }
  return { steps, repeated, stopped: null };
}
