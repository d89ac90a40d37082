/** What the kernel tells of another process, read from outside. */
export interface ProcessFigures {
  /** Resident memory, in bytes. */
  readonly rssBytes: number;
  /** How long its main thread has waited for a processor since it began, in milliseconds: what the machine is to blame for. */
  readonly waitedMs: number;
  /** Open file descriptors. */
  readonly descriptors: number;
  /** Those that are connections to its port, whose peers are there. */
  readonly connections: number;
  /** Those that are connections to its port, whose peers have gone away. */
  readonly deserted: number;
}

/** In `/proc/net/tcp`. */
const LISTENING = "0A";
const ESTABLISHED = "01";

/** Reads the figures of a process that listens on `port`. */
export async function processFigures(pid: number, port: number): Promise<ProcessFigures> {
  const script = `cd /proc/${pid} && grep VmRSS status && cat schedstat && ls -l fd && cat net/tcp`;
  const { stdout } = await new Deno.Command("bash", { args: ["-c", script], stderr: "null" }).output();
  const [rss = "", times = "", , ...rows] = new TextDecoder().decode(stdout).trimEnd().split("\n");
  const head = rows.findIndex((row) => row.includes("local_address"));
  const files = rows.slice(0, head);
  const inodes = new Set(files.flatMap((file) => /socket:\[(\d+)\]/.exec(file)?.[1] ?? []));
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const states = rows.slice(head + 1).map((row) => row.trim().split(/\s+/))
    .filter(([, address, , , , , , , , inode]) => address.endsWith(local) && inodes.has(inode))
    .map(([, , , state]) => state);
  const connections = states.filter((state) => state === ESTABLISHED).length;
  return {
    rssBytes: Number(/\d+/.exec(rss)?.[0]) * 1024,
    waitedMs: Number(times.split(" ")[1]) / 1e6,
    descriptors: files.length,
    connections,
    deserted: states.filter((state) => state !== LISTENING).length - connections,
  };
}
