/**
 * Bytes that this process may use: the cgroup's limit where there is one, else the machine's memory.
 * Undefined when the process may not ask (`--allow-sys=systemMemoryInfo`).
 */
export function memoryLimit(): number | undefined {
  try {
    const machine = Deno.systemMemoryInfo().total;
    // The runtime answers an absurdly large number, or none, where no cgroup sets a limit.
    const cgroup = processGlobal()?.constrainedMemory?.();
    return typeof cgroup === "number" && cgroup > 0 ? Math.min(cgroup, machine) : machine;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/** Node's `process`, which Deno offers as a global; importing `node:process` would cost the same. */
function processGlobal(): { constrainedMemory?: () => number } | undefined {
  return (globalThis as { process?: { constrainedMemory?: () => number } }).process;
}
