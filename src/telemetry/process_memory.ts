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
 * left of the resident set. Each start of `cat` leaves some 5 KB behind in the runtime (400 readings: 2 MB).
 */
const OTHERS_MAX_AGE_MS = 60_000;

/**
 * Reads the memory of this process. Deno hands `/proc` to all-powerful programs only, so unless this is one, `cat` reads
 * it for us (`--allow-run=cat`); a reading costs about 3 ms and happens once a minute.
 */
export class ProcessMemoryReader {
  readonly #nowMs: () => number;
  #readAnon: (() => Promise<string>) | undefined = readDirectly;
  /** The part of the resident set that is not anonymous, in bytes, and when it was read. */
  #others: number | undefined;
  #othersReadMs = -Infinity;
  #last: { atMs: number; memory: Promise<ProcessMemory> } | undefined;

  /** @param nowMs monotonic time in milliseconds */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
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
    const now = this.#nowMs();
    if (now - this.#othersReadMs > OTHERS_MAX_AGE_MS) {
      const rssAnon = await this.#anon();
      this.#others = rssAnon === undefined ? undefined : Deno.memoryUsage().rss - rssAnon;
      this.#othersReadMs = now;
    }
    const { rss, heapTotal, heapUsed, external } = Deno.memoryUsage();
    const rssAnon = this.#others === undefined ? undefined : rss - this.#others;
    return { rss, heapTotal, heapUsed, external, rssAnon };
  }

  /** Tries each way once; what fails is not tried again, since permissions do not come back. */
  async #anon(): Promise<number | undefined> {
    while (this.#readAnon) {
      try {
        return parseRssAnon(await this.#readAnon());
      } catch {
        this.#readAnon = this.#readAnon === readDirectly ? readWithCat : undefined;
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
  const cat = new Deno.Command("cat", { args: [`/proc/${Deno.pid}/status`], stderr: "null" });
  return new TextDecoder().decode((await cat.output()).stdout);
}
