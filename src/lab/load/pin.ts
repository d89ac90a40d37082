import { ProcessError } from "../../cli/self.ts";

/** Which processor cores the processes of a load run on. */
export interface CorePlan {
  server: string;
  /** Callers and model. */
  helpers: string;
}

/** The server on `serverCpu` alone, and everything else on the other cores, or beside it where there is no other. */
export function corePlan(serverCpu: number, cores: number): CorePlan {
  const others = Array.from({ length: cores }, (_, cpu) => cpu).filter((cpu) => cpu !== serverCpu);
  return { server: String(serverCpu), helpers: others.length > 0 ? others.join(",") : String(serverCpu) };
}

/**
 * Binds a running process, with all its threads, to `cpus` (such as `0,2`) by `taskset` of util-linux.
 *
 * @throws {ProcessError} when there is none, when it may not be run, or when it refuses
 */
export async function pin(pid: number, cpus: string): Promise<void> {
  let said: string;
  try {
    const taskset = new Deno.Command("taskset", {
      args: ["--all-tasks", "--cpu-list", "--pid", cpus, String(pid)],
      stdin: "null",
      stdout: "null",
    });
    const { success, stderr } = await taskset.output();
    if (success) return;
    said = new TextDecoder().decode(stderr).trim();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable)) throw error;
    said = error.message;
  }
  throw new ProcessError(
    `A process cannot be bound to core ${cpus}, which takes taskset of util-linux: ${said}`,
  );
}
