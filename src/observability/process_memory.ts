import { isOutOfDescriptors } from "../util/descriptor_reserve.ts";

/** What the process holds, in bytes. */
export interface ProcessMemory {
  /** Resident set, from `Deno.memoryUsage`. */
  rss: number;
  heapTotal: number;
  heapUsed: number;
  external: number;
  /**
   * The part of the resident set that belongs to the process alone, without pages of files. Undefined in a
   * server of its own: Deno lets only programs with all permissions read `/proc`, and nothing is run to get
   * around that.
   */
  rssAnon: number | undefined;
}

/** A reading up to this old is reused. */
const MAX_AGE_MS = 500;

/** Where a reading comes from. */
export interface MemorySources {
  /** As `Deno.memoryUsage`. */
  usage: () => Deno.MemoryUsage;
  /** This process's `/proc/PID/status`. */
  status: () => Promise<string>;
}

const THIS_PROCESS: MemorySources = {
  usage: () => Deno.memoryUsage(),
  status: () => Deno.readTextFile("/proc/self/status"),
};

/** Reads the memory of this process. */
export class ProcessMemoryReader {
  readonly #nowMs: () => number;
  readonly #sources: MemorySources;
  #isStatusReadable = true;
  #last: { atMs: number; memory: Promise<ProcessMemory> } | undefined;

  /** @param nowMs monotonic time in milliseconds */
  constructor(nowMs: () => number = () => performance.now(), sources: MemorySources = THIS_PROCESS) {
    this.#nowMs = nowMs;
    this.#sources = sources;
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
    const rssAnon = await this.#anon();
    const { rss, heapTotal, heapUsed, external } = this.#sources.usage();
    return { rss, heapTotal, heapUsed, external, rssAnon };
  }

  /** Tries no more once it has failed, but for want of a descriptor: permissions do not come back. */
  async #anon(): Promise<number | undefined> {
    if (!this.#isStatusReadable) return undefined;
    try {
      return parseRssAnon(await this.#sources.status());
    } catch (error) {
      this.#isStatusReadable = isOutOfDescriptors(error);
      return undefined;
    }
  }
}

/** Bytes of `RssAnon` in the text of `/proc/PID/status`. */
export function parseRssAnon(status: string): number {
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new SyntaxError("The process's status has no RssAnon.");
  return Number(kilobytes) * 1024;
}
