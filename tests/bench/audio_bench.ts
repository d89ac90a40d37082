// `deno task bench`: what each audio engine costs and what it does to sound, so that a choice rests on facts. Exit code 1
// when the default is not as cheap as it is said to be: no test may depend on a machine's speed, so this is where it shows.

import { decodeBase64, encodeBase64 } from "../../src/audio/base64.ts";
import { loadAudioEngine } from "../../src/audio/load_engine.ts";
import type { AudioEngine, ResamplerName } from "../../src/audio/transcoder.ts";
import { type AudioMeasures, measureDown, measureLoopSnrDb, measureUp } from "../support/audio_measure.ts";

/** One engine's results. */
interface Row {
  readonly name: string;
  readonly bytesHeld: number;
  readonly upUs: number;
  readonly downUs: number;
  /** Both ways together, as the median of the rounds. */
  readonly medianUs: number;
  readonly sound?: { readonly up: AudioMeasures; readonly down: AudioMeasures; readonly loopSnrDb: number };
}

const RESAMPLERS: readonly ResamplerName[] = [
  "polyphase-fast",
  "polyphase",
  "polyphase-best",
  "libsamplerate-linear",
  "libsamplerate-fastest",
  "libsamplerate-medium",
  "libsamplerate-best",
];
const REFERENCE = "libsamplerate-medium";
const DEFAULT = "polyphase";
/** The default must cost at least so many times less than the reference. */
const MIN_RATIO = 20;

/** A delta of 200 ms, about what the Realtime API sends: ten frames of 20 ms. */
const DELTA_FRAMES = 10;
const ROUNDS = 7;
const ROUND_MS = 60;

const HEADING = `Deno ${Deno.version.deno}, ${Deno.build.arch}

µs/frame  of one core, for 20 ms of audio from base64 text to base64 text; deltas of ${DELTA_FRAMES * 20} ms
ratio     cost of ${REFERENCE}, both ways together, to this one's
B/call    state that a call holds
ripple    300 to 3,400 Hz
spurious  going up, the loudest image of 300 to 3,400 Hz; going down, the loudest alias of 4.6 to 12 kHz
at edge   the same of 3.4 to 4 kHz, and of 4 to 4.6 kHz
SNR       of a tone of 1,020 Hz; one mu-law encoding is in it
loop      SNR of the tone as mu-law, up and down: two encodings
`;

const rows: Row[] = [];
for (const name of RESAMPLERS) {
  const engine = await loadAudioEngine("pcm24k", name);
  const cost = usageCost(engine, 960);
  const sound = { up: measureUp(engine), down: measureDown(engine), loopSnrDb: measureLoopSnrDb(engine) };
  rows.push({ ...cost, sound });
}
rows.push(usageCost(await loadAudioEngine("pcmu", DEFAULT), 160));
print(rows);
if (!judge(rows)) Deno.exitCode = 1;

/** Cost of frames from base64 text to base64 text, with a session frame of `sessionBytes`. */
function usageCost(engine: AudioEngine, sessionBytes: number): Row {
  using transcoder = engine.open();
  const payload = encodeBase64(someBytes(160));
  const up = () => {
    const scratch = transcoder.input();
    const length = decodeBase64(payload, 0, payload.length, scratch);
    return encodeBase64(transcoder.up(scratch.subarray(0, length)));
  };
  const delta = encodeBase64(someBytes(sessionBytes * DELTA_FRAMES));
  const down = () => {
    transcoder.down(delta, 0, delta.length, (muLaw) => encodeBase64(muLaw));
  };
  const bytesHeld = (up(), down(), transcoder.bytesHeld);
  const [upUs, downUs] = [microseconds(up), microseconds(down)];
  return {
    name: engine.name,
    bytesHeld,
    upUs: upUs.best,
    downUs: downUs.best / DELTA_FRAMES,
    medianUs: upUs.median + downUs.median / DELTA_FRAMES,
  };
}

/** Time of one call of `work`, over several rounds: the best, since other processes can only make it longer, and the median. */
function microseconds(work: () => void): { best: number; median: number } {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    let now = start;
    let count = 0;
    for (; now - start < ROUND_MS; now = performance.now()) {
      for (let i = 0; i < 20; i++, count++) work();
    }
    rounds.push((now - start) / count * 1_000);
  }
  rounds.sort((a, b) => a - b);
  return { best: rounds[0], median: rounds[ROUNDS >> 1] };
}

function someBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Math.imul(i + 1, 2_654_435_761) >>> 24);
}

function print(rows: readonly Row[]): void {
  const costOfRow = (row: Row) => row.upUs + row.downUs;
  const reference = rows.find((row) => row.name === REFERENCE)!;
  const ratioOf = (row: Row) => costOfRow(reference) / costOfRow(row);

  console.log(HEADING);
  line(
    "engine",
    "way",
    "µs/frame",
    "ratio",
    "B/call",
    "delay ms",
    "ripple dB",
    "spurious dB",
    "SNR dB",
    "loop dB",
  );
  for (const row of rows) {
    for (const way of ["up", "down"] as const) {
      const isFirst = way === "up";
      const sound = row.sound?.[way];
      line(
        isFirst ? row.name : "",
        way,
        (isFirst ? row.upUs : row.downUs).toFixed(2),
        isFirst ? ratioOf(row).toFixed(1) : "",
        isFirst ? String(row.bytesHeld) : "",
        sound?.delayMs.toFixed(2) ?? "0.00",
        sound?.rippleDb.toFixed(3) ?? "-",
        sound?.spuriousDb.toFixed(1) ?? "-",
        sound?.edgeSpuriousDb.toFixed(1) ?? "-",
        sound?.snrDb.toFixed(1) ?? "-",
        isFirst && row.sound ? row.sound.loopSnrDb.toFixed(1) : "",
      );
    }
  }
}

/** Tells what the default saves, by the medians of this run, and whether that is enough. */
function judge(rows: readonly Row[]): boolean {
  const medianOf = (name: string) => rows.find((row) => row.name === name)!.medianUs;
  const ratio = medianOf(REFERENCE) / medianOf(DEFAULT);
  const isEnough = ratio >= MIN_RATIO;
  console.log(
    `\n${isEnough ? "Good" : "FAILED"}: the default, ${DEFAULT}, costs ${ratio.toFixed(0)} times less than ` +
      `${REFERENCE} (medians); at least ${MIN_RATIO} times is wanted.`,
  );
  return isEnough;
}

function line(engine: string, way: string, ...figures: string[]): void {
  console.log(engine.padEnd(23) + way.padEnd(5) + figures.map((figure) => figure.padStart(12)).join(""));
}
