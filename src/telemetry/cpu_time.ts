/** CPU time that the process has used so far, in user and in system mode, in seconds; undefined where the runtime does not tell. */
export function cpuSeconds(): number | undefined {
  try {
    const usage = processGlobal()?.cpuUsage?.();
    return usage && (usage.user + usage.system) / 1e6;
  } catch {
    return undefined;
  }
}

/** Node's `process`, which Deno offers as a global. */
function processGlobal(): { cpuUsage?: () => { user: number; system: number } } | undefined {
  return (globalThis as { process?: { cpuUsage?: () => { user: number; system: number } } }).process;
}
