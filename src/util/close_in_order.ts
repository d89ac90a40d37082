import { after, type Clock } from "./clock.ts";
import { messageOf } from "./errors.ts";

/** One thing to close: its name, and how. */
export type CloseStep = readonly [name: string, close: () => unknown];

/**
 * Closes one thing after another. One that throws, or takes longer than `stepMs`, is told to `onTrouble` and left behind:
 * it must not keep the others open, nor the process alive. Never rejects.
 */
export async function closeInOrder(
  steps: readonly CloseStep[],
  { clock, stepMs, onTrouble }: {
    clock: Clock;
    stepMs: number;
    onTrouble: (name: string, message: string) => void;
  },
): Promise<void> {
  for (const [name, close] of steps) {
    const late = Promise.withResolvers<string>();
    const timer = after(clock, stepMs, () => late.resolve(`did not close within ${stepMs} ms`));
    const trouble = await Promise.race([closed(close), late.promise]);
    timer.cancel();
    if (trouble !== undefined) onTrouble(name, trouble);
  }
}

/** Resolves when it is closed; with what it threw when it could not be. */
async function closed(close: () => unknown): Promise<string | undefined> {
  try {
    await close();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
