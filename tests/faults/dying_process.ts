/*
 * For a process that dies at a chosen step: `deno run … PROCESS.ts FOLDER STEP`. What counts as a step it says itself, by the
 * methods whose every use is one.
 */

/** The process's first argument. */
export const folder = Deno.args[0];

/** The step that it dies at; 0: it lives on. */
export const lastStep = Number(Deno.args[1]);

let steps = 0;

/** Steps so far. */
export function stepsTaken(): number {
  return steps;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Each use of these methods is a step, and the process dies before it takes its last one. */
export function countSteps(owner: object, ...names: string[]): void {
  const methods = owner as Record<string, Method>;
  for (const name of names) {
    const method = methods[name];
    methods[name] = function (...args) {
      if (++steps === lastStep) Deno.kill(Deno.pid, "SIGKILL");
      return method.apply(this, args);
    };
  }
}
