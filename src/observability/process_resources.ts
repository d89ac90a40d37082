/** CPU time that the process has used so far, in user and in system mode, in seconds; undefined where the runtime does not tell. */
export function cpuSeconds(): number | undefined {
  try {
    const usage = nodeProcess()?.cpuUsage?.();
    return usage && (usage.user + usage.system) / 1e6;
  } catch {
    return undefined;
  }
}

/** Memory of the machine, in bytes. */
export interface MachineMemory {
  total: number;
  /** What a program could still get. */
  available: number;
}

/** Undefined when the process may not ask (`--allow-sys=systemMemoryInfo`). */
export function machineMemory(): MachineMemory | undefined {
  try {
    const { total, available } = Deno.systemMemoryInfo();
    return { total, available };
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/**
 * Bytes that this process may use: what was configured, the control group's limit (v1 or v2) or the machine's memory,
 * whichever is least. Undefined when nothing is known of any.
 *
 * @param configured in bytes
 */
export function memoryLimit(configured?: number): number | undefined {
  const machine = machineMemory()?.total;
  // The runtime answers an absurdly large number, or none, where no control group sets a limit.
  const group = machine === undefined ? undefined : nodeProcess()?.constrainedMemory?.();
  const limits = [configured, machine, group].filter((limit) =>
    typeof limit === "number" && limit > 0
  ) as number[];
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** What is used of Node's `process`: members that Deno has nothing of its own for. */
interface NodeProcess {
  cpuUsage?: () => { user: number; system: number };
  constrainedMemory?: () => number;
}

/** Node's `process`, which Deno offers as a global; importing `node:process` would cost the same. */
function nodeProcess(): NodeProcess | undefined {
  return (globalThis as { process?: NodeProcess }).process;
}
