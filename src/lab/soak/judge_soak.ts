import { megabytes } from "../load/text_table.ts";
import { type Slope, theilSen } from "../../util/theil_sen.ts";
import { judgedBytes, type SoakReport, type SoakRound, type SoakSample } from "./soak_report.ts";

/** A soak of this length is long enough for a trend to be told from the garbage collector's steps. */
const LONG_MINUTES = 30;
/** Growth that a long soak may show at most, in bytes an hour. */
const MAX_LONG_GROWTH = 2 ** 20;
/**
 * In a shorter soak the heap still grows into its working size, so that it can find only what each call
 * leaves behind: more than this, in bytes a call.
 */
const MAX_LEFT_BEHIND = 25 * 1024;
/** The first of a soak is not judged: code is compiled and pools fill. */
const MAX_WARM_UP_SECONDS = 600;
/** How much more a later round may hold at its end than the first did, in bytes. */
const MAX_ROUND_GROWTH = 5 * 2 ** 20;
/** When a call ends, what was being gathered for one append goes with it; more is lost audio. */
const MAX_LOST_UP_MS = 100;
/** So many calls may be refused, as a share: with more, the load was not the one that was to be held. */
const MAX_REFUSED = 0.1;
/** The server's own alarms about its memory. */
const ALARM = /^memory_/;

/** The bound of growth for a soak of such a length, in bytes an hour. */
export function growthBound(minutes: number, everySeconds: number): number {
  return minutes >= LONG_MINUTES ? MAX_LONG_GROWTH : MAX_LEFT_BEHIND * 3600 / everySeconds;
}

/** From when on growth is judged: after ten minutes, or a third of a shorter soak. */
export function warmUpSeconds(minutes: number): number {
  return Math.min(MAX_WARM_UP_SECONDS, minutes * 60 / 3);
}

/** What V8's objects hold. */
export function objectBytes({ heapUsed, external }: SoakSample): number {
  return heapUsed + external;
}

/** Growth of `bytes` an hour, from `fromSeconds` on. */
export function hourlyGrowth(
  samples: readonly SoakSample[],
  fromSeconds: number,
  bytes: (sample: SoakSample) => number = judgedBytes,
): Slope | null {
  const points = samples.filter(({ seconds }) => seconds >= fromSeconds)
    .map((sample) => ({ x: sample.seconds / 3600, y: bytes(sample) }));
  return theilSen(points) ?? null;
}

/** Median of anonymous memory over the last tenth of the samples. */
export function endingAnon(samples: readonly SoakSample[]): number {
  const last = samples.slice(-Math.max(1, Math.floor(samples.length / 10))).map(judgedBytes).sort((a, b) =>
    a - b
  );
  return last[last.length >> 1];
}

/** Every reason why a soak is not passed, as sentences. */
export function soakFaults(report: Omit<SoakReport, "faults">): string[] {
  const { rounds, maxGrowth, warnings } = report;
  const alarms = Object.entries(warnings).filter(([event]) => ALARM.test(event))
    .map(([event, times]) => `The server raised ${event} (${times} times).`);
  return [
    ...rounds.flatMap((round) =>
      faultsOfRound(round, maxGrowth).map((fault) => `Round ${round.round}: ${fault}`)
    ),
    ...rounds.slice(1).flatMap((round) => {
      const growth = round.endAnon - rounds[0].endAnon;
      return growth > MAX_ROUND_GROWTH
        ? [
          `Round ${round.round} ended ${megabytes(growth)} MB above the first; ${
            megabytes(MAX_ROUND_GROWTH)
          } MB is the limit.`,
        ]
        : [];
    }),
    ...alarms,
  ];
}

function faultsOfRound(
  { growth, objectGrowth, callers, after, lostUpMsPerCall }: SoakRound,
  maxGrowth: number,
): string[] {
  const faults = [
    ...faultsOfGrowth("anonymous memory", growth, maxGrowth),
    ...faultsOfGrowth("what objects hold", objectGrowth, maxGrowth),
  ];
  if (callers.refused > MAX_REFUSED * callers.calls) {
    faults.push(`${callers.refused} of ${callers.calls} calls were refused: the load was not held.`);
  }
  if (callers.failed > 0) {
    faults.push(`${callers.failed} of ${callers.calls} calls failed: ${callers.faults.join("; ")}.`);
  }
  if (lostUpMsPerCall > MAX_LOST_UP_MS) {
    faults.push(`${Math.round(lostUpMsPerCall)} ms of what a caller said did not reach the model.`);
  }
  const left = Object.entries({
    calls: after.activeCalls,
    "kernel slots": after.kernelSlots,
    "sessions at the model": after.sessionsOpen,
  }).filter(([, count]) => count !== 0);
  faults.push(...left.map(([what, count]) => `${count} ${what} were left after the last call.`));
  return faults;
}

function faultsOfGrowth(what: string, growth: Slope | null, maxGrowth: number): string[] {
  if (growth === null) return [`there were too few samples to judge ${what} by.`];
  if (growth.low <= maxGrowth) return [];
  return [
    `${what} grew by ${megabytes(growth.perX)} MB an hour, at least ${megabytes(growth.low)} with 95 % ` +
    `confidence; the limit is ${megabytes(maxGrowth)}.`,
  ];
}
