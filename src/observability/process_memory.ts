/** What the process holds, in bytes. */
export interface ProcessMemory {
  /** Resident set, from `Deno.memoryUsage`. */
  rss: number;
  heapTotal: number;
  heapUsed: number;
  external: number;
  /**
   * The part of the resident set that belongs to the process alone, without pages of files; undefined where `/proc` is missing
   * or unreadable. Includes the native heap, which `Deno.memoryUsage` misses.
   */
  rssAnon: number | undefined;
}

/** A reading up to this old is reused. */
const MAX_AGE_MS = 500;
/**
 * Pages of files hardly change once the program is loaded, so their size is read only this often; the rest of the resident set
 * is anonymous. Each start of `cat` leaves 20 KB or more behind in the runtime (the first 120: 2.4 MB), so one a minute would
 * cost a megabyte an hour.
 */
const OTHERS_MAX_AGE_MS = 10 * 60_000;
/**
 * They are read again as soon as the resident set has changed by this much: a system short of memory drops tens of megabytes of
 * file pages at a time. So the anonymous part is never wrong by more.
 */
const OTHERS_MAX_CHANGE_BYTES = 3 * 1024 * 1024;

/** Where a reading comes from. */
export interface MemorySources {
  /** As `Deno.memoryUsage`. */
  usage: () => Deno.MemoryUsage;
  /** Ways to read this process's `/proc/PID/status`, in the order in which they are tried. */
  status: readonly (() => Promise<string>)[];
}

const THIS_PROCESS: MemorySources = {
  usage: () => Deno.memoryUsage(),
  status: [readDirectly, readWithCat],
};

/**
 * Reads the memory of this process. Deno lets only programs with all permissions read `/proc`, so for others `cat` reads it
 * (`--allow-run=cat`): about 3 ms, every ten minutes or after a large change.
 */
export class ProcessMemoryReader {
  readonly #nowMs: () => number;
  readonly #usage: MemorySources["usage"];
  /** Those that have not failed yet. */
  #status: MemorySources["status"];
  /** The part of the resident set that is not anonymous, in bytes. */
  #others: number | undefined;
  #othersReadMs = -Infinity;
  #othersReadRss = 0;
  #last: { atMs: number; memory: Promise<ProcessMemory> } | undefined;

  /** @param nowMs monotonic time in milliseconds */
  constructor(nowMs: () => number = () => performance.now(), { usage, status } = THIS_PROCESS) {
    this.#nowMs = nowMs;
    this.#usage = usage;
    this.#status = status;
  }

  /** The memory now, or at most half a second ago. */
  read(): Promise<ProcessMemory> {
    const now = this.#nowMs();
    if (!this.#last || now - this.#last.atMs > MAX_AGE_MS) {
      this.#last = { atMs: now, memory: this.#readNow() };
    }
    return this.#last.memory;
  }

  async #readNow(): Promise<ProcessMemory> {
    if (this.#areOthersOld()) {
      const rssAnon = await this.#anon();
      this.#othersReadMs = this.#nowMs();
      this.#othersReadRss = this.#usage().rss;
      this.#others = rssAnon === undefined ? undefined : this.#othersReadRss - rssAnon;
    }
    const { rss, heapTotal, heapUsed, external } = this.#usage();
    const rssAnon = this.#others === undefined ? undefined : rss - this.#others;
    return { rss, heapTotal, heapUsed, external, rssAnon };
  }

  #areOthersOld(): boolean {
    return this.#nowMs() - this.#othersReadMs > OTHERS_MAX_AGE_MS ||
      Math.abs(this.#usage().rss - this.#othersReadRss) > OTHERS_MAX_CHANGE_BYTES;
  }

  /** Drops a way to read that fails: permissions do not come back. */
  async #anon(): Promise<number | undefined> {
    while (this.#status.length > 0) {
      try {
        return parseRssAnon(await this.#status[0]());
      } catch {
        this.#status = this.#status.slice(1);
      }
    }
    return undefined;
  }
}

/** Bytes of `RssAnon` in the text of `/proc/PID/status`. */
export function parseRssAnon(status: string): number {
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new SyntaxError("The process's status has no RssAnon.");
  return Number(kilobytes) * 1024;
}

function readDirectly(): Promise<string> {
  return Deno.readTextFile("/proc/self/status");
}

async function readWithCat(): Promise<string> {
  const cat = new Deno.Command("cat", { args: [`/proc/${Deno.pid}/status`], stdout: "piped", stderr: "null" })
    .spawn();
  // not `output()`, which leaves half as much again behind
  const [status] = await Promise.all([new Response(cat.stdout).text(), cat.status]);
  return status;
}
