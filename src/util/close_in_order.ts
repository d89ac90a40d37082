import type { Clock } from "./clock.ts";
import { messageOf } from "./errors.ts";
import { settledWithin } from "./deadline.ts";

/**
 * Closes one thing after another. One that throws, or takes longer than `stepMs`, is told to `onTrouble` and
 * left behind: it must not keep the others open, nor the process alive. Never rejects.
 */
export async function closeInOrder(
  steps: readonly (readonly [name: string, close: () => unknown])[],
  { clock, stepMs, onTrouble }: {
    clock: Clock;
    stepMs: number;
    onTrouble: (name: string, message: string) => void;
  },
): Promise<void> {
  for (const [name, close] of steps) {
    let trouble: string | undefined = `did not close within ${stepMs} ms`;
    const closing = async () => {
      await close();
      trouble = undefined;
    };
    await settledWithin(clock, stepMs, closing().catch((error) => trouble = messageOf(error)));
    if (trouble !== undefined) onTrouble(name, trouble);
  }
}
