import type { CallReport } from "../twilio/call_report.ts";
import { describeProblem } from "./hints.ts";

/**
 * Why a call counts as failed; empty for a good one.
 *
 * @param mayRefuse true: to be refused is good too, for a caller who was told something or put through
 */
export function callFaults(report: CallReport, mayRefuse: boolean = false): string[] {
  const faults = report.problems.map(describeProblem);
  const words = heardWords(report);
  if (report.outcome === "refused" && !(mayRefuse && words)) faults.push(`refused${words}`);
  if (mayRefuse && wasCut(report)) faults.push(`cut by the ${report.endedBy}`);
  if (report.outcome === "connected" && report.heardMs === 0) faults.push("the caller heard nothing");
  return faults;
}

/** How many calls went how. */
export interface CallCounts {
  connected: number;
  /** The server did not take them; they heard its words instead, or were dialled through. */
  refused: number;
  /** Something broke before there was a stream. */
  failed: number;
  /** Of those that were connected: ended by the server or the network before the caller hung up. */
  cut: number;
}

export function countCalls(reports: readonly CallReport[]): CallCounts {
  const counts: CallCounts = { connected: 0, refused: 0, failed: 0, cut: 0 };
  for (const report of reports) {
    counts[report.outcome]++;
    if (wasCut(report)) counts.cut++;
  }
  return counts;
}

function wasCut({ outcome, endedBy }: CallReport): boolean {
  return outcome === "connected" && endedBy !== "caller";
}

function heardWords({ said, dialled }: CallReport): string {
  const words = [
    ...said.map((text) => JSON.stringify(text)),
    ...dialled.map(({ number }) => `dialled ${number}`),
  ];
  return words.length > 0 ? `: ${words.join(", ")}` : "";
}

/** Calls shown one by one; with more, only the failed ones are. */
const MAX_ROWS = 25;

/** The table of calls, their totals, and each fault. */
export function describeCalls(reports: CallReport[], mayRefuse: boolean = false): string[] {
  const shown = reports.map((report, index) => ({ report, index, faults: callFaults(report, mayRefuse) }))
    .filter(({ faults }) => reports.length <= MAX_ROWS || faults.length > 0).slice(0, MAX_ROWS);
  const lines = [
    row(["call", "webhook", "first audio", "sent", "heard", "gaps", "longest", "clears", "result"]),
  ];
  for (const { report, index, faults } of shown) lines.push(callRow(index, report, faults));
  lines.push(totalRow(reports, mayRefuse));
  for (const { index, faults } of shown) {
    for (const fault of faults) lines.push(`  call ${index + 1}: ${fault}`);
  }
  const { connected, refused, failed, cut } = countCalls(reports);
  const faulty = faultyCalls(reports, mayRefuse);
  const ends = [
    `${connected} connected${cut > 0 ? ` (${cut} of them not ended by the caller)` : ""}`,
    `${refused} refused`,
    `${failed} not connected`,
  ].filter((part) => !part.startsWith("0 "));
  const good = `${reports.length - faulty} good`;
  lines.push(`${faulty === 0 ? good : `${good}, ${faulty} FAILED`}: ${ends.join(", ")}`);
  return lines;
}

function faultyCalls(reports: readonly CallReport[], mayRefuse: boolean): number {
  return reports.filter((report) => callFaults(report, mayRefuse).length > 0).length;
}

function callRow(index: number, report: CallReport, faults: string[]): string {
  return row([
    String(index + 1),
    milliseconds(report.webhookMs),
    milliseconds(report.firstAudioMs),
    seconds(report.sentMs),
    seconds(report.heardMs),
    String(report.underruns),
    milliseconds(report.longestUnderrunMs),
    String(report.clears),
    faults.length > 0 ? "FAILED" : report.outcome === "refused" ? "refused" : "ok",
  ]);
}

/** Medians of times, sums of amounts. */
function totalRow(reports: CallReport[], mayRefuse: boolean): string {
  const sum = (of: (report: CallReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0);
  const failed = faultyCalls(reports, mayRefuse);
  return row([
    "all",
    milliseconds(median(reports.map((report) => report.webhookMs))),
    milliseconds(median(reports.map((report) => report.firstAudioMs))),
    seconds(sum((report) => report.sentMs)),
    seconds(sum((report) => report.heardMs)),
    String(sum((report) => report.underruns)),
    milliseconds(Math.max(0, ...reports.map((report) => report.longestUnderrunMs))),
    String(sum((report) => report.clears)),
    failed === 0 ? `${reports.length} ok` : `${failed} of ${reports.length} FAILED`,
  ]);
}

/** The middle value, or the mean of the two middle ones; undefined when there is none. */
export function median(values: (number | undefined)[]): number | undefined {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const WIDTHS = [6, 9, 13, 10, 10, 6, 9, 8];

function row(cells: string[]): string {
  return cells.map((cell, column) => cell.padEnd(WIDTHS[column] ?? 0)).join("").trimEnd();
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? "-" : `${Math.round(ms)} ms`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
