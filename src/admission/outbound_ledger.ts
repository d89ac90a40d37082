import { after, type Clock, type Timer } from "../util/clock.ts";
import { writeWholeText } from "../util/durable_files.ts";
import { messageOf } from "../util/errors.ts";
import { isObject } from "../util/is_object.ts";
import { makePrivateFolder } from "../util/private_files.ts";
import type { PlacedLately } from "./placed_calls.ts";

/** Costs alone wait this long, so that several are written at once. */
const COSTS_WAIT_MS = 5_000;
/** No business's day lasts longer, counted from anywhere on earth. */
const KEPT_MS = 48 * 3_600_000;
/** More files than a process that restarts all day leaves behind; the rest are not read. */
const MAX_FILES = 10_000;
const MAX_FILE_BYTES = 16 * 2 ** 20;

/** Where {@link OutboundLedger} keeps its files, and what it tells. */
export interface OutboundLedgerOptions {
  /** Made with the first call that is placed. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: { error(event: string, attributes: Record<string, unknown>): void };
}

/**
 * What each business has placed, in files that outlive the process: a restart takes no limit back. Each
 * process has a file of its own, so that workers need no lock, and reads those of all others when it starts.
 */
export class OutboundLedger implements AsyncDisposable {
  /** By business, what processes before this one have placed. */
  readonly earlier: ReadonlyMap<string, PlacedLately>;
  readonly #options: OutboundLedgerOptions;
  readonly #path: string;
  #entries: (() => Iterable<[string, PlacedLately]>) | undefined;
  #writing: Promise<void> | undefined;
  #costs: Timer | undefined;
  #hasFailed = false;

  private constructor(options: OutboundLedgerOptions, earlier: ReadonlyMap<string, PlacedLately>) {
    this.#options = options;
    this.#path = `${options.folder}/${crypto.randomUUID()}.json`;
    this.earlier = earlier;
  }

  /** Reads what is there, and removes what no day counts any more. Never rejects. */
  static async open(options: OutboundLedgerOptions): Promise<OutboundLedger> {
    const earlier = new Map<string, PlacedLately>();
    const { folder, clock, log } = options;
    for (const name of await namesIn(folder)) {
      const path = `${folder}/${name}`;
      try {
        if (clock.epoch() - await changedMs(path) > KEPT_MS) await Deno.remove(path);
        else if (name.endsWith(".json")) {
          for (const [id, placed] of await read(path)) merge(earlier, id, placed);
        }
      } catch (error) {
        log.error("outbound_counts_unreadable", { file: name, message: messageOf(error) });
      }
    }
    return new OutboundLedger(options, earlier);
  }

  /**
   * Writes what this process has placed: at once when there is another call, soon when only costs have grown.
   */
  keep(entries: () => Iterable<[string, PlacedLately]>, hasCalls: boolean): void {
    this.#entries = entries;
    if (hasCalls) this.#write();
    else this.#costs ??= after(this.#options.clock, COSTS_WAIT_MS, () => this.#write());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#costs) this.#write();
    await this.#writing;
  }

  /** One writing at a time; what changes meanwhile is written after it. */
  #write(): void {
    this.#costs?.cancel();
    this.#costs = undefined;
    this.#writing ??= this.#writeAll().finally(() => this.#writing = undefined);
  }

  async #writeAll(): Promise<void> {
    const { folder, log } = this.#options;
    while (this.#entries) {
      const text = JSON.stringify([...this.#entries()]);
      this.#entries = undefined;
      try {
        await makePrivateFolder(folder);
        await writeWholeText(this.#path, text);
        this.#hasFailed = false;
      } catch (error) {
        const meaning = "a restart forgets how many calls were placed today";
        if (!this.#hasFailed) log.error("outbound_counts_unkept", { message: messageOf(error), meaning });
        this.#hasFailed = true;
      }
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    return names.slice(0, MAX_FILES);
  } catch {
    return []; // nothing has been placed, or the folder cannot be used: the first writing says so
  }
}

async function changedMs(path: string): Promise<number> {
  const { mtime, size } = await Deno.stat(path);
  if (size > MAX_FILE_BYTES) throw new Error(`It has ${size} bytes.`);
  return mtime?.getTime() ?? 0;
}

async function read(path: string): Promise<[string, PlacedLately][]> {
  const entries: unknown = JSON.parse(await Deno.readTextFile(path));
  if (!Array.isArray(entries) || !entries.every(isEntry)) throw new Error("It does not hold counts.");
  return entries;
}

function isEntry(value: unknown): value is [string, PlacedLately] {
  if (!Array.isArray(value) || typeof value[0] !== "string" || !isObject(value[1])) return false;
  const { date, calls, costUsd, level, levelAtMs } = value[1];
  return typeof date === "string" &&
    [calls, costUsd, level, levelAtMs].every((number) => typeof number === "number" && number >= 0);
}

/** Adds what another process has placed: on the same day, or in place of an earlier one. */
function merge(earlier: Map<string, PlacedLately>, id: string, placed: PlacedLately): void {
  const known = earlier.get(id);
  if (known === undefined) return void earlier.set(id, placed);
  const [newer, older] = known.date >= placed.date ? [known, placed] : [placed, known];
  const isSameDay = newer.date === older.date;
  earlier.set(id, {
    date: newer.date,
    calls: newer.calls + (isSameDay ? older.calls : 0),
    costUsd: newer.costUsd + (isSameDay ? older.costUsd : 0),
    // A little too much where one has fallen meanwhile: it is gone within a minute.
    level: newer.level + older.level,
    levelAtMs: Math.max(newer.levelAtMs, older.levelAtMs),
  });
}
