// `deno task bench:stalled`: what 50 callers' sides and 50 sessions of OpenAI that stop reading cost the server and the 20
// other calls. The same load runs three times, each time with a server process of its own: the others alone, beside 100
// calls in good health, and beside 100 that stall. Run it on a machine that does nothing else.

import { PLAYBACK_HOLD_BYTES } from "../../src/call/playback/playback_sender.ts";
import type { CallersRequest } from "../../src/lab/capacity/callers_role.ts";
import { HelperProcess } from "../../src/lab/load/helper_process.ts";
import type { CallersReport } from "../../src/lab/capacity/capacity_report.ts";
import { ACCOUNT_SID, PUBLIC_URL, ServerProcess } from "../../src/lab/load/server_process.ts";
import { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import type { Line } from "../../src/lab/twilio/line.ts";
import { SESSION_CLOGGED_BYTES } from "../../src/model/openai/realtime_session.ts";
import { sleep } from "../../src/util/clock.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import type { StalledModelOptions } from "./stalled_model.ts";

const OTHERS = 20;
const BESIDE = 50;
const RAMP_MS = 100;
const HOLD_MS = 20_000;
const SAMPLE_MS = 500;
const WAIT_MS = 60_000;

type Load = "alone" | "beside 100 in good health" | "beside 50 + 50 that stall";

interface Figures {
  rssMb: number;
  anonMb: number;
  /** Most that all calls held by their own ledger. */
  ledgerMb: number;
  callers: CallersReport;
  warnings: Record<string, number>;
}

const clock = new SystemClock();
const rows: [Load, Figures][] = [];
for (const load of ["alone", "beside 100 in good health", "beside 50 + 50 that stall"] as const) {
  rows.push([load, await measure(load)]);
}

console.log(`\n${OTHERS} calls, ${HOLD_MS / 1000} s\n`);
console.log(
  "load                        RSS MB  anon MB  held by calls MB  answers  p50 ms  p99 ms  gaps  failed",
);
for (const [load, { rssMb, anonMb, ledgerMb, callers }] of rows) {
  const cells = [rssMb, anonMb].map((mb) => mb.toFixed(1).padStart(7)).join("  ");
  const { answers, answerMs, gaps, failed } = callers;
  console.log(
    `${load.padEnd(26)} ${cells}  ${ledgerMb.toFixed(2).padStart(16)}  ${String(answers).padStart(7)}  ` +
      `${milliseconds(answerMs.p50)}  ${milliseconds(answerMs.p99)}  ${String(gaps).padStart(4)}  ${
        String(failed).padStart(6)
      }`,
  );
}
for (const [load, { callers }] of rows) {
  for (const fault of callers.faults) console.log(`${load}: ${fault}`);
}
const { warnings } = rows[2][1];
console.log(
  `\nOf the calls that stalled ${
    warnings.stream_stalled ?? 0
  } streams were given up and went on with the fallback; ` +
    `${warnings.agent_down ?? 0} sessions were replaced.`,
);
const capMb = BESIDE * (PLAYBACK_HOLD_BYTES + SESSION_CLOGGED_BYTES) / 2 ** 20;
console.log(`The caps allow these calls ${capMb.toFixed(1)} MB in sockets that nobody reads.`);

async function measure(load: Load): Promise<Figures> {
  const stalls = load === "beside 50 + 50 that stall";
  using model = modelThread();
  const realtimeUrl = await model.listen({
    stopReadingTo: stalls ? BESIDE : 0,
    longTo: load === "alone" ? 0 : 2 * BESIDE,
  });
  const authToken = crypto.randomUUID();
  await using server = await ServerProcess.start({
    realtimeUrl,
    authToken,
    audioFormat: "pcm24k",
    resampler: "polyphase",
    maxCalls: 1_000,
  });
  await using helper = await HelperProcess.start("callers");
  const line: Omit<Line, "clock"> = {
    server: server.url,
    publicUrl: PUBLIC_URL,
    accountSid: ACCOUNT_SID,
    authToken,
  };
  const figures = { rssMb: 0, anonMb: 0, ledgerMb: 0 };
  let isSampling = true;
  const sampling = (async () => {
    while (isSampling) {
      const { rss, rssAnon, perCall, activeCalls } = await server.memory();
      figures.rssMb = Math.max(figures.rssMb, rss / 2 ** 20);
      figures.anonMb = Math.max(figures.anonMb, (rssAnon ?? 0) / 2 ** 20);
      figures.ledgerMb = Math.max(figures.ledgerMb, (perCall?.ledger ?? 0) * activeCalls / 2 ** 20);
      await sleep(clock, SAMPLE_MS);
    }
  })();
  const beside = load === "alone" ? [] : await placeBeside({ ...line, clock }, stalls);
  const request: CallersRequest = { line, calls: OTHERS, rampMs: RAMP_MS, holdMs: HOLD_MS };
  await helper.tell(request);
  await helper.next<{ is: "up" }>(WAIT_MS);
  const callers = await helper.next<CallersReport>(HOLD_MS + WAIT_MS);
  isSampling = false;
  await sampling;
  for (const { caller } of beside) caller.hangUp();
  await Promise.all(beside.map(({ over }) => over));
  return { ...figures, callers, warnings: server.warnings };
}

/** Sessions are told apart by their number, so the calls whose sessions stop reading come first. */
async function placeBeside(line: Line, stalls: boolean) {
  const calls: { caller: SimulatedCaller; over: Promise<unknown> }[] = [];
  for (let index = 0; index < 2 * BESIDE; index++) {
    const caller = new SimulatedCaller({ line, maxHeardBytes: 0 });
    calls.push({ caller, over: caller.place() });
    await sleep(clock, RAMP_MS);
    if (index < BESIDE || !stalls) continue;
    caller.until(() => caller.player.receivedBytes > 0, WAIT_MS).then(() => caller.leg?.stopReading());
  }
  return calls;
}

function modelThread() {
  const worker = new Worker(new URL("./stalled_model.ts", import.meta.url).href, { type: "module" });
  return {
    listen: (options: StalledModelOptions) =>
      new Promise<string>((resolve) => {
        worker.onmessage = ({ data }) => resolve(data.url);
        worker.postMessage(options);
      }),
    [Symbol.dispose]: () => worker.terminate(),
  };
}

function milliseconds(ms: number | null): string {
  return (ms === null ? "-" : ms.toFixed(1)).padStart(6);
}
