import { DESCRIPTORS_BESIDE_CALLS, DESCRIPTORS_PER_CALL, MAX_LINGERING_SOCKETS } from "../admission/gates.ts";
import type { Config } from "../config/config.ts";
import type { Listener } from "../http/listen.ts";
import { DescriptorReserve, openFolder } from "../util/descriptor_reserve.ts";

/** A server does not start with fewer descriptors: the runtime panics where it finds none for itself. */
export const LEAST_DESCRIPTORS = 28;
/** What a server takes beside its calls: database, records, listeners, webhooks, and the reserve. */
const DESCRIPTORS_OF_SERVER = 96;
/** Calls that descriptors are wanted for where `MAX_CALLS` is not set. */
const CALLS_WITHOUT_LIMIT = 500;
/** Share of the descriptors that is kept in reserve, within bounds. */
const RESERVE_SHARE = 1 / 5;
const LEAST_RESERVE = 6;
const MOST_RESERVE = 32;
/**
 * Room made before something is opened for a call, or at its end, for it and for its record.
 */
const MADE_AT_ONCE = 4;

/** The descriptors and sockets of this process, as admission, metrics and those who open sockets see them. */
export class ProcessSockets implements Disposable {
  /** Undefined in a program that embeds a server: its descriptors are its own affair. */
  readonly #reserve: DescriptorReserve | undefined;
  /** Set once the server listens. */
  listener: Pick<Listener, "lingering"> | undefined;
  /** How often the listener died. */
  deaths = 0;

  constructor(reserve?: DescriptorReserve) {
    this.#reserve = reserve;
  }

  /** WebSockets of callers that we closed and whose peers keep them open. */
  get lingering(): number {
    return this.listener?.lingering ?? 0;
  }

  /** Descriptors that are held in reserve; undefined where there is no reserve. */
  get reserved(): number | undefined {
    return this.#reserve?.held;
  }

  /** Whether `count` more descriptors can be opened beside the reserve. */
  hasRoomFor(count: number): boolean {
    return this.#reserve?.hasRoomFor(count) ?? true;
  }

  /**
   * Makes room for what is to be opened right now: from the reserve, unless some are known to be left.
   * The next look takes them back.
   */
  makeRoom(): void {
    this.#reserve?.makeRoom(MADE_AT_ONCE);
  }

  /** Releases half of what is held in reserve: the rest is for the next time. */
  releaseHalf(): void {
    this.#reserve?.release(Math.ceil(this.#reserve.held / 2));
  }

  /** Releases the whole reserve. */
  release(): void {
    this.#reserve?.release();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/** So many lingering sockets are too many: no call is taken any more. */
export const TOO_MANY_LINGER = MAX_LINGERING_SOCKETS;

/** Whether a call could be taken, as far as descriptors go. */
export function hasEnough(sockets: Pick<ProcessSockets, "hasRoomFor">): boolean {
  return sockets.hasRoomFor(DESCRIPTORS_PER_CALL + DESCRIPTORS_BESIDE_CALLS);
}

/**
 * Counts the descriptors that are left, by opening the data folder, or the businesses' where there is no data
 * folder.
 * @returns how many are wanted, and how many are free, counted up to `wanted`
 */
export async function countDescriptors(config: Config): Promise<{ free: number; wanted: number }> {
  const wanted = DESCRIPTORS_OF_SERVER + DESCRIPTORS_PER_CALL * (config.maxCalls ?? CALLS_WITHOUT_LIMIT);
  const open = openFolder(await readableFolder(config));
  return { wanted, free: new DescriptorReserve(0, open).countFree(wanted) };
}

/** A reserve for a process that has `free` descriptors left. */
export async function openReserve(config: Config, free: number): Promise<DescriptorReserve> {
  const size = Math.max(LEAST_RESERVE, Math.min(MOST_RESERVE, Math.floor(RESERVE_SHARE * free)));
  return new DescriptorReserve(size, openFolder(await readableFolder(config)));
}

async function readableFolder({ dataDir, businesses }: Config): Promise<string> {
  try {
    await Deno.mkdir(dataDir, { recursive: true });
    return dataDir;
  } catch {
    // It is said elsewhere that it cannot be used.
    return businesses.in === "folder" ? businesses.path : dataDir;
  }
}
