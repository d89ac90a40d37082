// `deno task bench:resumption`: how soon, and where, an answer goes on that a cough, a "mhm" or another sound without
// words has cut off. All of it is measured at the caller's end, of the whole program on loopback, at default settings,
// with a network delay put in between caller and server.

import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { RESUME_WITHIN_MS } from "../../src/call/conversation/open_interruption.ts";
import { figuresOf } from "../support/interruptions.ts";
import { type Resumption, resumptions, type SoundKind } from "../support/resumptions.ts";

const KINDS: SoundKind[] = ["cough", "mhm", "untranscribed", "while generating"];
const DELAYS_MS = [0, 75, 150];
/** Of each kind at each delay. */
const WANTED = 10;
const SEED = 7;
/** More than this beyond the bound is a fault, and so is a place that is further off. */
const LATE_MS = 100;
const EXACT_MS = 20;

const { detection } = DEFAULT_BUSINESS.turns;
const silenceMs = detection.type === "server_vad" ? detection.silenceDurationMs : 0;
const boundMs = silenceMs + RESUME_WITHIN_MS;

let faults = 0;
let repeated = 0;
for (const format of ["pcmu", "pcm24k"] as const) {
  const { measured, leftOut } = await resumptions({
    kinds: KINDS,
    delaysMs: DELAYS_MS,
    wanted: WANTED,
    format,
    seed: SEED,
  });
  print(format, measured);
  faults += measured.filter(isFault).length;
  repeated += leftOut;
}
console.log(
  `\nThe bound is ${boundMs} ms after the sound: ${silenceMs} ms of silence end the turn, and its words have ` +
    `${RESUME_WITHIN_MS} ms to come.\nMore than ${LATE_MS} ms later, or more than ${EXACT_MS} ms off: ` +
    `${faults === 0 ? "never" : `${faults} times`}\n` +
    `Left out and made again, since the process stood still meanwhile: ${repeated}`,
);
Deno.exit(faults === 0 ? 0 : 1);

function isFault({ gapMs, positionMs }: Resumption): boolean {
  return gapMs > boundMs + LATE_MS || Math.abs(positionMs) > EXACT_MS;
}

function print(format: string, measured: readonly Resumption[]): void {
  console.log(`\nThe model's audio as ${format}, in ms\n`);
  console.log("delay each way  the sound           n   gap: median   worst   place off: median   worst");
  for (const kind of KINDS) {
    for (const delayMs of DELAYS_MS) {
      const these = measured.filter((one) => one.kind === kind && one.delayMs === delayMs);
      if (these.length === 0) continue;
      const gap = figuresOf(these.map(({ gapMs }) => gapMs));
      const place = figuresOf(these.map(({ positionMs }) => positionMs));
      console.log(
        `${`${delayMs} ms`.padEnd(16)}${kind.padEnd(18)}${String(these.length).padStart(3)}` +
          `${gap.median.toFixed(0).padStart(14)}${gap.worst.toFixed(0).padStart(8)}` +
          `${place.median.toFixed(1).padStart(20)}${place.worst.toFixed(1).padStart(8)}`,
      );
    }
  }
}
