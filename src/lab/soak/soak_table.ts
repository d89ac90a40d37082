import { megabytes, textTable } from "../load/text_table.ts";
import type { Slope } from "../../util/theil_sen.ts";
import { judgedBytes, type SoakReport, type SoakRound, type SoakSample } from "./soak_report.ts";

/** Rows of a round's table; the samples between are in the JSON and the plot. */
const ROWS = 10;

/** The whole report as text. */
export function describeSoak(report: SoakReport): string {
  const { calls, everySeconds, minutes, idle, faults, warnings } = report;
  const events = Object.entries(warnings).map(([event, times]) => `${event} ${times}`);
  return [
    `Slimline ${report.version} on Deno ${report.deno}, ${report.cores} cores; ${report.format}, ${report.resampler}`,
    `${calls} calls for ${minutes} min, one ends and another starts every ${everySeconds} s`,
    `idle: ${megabytes(idle.rss)} MB resident, ${megabytes(idle.rssAnon)} MB of it anonymous`,
    ...report.rounds.flatMap((round) => ["", ...roundLines(round)]),
    "",
    `Warnings and errors logged: ${events.join(", ") || "none"}.`,
    ...faults,
    faults.length === 0 ? "Passed." : "Not passed.",
  ].join("\n");
}

function roundLines(round: SoakRound): string[] {
  const { callers, after, growth, cores } = round;
  return [
    `Round ${round.round}`,
    ...sampleTable(shownSamples(round.samples)),
    `${callers.calls} calls: ${callers.answers} answers, ${callers.cutOff} of them cut off; ${callers.hangUps} calls ended in the middle of one; ${callers.refused} refused, ${callers.failed} failed`,
    `longest gap inside an answer ${Math.round(callers.longestGapMs)} ms (callers' own loop: ${
      Math.round(callers.lag.maxMs)
    } ms late at most); ${Math.round(round.lostUpMsPerCall)} ms a caller not passed on; ${
      cores === null ? "-" : cores.toFixed(2)
    } core`,
    `growth from minute ${(round.fromSeconds / 60).toFixed(1)} on: ${
      growthText(growth)
    }; of what objects hold: ${growthText(round.objectGrowth)}`,
    `at the end ${megabytes(round.endAnon)} MB anonymous; after the last call ${
      megabytes(after.rssAnon)
    } MB, ${after.activeCalls} calls, ${after.kernelSlots} kernel slots, ${after.sessionsOpen} sessions at the model`,
  ];
}

function growthText(growth: Slope | null): string {
  if (growth === null) return "too few samples";
  return `${megabytes(growth.perX)} MB an hour (95 %: ${megabytes(growth.low)} to ${megabytes(growth.high)})`;
}

/** So many samples, evenly spread, the last among them; each as late as the latest since the row before. */
function shownSamples(samples: readonly SoakSample[]): SoakSample[] {
  const count = Math.min(ROWS, samples.length);
  return Array.from(
    { length: count },
    (_, row) => samples[Math.ceil((row + 1) * samples.length / count) - 1],
  );
}

function sampleTable(samples: readonly SoakSample[]): string[] {
  const rows = [
    ["min", "calls", "RSS", "anon", "heap", "used", "ext", "late"],
    ...samples.map((sample) => [
      (sample.seconds / 60).toFixed(1),
      String(sample.activeCalls),
      megabytes(sample.rss),
      megabytes(judgedBytes(sample)),
      megabytes(sample.heapTotal),
      megabytes(sample.heapUsed),
      megabytes(sample.external),
      `${Math.round(sample.lateMs)} ms`,
    ]),
  ];
  return textTable(rows, "", 7);
}
