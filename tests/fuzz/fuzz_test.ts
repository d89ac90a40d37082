import assert from "node:assert/strict";
import type { FuzzOrder, FuzzOutcome } from "./fuzz_worker.ts";
import { FUZZED } from "./readers.ts";

/*
 * Every reader of what others write is fed for a few seconds with what nobody should write. Each input has a number, and depends
 * on it and the seed alone:
 *
 *   deno task fuzz --seconds 60                           longer, with a seed of its own
 *   deno task fuzz --only "a WAV file" --seed 7 --at 123  one input again
 */

/** For each reader, unless `--seconds` says otherwise. */
const SECONDS = 3;
const SEED = 2_026;
/** An input that takes so long hangs: the worker is ended. */
const HANGS_MS = 15_000;
const LOOK_EVERY_MS = 100;
/** What a heap may be larger by at the end, for the collector has its own ideas. */
const MAX_GROWN_BYTES = 24 * 2 ** 20;

const flag = (name: string) => {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? undefined : Deno.args[at + 1];
};
const seconds = Number(flag("seconds") ?? SECONDS);
const seed = Number(flag("seed") ?? (flag("seconds") === undefined ? SEED : Date.now() % 1_000_000));
const only = flag("only");
const at = flag("at");

/** Runs one reader in a worker, which can be ended when it hangs. */
async function fuzz(name: string): Promise<FuzzOutcome> {
  const progress = new SharedArrayBuffer(4);
  const counter = new Int32Array(progress);
  const worker = new Worker(new URL("./fuzz_worker.ts", import.meta.url), { type: "module" });
  const { promise, resolve, reject } = Promise.withResolvers<FuzzOutcome>();
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    const problem = `not caught, of this input or one of 16 before it: ${event.message}`;
    reject(new assert.AssertionError({ message: report(name, Atomics.load(counter, 0), problem) }));
  };
  let seen = { number: -1, atMs: performance.now() };
  const watch = setInterval(() => {
    const number = Atomics.load(counter, 0);
    if (number !== seen.number) seen = { number, atMs: performance.now() };
    else if (performance.now() - seen.atMs > HANGS_MS + 1_000 * Number(number === 0)) {
      reject(new assert.AssertionError({ message: report(name, number, `took more than ${HANGS_MS} ms`) }));
    }
  }, LOOK_EVERY_MS);
  const order: FuzzOrder = {
    name,
    seed,
    first: Number(at ?? 0),
    seconds,
    isSingle: at !== undefined,
    progress,
  };
  worker.postMessage(order);
  try {
    return await promise;
  } finally {
    clearInterval(watch);
    worker.terminate();
  }
}

function report(name: string, number: number, problem: string, input?: string): string {
  const again = `deno task fuzz --only ${JSON.stringify(name)} --seed ${seed} --at ${number}`;
  return [`${name}: ${problem}`, ...input === undefined ? [] : [`input: ${input}`], `again: ${again}`].join(
    "\n",
  );
}

for (const name of Object.keys(FUZZED).filter((name) => only === undefined || name === only)) {
  Deno.test(`${name}, whatever is in it, is read or refused within a second`, async () => {
    const { runs, refused, slowestMs, grownBytes, failure } = await fuzz(name);
    if (Deno.args.includes("--show")) {
      const slow = `slowest ${slowestMs.toFixed(1)} ms, heap ${(grownBytes / 2 ** 20).toFixed(1)} MB more`;
      console.log(`${name}: ${runs} inputs, ${refused} refused; ${slow}`);
    }
    if (failure) assert.fail(report(name, failure.number, failure.problem, failure.input));
    assert.ok(runs > 0);
    assert.ok(
      grownBytes < MAX_GROWN_BYTES,
      report(name, 0, `${grownBytes} bytes are left of ${runs} inputs`),
    );
  });
}
