import type { CallReport } from "../twilio/call_report.ts";

/** One line of the timeline. */
export function timelineRow(atMs: number, what: string): string {
  return `${(atMs / 1000).toFixed(2).padStart(6)} s  ${what}`;
}

/** A duration for people. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

/** What came of the call, for people. */
export function describeReport(report: CallReport, heardFile: string): string {
  const rows: [string, string][] = [
    ["webhook answered in", report.webhookMs === undefined ? "—" : `${Math.round(report.webhookMs)} ms`],
    ["first audio after", report.firstAudioMs === undefined ? "—" : `${Math.round(report.firstAudioMs)} ms`],
    ["caller sent", seconds(report.sentMs)],
    ["caller heard", `${seconds(report.heardMs)} of ${seconds(report.receivedMs)}`],
    ["gaps in the answers", String(report.underruns)],
    ["written to", heardFile],
  ];
  const problems = report.problems.map(({ code, message }) => `  problem ${code}: ${message}`);
  return [...rows.map(([name, value]) => `  ${name.padEnd(20)} ${value}`), ...problems].join("\n");
}
