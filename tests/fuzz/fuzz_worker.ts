import { FUZZED } from "./readers.ts";
import { Random, seedOf } from "./random.ts";

/** What a worker is told to do. */
export interface FuzzOrder {
  readonly name: string;
  readonly seed: number;
  /** The number of the first input. */
  readonly first: number;
  readonly seconds: number;
  /** Only the first input. */
  readonly isSingle: boolean;
  /** Holds the number of the input that is being read, for whoever watches whether it goes on. */
  readonly progress: SharedArrayBuffer;
}

/** What it found. */
export interface FuzzOutcome {
  readonly runs: number;
  /** Inputs that the reader refused as it says. */
  readonly refused: number;
  readonly slowestMs: number;
  /** By how much its heap has grown, in bytes. */
  readonly grownBytes: number;
  readonly failure?: { readonly number: number; readonly problem: string; readonly input: string };
}

/** No input may take longer. */
const MAX_MS = 1_000;
/** What is shown of an input. */
const MAX_SHOWN_CHARS = 600;

const port = globalThis as unknown as {
  onmessage: (event: MessageEvent<FuzzOrder>) => void;
  postMessage(outcome: FuzzOutcome): void;
};
port.onmessage = async ({ data }) => port.postMessage(await fuzz(data));

async function fuzz({ name, seed, first, seconds, isSingle, progress }: FuzzOrder): Promise<FuzzOutcome> {
  const reader = await FUZZED[name]();
  const counter = new Int32Array(progress);
  const heap = new HeapLevels();
  let [runs, refused, slowestMs] = [0, 0, 0];
  const outcome = (failure?: FuzzOutcome["failure"]) => ({
    runs,
    refused,
    slowestMs,
    grownBytes: heap.grownBytes,
    ...failure && { failure },
  });
  const endMs = performance.now() + 1_000 * seconds;
  try {
    for (let number = first; number === first || (!isSingle && performance.now() < endMs); number++) {
      Atomics.store(counter, 0, number);
      const input = () => reader.make(new Random(seedOf(seed, number)));
      const maxMs = reader.maxMs ?? MAX_MS;
      try {
        let tookMs = await timed(() => reader.read(input()));
        if (tookMs > maxMs) tookMs = await timed(() => reader.read(input())); // once may be the machine
        if (tookMs > maxMs) throw new Error(`took ${Math.round(tookMs)} ms`);
        slowestMs = Math.max(slowestMs, tookMs);
      } catch (error) {
        if (!reader.isDeclared(error)) {
          const problem = error instanceof Error ? error.stack ?? error.message : String(error);
          return outcome({ number, problem, input: shown(input()) });
        }
        refused++;
      }
      runs++;
      if (runs % 16 === 0 || isSingle) {
        heap.add();
        await new Promise((resolve) => setTimeout(resolve, isSingle ? 100 : 0)); // what the reader left for later runs too
      }
    }
    return outcome();
  } finally {
    await reader.close?.();
  }
}

async function timed(run: () => unknown): Promise<number> {
  const startMs = performance.now();
  await run();
  return performance.now() - startMs;
}

function shown(input: unknown): string {
  const text = input instanceof Uint8Array
    ? Array.from(input, (byte) => byte > 31 && byte < 127 ? String.fromCharCode(byte) : ".").join("")
    : JSON.stringify(input) ?? String(input);
  return text.length > MAX_SHOWN_CHARS
    ? `${text.slice(0, MAX_SHOWN_CHARS)}… (${text.length} characters)`
    : text;
}

/** The low points of the heap, which are what is left after a collection: in the second quarter of the time, and in the last. */
class HeapLevels {
  readonly #levels: number[] = [];

  add(): void {
    this.#levels.push(Deno.memoryUsage().heapUsed);
  }

  get grownBytes(): number {
    const { length } = this.#levels;
    if (length < 40) return 0;
    const lowest = (from: number, to: number) => Math.min(...this.#levels.slice(from * length, to * length));
    return lowest(0.75, 1) - lowest(0.25, 0.5);
  }
}
