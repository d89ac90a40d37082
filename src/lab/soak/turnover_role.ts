import type { Line } from "../twilio/line.ts";
import type { CallerHangUp } from "../twilio/media_leg.ts";
import { LoopLag } from "../../observability/loop_lag.ts";
import { sleep } from "../../util/clock.ts";
import { SystemClock } from "../../util/system_clock.ts";
import { answerRequest, readRequests } from "../load/helper_process.ts";
import {
  type Manners,
  MAX_FAULTS,
  type TalkedCall,
  talkFaults,
  TalkingCaller,
} from "../load/talking_caller.ts";
import type { TurnoverReport } from "./soak_report.ts";

/**
 * Holds `calls` calls for `durationMs`; every `everyMs` the oldest ends and another begins. Answered with a
 * {@link TurnoverReport} when the last has ended.
 */
export interface TurnoverRequest {
  line: Omit<Line, "clock" | "network">;
  calls: number;
  everyMs: number;
  durationMs: number;
  /** Length of the model's answers: so much audio an answer that was heard out must bring. */
  replyMs: number;
}

/**
 * How long an answer must be silent to count as complete: a machine that stalled must not make callers
 * interrupt it.
 */
const QUIET_MS = 1_500;
/** Between the first calls, which do not wait for one to end. */
const RAMP_MS = 100;
/** The player counts in samples of 1/8 ms, and the resampler's tail is on top. */
const ROUNDING_MS = 1;
/** How those end who hang up into an answer, one after the other. */
const HANG_UPS: readonly CallerHangUp[] = ["stop_and_close", "close_only", "drop"];

/** The process of callers who come and go. */
export async function runTurnover(): Promise<void> {
  const clock = new SystemClock();
  using lag = new LoopLag(clock);
  for await (const request of readRequests<TurnoverRequest>()) {
    lag.takeReport();
    const totals = new Totals(request.replyMs);
    await comeAndGo({ ...request, line: { ...request.line, clock } }, totals);
    const report: TurnoverReport = { ...totals.report(), lag: lag.takeReport() };
    answerRequest(report);
  }
}

async function comeAndGo(
  { line, calls, everyMs, durationMs }: TurnoverRequest & { line: Line },
  totals: Totals,
): Promise<void> {
  const { clock } = line;
  const startMs = clock.now();
  const live = new Set<Promise<void>>();
  const place = (index: number, endMs: number) => {
    const manners = mannersFor(index);
    const untilMs = startMs + Math.min(endMs, durationMs);
    const call = new TalkingCaller(line, undefined, manners).talk(() => untilMs).then((talked) => {
      totals.add(talked, manners);
      live.delete(call);
    });
    live.add(call);
  };
  const first = async () => {
    for (let index = 0; index < calls; index++) {
      await sleep(clock, startMs + index * RAMP_MS - clock.now());
      place(index, (index + 1) * everyMs);
    }
  };
  const further = async () => {
    for (let turn = 1; turn * everyMs < durationMs; turn++) {
      await sleep(clock, startMs + turn * everyMs - clock.now());
      place(calls + turn - 1, (turn + calls) * everyMs);
    }
  };
  await Promise.all([first(), further()]);
  await Promise.all(live);
}

/** Of four callers two hear everything out, one interrupts, and one hangs up into an answer. */
function mannersFor(index: number): Manners {
  if (index % 4 === 1) return { interrupts: true, quietMs: QUIET_MS };
  if (index % 4 === 3) return { hangsUp: HANG_UPS[(index >> 2) % HANG_UPS.length], quietMs: QUIET_MS };
  return { quietMs: QUIET_MS };
}

/** Adds calls up as they end, so that a long soak keeps none of them. */
class Totals {
  readonly #replyMs: number;
  readonly #sum = {
    calls: 0,
    refused: 0,
    failed: 0,
    sentMs: 0,
    receivedMs: 0,
    answers: 0,
    cutOff: 0,
    hangUps: 0,
    longestGapMs: 0,
  };
  readonly #faults = new Set<string>();

  constructor(replyMs: number) {
    this.#replyMs = replyMs;
  }

  add(talked: TalkedCall, { hangsUp }: Manners): void {
    const { report, answersMs, cutOff } = talked;
    const sum = this.#sum;
    sum.calls++;
    if (report.outcome === "refused") {
      sum.refused++;
      return;
    }
    sum.sentMs += report.sentMs;
    sum.receivedMs += report.receivedMs;
    sum.answers += answersMs.length;
    sum.cutOff += cutOff;
    if (hangsUp !== undefined) sum.hangUps++;
    sum.longestGapMs = Math.max(sum.longestGapMs, report.longestUnderrunMs);
    const faults = this.#findFaults(talked);
    if (faults.length > 0) sum.failed++;
    for (const fault of faults) if (this.#faults.size < MAX_FAULTS) this.#faults.add(fault);
  }

  report(): Omit<TurnoverReport, "lag"> {
    return { ...this.#sum, faults: [...this.#faults] };
  }

  #findFaults(talked: TalkedCall): string[] {
    const missingMs = talked.heardOut * this.#replyMs - talked.report.receivedMs;
    const missing = missingMs > ROUNDING_MS
      ? [`${Math.round(missingMs)} ms of the answers did not arrive`]
      : [];
    return [...talkFaults(talked), ...missing];
  }
}
