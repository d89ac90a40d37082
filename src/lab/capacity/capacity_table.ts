import { megabytes, textTable } from "../load/text_table.ts";
import { type Fit, hasHeld, instanceFits } from "./capacity_limits.ts";
import type { CapacityReport, Spread, Step } from "./capacity_report.ts";

const COLUMNS: readonly [head: string, cell: (step: Step) => string][] = [
  ["calls", ({ calls }) => String(calls)],
  ["round", ({ round }) => String(round)],
  ["RSS", ({ rss }) => megabytes(rss)],
  ["anon", ({ rssAnon }) => megabytes(rssAnon)],
  ["heap", ({ heapUsed }) => megabytes(heapUsed)],
  ["ext", ({ external }) => megabytes(external)],
  ["KB/call", ({ rssPerCall }) => kilobytes(rssPerCall)],
  ["anon", ({ rssAnonPerCall }) => kilobytes(rssAnonPerCall)],
  ["ledger", ({ ledgerPerCall }) => kilobytes(ledgerPerCall)],
  ["set-up", ({ setUpMs }) => setUpMs === null ? "-" : setUpMs.toFixed(1)],
  ["core/call", ({ cpuPerCall }) => cpuPerCall === null ? "-" : cpuPerCall.toFixed(4)],
  ["lag p99", ({ loopLag }) => loopLag.p99Ms.toFixed(1)],
  ["webhook", ({ webhookMs }) => spreadText(webhookMs)],
  ["greeting", ({ firstAudioMs }) => spreadText(firstAudioMs)],
  ["answer", ({ answerMs }) => spreadText(answerMs)],
  ["gap", ({ longestGapMs }) => longestGapMs.toFixed(0)],
  ["up", ({ deliveredUp }) => deliveredUp.toFixed(3)],
  ["down", ({ deliveredDown }) => deliveredDown.toFixed(3)],
  ["after", ({ after }) => megabytes(after.rss)],
  ["anon", ({ after }) => megabytes(after.rssAnon)],
];

/** The steps as lines of text. */
export function tableLines(steps: readonly Step[]): string[] {
  return textTable([
    COLUMNS.map(([head]) => head),
    ...steps.map((step) => COLUMNS.map(([, cell]) => cell(step))),
  ], "  ");
}

/** What the columns mean. */
export const LEGEND =
  `RSS, anon (RssAnon), heap used, ext (external) and after (3 s after the calls) in MB of 2^20 bytes.
KB/call: growth of RSS and of RssAnon since the idle server, and what the calls hold by their own ledger.
set-up: ms of a core that it takes to set a call up, its greeting included. core/call: share of one core that it takes from
then on. lag: of the event loop, 99th percentile. webhook, greeting (from the stream's start) and answer
(from the frame that completes a turn to the first frame back, the model's own first 12 ms included): p50/p99, ms.
gap: the longest inside an answer, ms. up, down: audio delivered, as a fraction; 1.000 is all of it (what is beyond: the tail
of the resampler's filter).`;

/** Resident memory by calls, drawn with characters; the rounds one below the other. */
export function plotLines(report: Pick<CapacityReport, "idle" | "steps">): string[] {
  const rows = [
    { label: "idle", rss: report.idle.rss, anon: report.idle.rssAnon },
    ...report.steps.map(({ calls, rss, rssAnon }) => ({ label: `${calls} calls`, rss, anon: rssAnon })),
  ];
  const most = Math.max(...rows.map(({ rss }) => rss));
  const width = Math.max(...rows.map(({ label }) => label.length));
  return rows.map(({ label, rss, anon }) => {
    const all = Math.round(PLOT_WIDTH * rss / most);
    const own = Math.round(PLOT_WIDTH * (anon ?? 0) / most);
    return `${label.padStart(width)}  ${"█".repeat(own)}${"░".repeat(all - own)} ${megabytes(rss)} MB`;
  });
}

const PLOT_WIDTH = 60;

/** What one call costs, by the largest load that was held: none when not even the first was. */
export function costLines(report: Pick<CapacityReport, "steps" | "stopped">): string[] {
  const held = report.steps.filter(({ calls }) => hasHeld(report, calls));
  const largest = held.at(-1);
  if (largest === undefined) return [];
  const { calls, setUpMs, cpuPerCall, rssAnonPerCall, rssPerCall } = largest;
  if (setUpMs === null || cpuPerCall === null) return [];
  const memory = rssAnonPerCall === null
    ? `${kilobytes(rssPerCall)} KB resident`
    : `${kilobytes(rssAnonPerCall)} KB of anonymous memory`;
  const setUp = `${setUpMs.toFixed(1)} ms of a core to set up`;
  const talk = `${cpuPerCall.toFixed(4)} of a core from then on`;
  return [`A call costs ${setUp}, ${talk}, and ${memory} (at ${calls} calls, the most that were held).`];
}

/** One sentence an instance size. */
export function fitLines(report: Pick<CapacityReport, "steps" | "stopped">): string[] {
  return instanceFits(report).map((fit) => `${sizeText(fit.sizeMb).padStart(6)}: ${fitText(fit)}`);
}

function fitText({ calls, rss, isLimit }: Fit): string {
  if (calls === 0) return "none of the measured steps fits.";
  const used = `${megabytes(rss)} MB resident`;
  return isLimit
    ? `${calls} calls (${used}); the next step measured did not pass.`
    : `${calls} calls or more (${used}); no larger step was measured.`;
}

function sizeText(megabytes: number): string {
  return megabytes < 1024 ? `${megabytes} MB` : `${megabytes / 1024} GB`;
}

function kilobytes(bytes: number | null): string {
  return bytes === null ? "-" : (bytes / 1024).toFixed(0);
}

function spreadText({ p50, p99 }: Spread): string {
  return p50 === null || p99 === null ? "-" : `${p50.toFixed(0)}/${p99.toFixed(0)}`;
}
