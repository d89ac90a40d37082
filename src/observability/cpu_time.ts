import { nodeProcess } from "./node_process.ts";

/** CPU time that the process has used so far, in user and in system mode, in seconds; undefined where the runtime does not tell. */
export function cpuSeconds(): number | undefined {
  try {
    const usage = nodeProcess()?.cpuUsage?.();
    return usage && (usage.user + usage.system) / 1e6;
  } catch {
    return undefined;
  }
}
