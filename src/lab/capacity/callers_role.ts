import type { Line } from "../twilio/line.ts";
import { cpuSeconds } from "../../observability/process_resources.ts";
import { LoopLag } from "../../observability/loop_lag.ts";
import { sleep } from "../../util/clock.ts";
import { SystemClock } from "../../util/system_clock.ts";
import { answerRequest, readRequests } from "../load/helper_process.ts";
import { type CallersReport, spread } from "./capacity_report.ts";
import { MAX_FAULTS, type TalkedCall, talkFaults, TalkingCaller } from "../load/talking_caller.ts";

/**
 * Places `calls` calls, `rampMs` between two, and holds them for `holdMs` once all are up. Answered with `{
 * is: "up" }` when they are, and with a {@link CallersReport} when the last has ended.
 */
export interface CallersRequest {
  line: Omit<Line, "clock" | "network">;
  calls: number;
  rampMs: number;
  holdMs: number;
}

/** The process of the callers. */
export async function runCallers(): Promise<void> {
  const clock = new SystemClock();
  using lag = new LoopLag(clock);
  for await (const { line, calls, rampMs, holdMs } of readRequests<CallersRequest>()) {
    lag.takeReport();
    const talked = await load({ ...line, clock }, calls, rampMs, holdMs);
    answerRequest({ ...summary(talked), lag: lag.takeReport(), cpuSeconds: cpuSeconds() ?? null });
  }
}

async function load(line: Line, calls: number, rampMs: number, holdMs: number): Promise<TalkedCall[]> {
  const { clock } = line;
  const startMs = clock.now();
  let waiting = calls;
  let untilMs = Infinity;
  const settled = () => {
    if (--waiting > 0) return;
    untilMs = clock.now() + holdMs;
    answerRequest({ is: "up" });
  };
  const one = async (index: number): Promise<TalkedCall> => {
    await sleep(clock, startMs + index * rampMs - clock.now());
    let isSettled = false;
    const settleOnce = () => {
      if (!isSettled) settled();
      isSettled = true;
    };
    const talked = await new TalkingCaller(line, settleOnce).talk(() => untilMs);
    settleOnce(); // a call that was refused must not keep the others waiting
    return talked;
  };
  return await Promise.all(Array.from({ length: calls }, (_, index) => one(index)));
}

function summary(talked: TalkedCall[]): Omit<CallersReport, "lag" | "cpuSeconds"> {
  const sum = (of: (call: TalkedCall) => number) => talked.reduce((total, call) => total + of(call), 0);
  const known = (values: (number | undefined)[]) => values.filter((value) => value !== undefined);
  const faults = talked.map(talkFaults);
  return {
    failed: faults.filter(({ length }) => length > 0).length,
    faults: [...new Set(faults.flat())].slice(0, MAX_FAULTS),
    sentMs: sum(({ report }) => report.sentMs),
    receivedMs: sum(({ report }) => report.receivedMs),
    gaps: sum(({ report }) => report.underruns),
    longestGapMs: talked.reduce((most, { report }) => Math.max(most, report.longestUnderrunMs), 0),
    webhookMs: spread(known(talked.map(({ report }) => report.webhookMs))),
    firstAudioMs: spread(known(talked.map(({ report }) => report.firstAudioMs))),
    answerMs: spread(talked.flatMap(({ answersMs }) => answersMs)),
    answers: sum(({ answersMs }) => answersMs.length),
  };
}
