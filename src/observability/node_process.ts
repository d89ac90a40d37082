/** What is used of Node's `process`: members that Deno has nothing of its own for. */
interface NodeProcess {
  cpuUsage?: () => { user: number; system: number };
  constrainedMemory?: () => number;
}

/** Node's `process`, which Deno offers as a global; importing `node:process` would cost the same. */
export function nodeProcess(): NodeProcess | undefined {
  return (globalThis as { process?: NodeProcess }).process;
}
