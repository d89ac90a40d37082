import { AppError } from "../../util/errors.ts";
import type { ReadDocument, ReadOptions } from "./document_text.ts";

/** Longest time for one document, in milliseconds, and beside that so many for each MiB of it. */
const MAX_READ_MS = 60_000;
const MS_BY_MIB = 1_000;
/**
 * What the process may grow by while one document is read, in bytes, and beside that so many times the
 * document's size.
 */
const MAX_GROWTH_BYTES = 256 * 2 ** 20;
const GROWTH_BY_SIZE = 4;
/** How often that is looked at, in milliseconds. */
const LOOK_EVERY_MS = 20;
/** How long memory may take to be given back after a document was given up, in milliseconds. */
const MAX_RETURN_MS = 2_000;

/** What the worker is asked. */
export interface ReadRequest {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly options: ReadOptions;
}

/** What it answers. */
export type ReadAnswer =
  | { readonly document: ReadDocument; readonly problem?: undefined }
  | { readonly problem: { readonly code: string; readonly message: string } };

/** Bounds other than the usual ones. */
export interface ReadBounds {
  readonly maxMs?: number;
  readonly maxGrowthBytes?: number;
}

/**
 * Reads documents in a worker, which ends with the document that takes too long or too much memory: a small
 * file can unfold to gigabytes, and its reader knows no bounds.
 */
export class ReadingApart implements Disposable {
  readonly #bounds: Required<ReadBounds>;
  #worker: Worker | undefined;

  constructor({ maxMs = MAX_READ_MS, maxGrowthBytes = MAX_GROWTH_BYTES }: ReadBounds = {}) {
    this.#bounds = { maxMs, maxGrowthBytes };
  }

  /**
   * Like `readDocument`, one at a time. Takes `bytes` over.
   * @throws {AppError} `document_too_costly`, and what that throws
   */
  async read(name: string, bytes: Uint8Array<ArrayBuffer>, options: ReadOptions = {}): Promise<ReadDocument> {
    const worker = this.#worker ??= new Worker(workerUrl(), { type: "module" });
    const { promise, resolve, reject } = Promise.withResolvers<ReadAnswer>();
    worker.onmessage = ({ data }: MessageEvent<ReadAnswer>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#end();
      reject(new AppError("document_unreadable", `${name} cannot be read: ${event.message}`));
    };
    const started = { ms: performance.now(), bytes: Deno.memoryUsage().rss };
    const maxMs = this.#bounds.maxMs + MS_BY_MIB * Math.floor(bytes.length / 2 ** 20);
    const maxGrowthBytes = this.#bounds.maxGrowthBytes + GROWTH_BY_SIZE * bytes.length;
    const growthBytes = () => Deno.memoryUsage().rss - started.bytes;
    const looking = setInterval(() => {
      const isLong = performance.now() - started.ms > maxMs;
      if (!isLong && growthBytes() <= maxGrowthBytes) return;
      this.#end();
      const cost = isLong ? `${maxMs / 1_000} s` : `${maxGrowthBytes >> 20} MiB of memory`;
      reject(
        new AppError("document_too_costly", `${name} was given up: reading it takes more than ${cost}.`),
      );
    }, LOOK_EVERY_MS);
    worker.postMessage({ name, bytes, options } satisfies ReadRequest, [bytes.buffer]);
    try {
      const answer = await promise;
      if (answer.problem) throw new AppError(answer.problem.code, answer.problem.message);
      return answer.document;
    } finally {
      clearInterval(looking);
      // What a worker has grown by, only its end gives back.
      if (growthBytes() > this.#bounds.maxGrowthBytes / 4) this.#end();
      if (this.#worker === undefined) await memoryBelow(started.bytes + this.#bounds.maxGrowthBytes / 4);
    }
  }

  [Symbol.dispose](): void {
    this.#end();
  }

  #end(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}

/** Waits, not for ever, until the memory of a worker that was ended has been given back. */
async function memoryBelow(bytes: number): Promise<void> {
  const endMs = performance.now() + MAX_RETURN_MS;
  while (Deno.memoryUsage().rss > bytes && performance.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** In a bundle, the worker is a file of its own, too. */
function workerUrl(): URL {
  return new URL(import.meta.url.endsWith(".ts") ? "./read_worker.ts" : "./read_worker.js", import.meta.url);
}
