import { ProcessError } from "../../cli/self.ts";
import { VERSION } from "../../cli/version.ts";
import { sleep } from "../../util/clock.ts";
import { SystemClock } from "../../util/system_clock.ts";
import type { Line } from "../twilio/line.ts";
import { HelperProcess } from "./helper_process.ts";
import { ModelProcess } from "./model_process.ts";
import { ACCOUNT_SID, PUBLIC_URL, type ServerMemory, ServerProcess } from "./server_process.ts";

/** What a load is put on, and by whom. */
export interface LoadSetup {
  audioFormat: string;
  resampler: string;
  /** Calls that the server takes at once. */
  maxCalls: number;
  /** Length of the model's answers. */
  replySeconds: number;
  /** What the callers' process does. */
  callers: "callers" | "turnover";
  /**
   * The processor core that the server has for itself, as far as this program goes. Default: wherever the
   * system puts it.
   */
  serverCpu?: number;
  /** A file or URL that is run in place of this program's server. */
  main?: string;
}

/** What every report begins with. */
export interface ProgramFacts {
  version: string;
  deno: string;
  isExecutable: boolean;
  /** Of the machine. */
  cores: number;
  format: string;
  resampler: string;
}

/** What this program is, and what it is measured with. */
export function programFacts(
  { audioFormat, resampler }: Pick<LoadSetup, "audioFormat" | "resampler">,
): ProgramFacts {
  return {
    version: VERSION,
    deno: Deno.version.deno,
    isExecutable: Deno.build.standalone,
    cores: navigator.hardwareConcurrency,
    format: audioFormat,
    resampler,
  };
}

/** How long a new server is left alone before its idle memory is read. */
const IDLE_MS = 2_000;

/** A server, a simulated model and simulated callers, each a process of its own. */
export class LoadProcesses implements AsyncDisposable {
  private constructor(
    readonly server: ServerProcess,
    readonly model: ModelProcess,
    readonly callers: HelperProcess,
    /** The server before any call. */
    readonly idle: ServerMemory,
    /** The way of the callers to the server. */
    readonly line: Omit<Line, "clock" | "network">,
    private readonly processes: AsyncDisposableStack,
  ) {}

  /** @throws {ProcessError} when one of the processes does not begin to work */
  static async start(options: LoadSetup): Promise<LoadProcesses> {
    await using processes = new AsyncDisposableStack();
    const model = processes.use(await ModelProcess.start(options.replySeconds));
    const authToken = crypto.randomUUID();
    const server = processes.use(
      await ServerProcess.start({ ...options, realtimeUrl: model.url, authToken }),
    );
    const callers = processes.use(await HelperProcess.start(options.callers));
    if (options.serverCpu !== undefined) {
      const cores = corePlan(options.serverCpu, navigator.hardwareConcurrency);
      await pin(server.pid, cores.server);
      for (const helper of [model, callers]) await pin(helper.pid, cores.helpers);
    }
    await sleep(new SystemClock(), IDLE_MS);
    const idle = await server.memory();
    const line = { server: server.url, publicUrl: PUBLIC_URL, accountSid: ACCOUNT_SID, authToken };
    return new LoadProcesses(server, model, callers, idle, line, processes.move());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.processes.disposeAsync();
  }
}

/**
 * Measures under a load, and ends what was started for it.
 *
 * @param signal ends the measurement
 * @throws {ProcessError} when one of the processes ends or stalls, or when `signal` says so
 */
export async function withLoad<Report>(
  options: LoadSetup,
  signal: AbortSignal | undefined,
  measure: (load: LoadProcesses) => Promise<Report>,
): Promise<Report> {
  const interrupted = Promise.withResolvers<never>();
  interrupted.promise.catch(() => {}); // while the processes are being started nobody waits for it
  const interrupt = () => interrupted.reject(new ProcessError("Interrupted."));
  if (signal?.aborted) interrupt();
  signal?.addEventListener("abort", interrupt);
  await using load = await LoadProcesses.start(options);
  return await Promise.race([measure(load), interrupted.promise]);
}

/** Which processor cores the processes of a load run on. */
export interface CorePlan {
  server: string;
  /** Callers and model. */
  helpers: string;
}

/**
 * The server on `serverCpu` alone, and everything else on the other cores, or beside it where there is no
 * other.
 */
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
