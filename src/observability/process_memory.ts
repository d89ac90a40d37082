/** What the process holds, in bytes. */
export interface ProcessMemory {
  /** Resident set, from `Deno.memoryUsage`. */
  rss: number;
  heapTotal: number;
  heapUsed: number;
  external: number;
  /**
   * The part of the resident set that is the process's own, without pages of files; undefined where `/proc` is not there
   * or may not be read. `Deno.memoryUsage` misses the native heap, which this includes.
   */
  rssAnon: number | undefined;
}

/** A reading this young is given again instead of a new one. */
const MAX_AGE_MS = 500;
/**
 * Pages of files hardly change once the program is loaded, so their size is read this seldom, and the anonymous part is what is
 * left of the resident set. Each start of `cat` leaves 20 KB and more behind in the runtime (the first 120: 2.4 MB), so that
 * one a minute would be a megabyte an hour.
 */
const OTHERS_MAX_AGE_MS = 10 * 60_000;
/**
 * When the resident set has moved by this much since, they are read at once: a system that is short of memory, or reclaims
 * it ahead of need, drops pages of files by the ten megabytes. So the anonymous part is never wrong by more.
 */
const OTHERS_MAX_CHANGE_BYTES = 3 * 1024 * 1024;

/** What a reading is made of. */
export interface MemorySources {
  /** As `Deno.memoryUsage`. */
  usage: () => Deno.MemoryUsage;
  /** Ways to the text of this process's `/proc/PID/status`, in the order in which they are tried. */
  status: readonly (() => Promise<string>)[];
}

const OF_THIS_PROCESS: MemorySources = {
  usage: () => Deno.memoryUsage(),
  status: [readDirectly, readWithCat],
};

/**
 * Reads the memory of this process. Deno hands `/proc` to all-powerful programs only, so unless this is one, `cat` reads
 * it for us (`--allow-run=cat`); a reading takes about 3 ms and happens every ten minutes, or when much has changed.
 */
export class ProcessMemoryReader {
  readonly #nowMs: () => number;
  readonly #usage: MemorySources["usage"];
  /** Those that have not failed yet. */
  #status: MemorySources["status"];
  /** The part of the resident set that is not anonymous, in bytes; when it was read, and the resident set then. */
  #others: number | undefined;
  #othersReadMs = -Infinity;
  #othersReadRss = 0;
  #last: { atMs: number; memory: Promise<ProcessMemory> } | undefined;

  /** @param nowMs monotonic time in milliseconds */
  constructor(nowMs: () => number = () => performance.now(), { usage, status } = OF_THIS_PROCESS) {
    this.#nowMs = nowMs;
    this.#usage = usage;
    this.#status = status;
  }

  /** The memory now, or up to half a second ago. */
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

  /** Tries each way once; what fails is not tried again, since permissions do not come back. */
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
  if (kilobytes === undefined) throw new SyntaxError("There is no RssAnon in the process's status.");
  return Number(kilobytes) * 1024;
}

function readDirectly(): Promise<string> {
  return Deno.readTextFile("/proc/self/status");
}

async function readWithCat(): Promise<string> {
  const cat = new Deno.Command("cat", { args: [`/proc/${Deno.pid}/status`], stdout: "piped", stderr: "null" })
    .spawn();
  // not `output()`, which leaves a good half more behind
  const [status] = await Promise.all([new Response(cat.stdout).text(), cat.status]);
  return status;
}
