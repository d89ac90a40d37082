import { type CallReport } from "../twilio/call_report.ts";
import { SimulatedCaller, type SimulatedCallerOptions } from "../twilio/simulated_caller.ts";
import type { Line } from "../twilio/line.ts";
import { BYTES_PER_MS } from "../../audio/mulaw.ts";
import type { CallerSpeech } from "../twilio/caller_speech.ts";
import { sleep } from "../../util/clock.ts";

export interface PlaceCallsOptions {
  line: Line;
  calls: number;
  /** How long each call lasts from its first webhook on. */
  seconds: number;
  /** Between the starts of two calls. */
  rampMs: number;
  speech: CallerSpeech;
  /** Who calls whom, and how, but for {@link speech}. */
  call: Omit<SimulatedCallerOptions, "line" | "speech">;
  /** Whether what is said is kept. */
  keepsTapes: boolean;
  /** Told when calls begin, connect and end. */
  onProgress: (progress: CallsProgress) => void;
  /** Gets each call when it is over, before it is forgotten. */
  onEnded: (index: number, caller: SimulatedCaller, report: CallReport) => Promise<void>;
}

export interface CallsProgress {
  placed: number;
  live: number;
  ended: number;
}

/** Over this what a caller heard is not kept: the length of the call and some seconds of grace. */
const GRACE_SECONDS = 5;

/** Places all calls, hangs each up after its time, and returns their reports in the order of placing. */
export async function placeCalls(options: PlaceCallsOptions): Promise<CallReport[]> {
  const { line, calls, seconds, rampMs } = options;
  const { clock } = line;
  const progress: CallsProgress = { placed: 0, live: 0, ended: 0 };
  const startMs = clock.now();
  const one = async (index: number): Promise<CallReport> => {
    await sleep(clock, startMs + index * rampMs - clock.now());
    const caller = new SimulatedCaller({
      line: { ...line, network: line.network && { ...line.network, seed: (line.network.seed ?? 1) + index } },
      ...options.call,
      speech: options.speech,
      maxHeardBytes: (seconds + GRACE_SECONDS) * 1000 * BYTES_PER_MS,
      onEvent: ({ event }) => {
        if (event === "stream_started") progress.live++;
        if (event === "stream_ended") progress.live--;
        options.onProgress(progress);
      },
    });
    if (options.keepsTapes) caller.speech.keepTape();
    const end = clock.at(clock.now() + seconds * 1000, () => caller.hangUp());
    progress.placed++;
    const report = await caller.place();
    end.cancel();
    progress.ended++;
    options.onProgress(progress);
    await options.onEnded(index, caller, report);
    return report;
  };
  return await Promise.all(Array.from({ length: calls }, (_, index) => one(index)));
}
