/**
 * CPU time that the process has used, user and system, in seconds; undefined where the runtime does not tell.
 */
export function cpuSeconds(): number | undefined {
  try {
    const usage = nodeProcess()?.cpuUsage?.();
    return usage && (usage.user + usage.system) / 1e6;
  } catch {
    return undefined;
  }
}

/** Memory of the machine, in bytes; undefined without permission to ask (`--allow-sys=systemMemoryInfo`). */
export function machineMemory(): Deno.SystemMemoryInfo | undefined {
  try {
    return Deno.systemMemoryInfo();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/**
 * Bytes that this process may use: the least of the configured limit, the control group's limit (v1 or v2)
 * and the machine's memory. Undefined when none is known.
 *
 * @param configured in bytes
 */
export function memoryLimit(configured?: number): number | undefined {
  const machine = machineMemory()?.total;
  // Without a control group's limit the runtime returns an absurdly large number, or none.
  const group = machine === undefined ? undefined : nodeProcess()?.constrainedMemory?.();
  const limits = [configured, machine, group].filter((limit) => limit !== undefined)
    .filter((limit) => limit > 0);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** Members of Node's `process` that Deno has no equivalent for. */
interface NodeProcess {
  cpuUsage?: () => { user: number; system: number };
  constrainedMemory?: () => number;
}

/** Node's `process`, which Deno offers as a global. */
function nodeProcess(): NodeProcess | undefined {
  return (globalThis as { process?: NodeProcess }).process;
}
