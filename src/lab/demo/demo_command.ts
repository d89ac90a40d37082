import { createApp } from "../../app/app.ts";
import { BusinessDirectory } from "../../businesses/directory.ts";
import { decodedBase64 } from "../../audio/base64.ts";
import { BYTES_PER_MS } from "../../audio/mulaw.ts";
import { muLawDecode } from "../../audio/mulaw_buffers.ts";
import { loadConfig } from "../../config/config.ts";
import { readEnvironment } from "../../config/environment.ts";
import { EmulatedRealtimeApi } from "../openai/emulated_realtime_api.ts";
import { SimulatedCaller } from "../twilio/simulated_caller.ts";
import { CallerSpeech } from "../twilio/caller_speech.ts";
import type { Line } from "../twilio/line.ts";
import { encodeWav } from "../../audio/wav.ts";
import { listen } from "../../http/listen.ts";
import { configureLog, createLog } from "../../observability/log.ts";
import type { Clock } from "../../util/clock.ts";
import { messageOf } from "../../util/errors.ts";
import { SystemClock } from "../../util/system_clock.ts";
import { EXIT, failure, parseCommand } from "../../cli/arguments.ts";
import { memoryText, readServerMemory } from "../call/memory_reading.ts";
import { CALLER_CLIP } from "./caller_clip.ts";
import type { CallReport } from "../twilio/call_report.ts";

const HELP = `Usage: slimline demo [--live] [--out FILE]

Places one telephone call through this program, on this machine alone: a simulated caller speaks a sentence, and a simulated
model says back what it heard. Shows what happens and what it costs in memory, and writes what the caller heard.

  --live      talk to OpenAI instead of the simulated model (needs OPENAI_API_KEY, and costs a few cents)
  --out FILE  where to write what the caller heard (default demo-heard.wav)`;

/**
 * Where the demo's callers believe the server to be. Nothing is ever sent there: signatures need a name, that
 * is all.
 */
const PUBLIC_URL = "https://demo.slimline.invalid";
const ACCOUNT_SID = `AC${"0".repeat(32)}`;
/** The longest that the caller waits for each of the two answers, in milliseconds. */
const ANSWER_WITHIN_MS = 20_000;
/** Quiet for this long, an answer is over. */
const ANSWER_GAP_MS = 700;

/** `slimline demo`: one call, from end to end, without any account. */
export async function demo(argv: string[]): Promise<number> {
  const parsed = parseCommand({
    command: "demo",
    args: argv,
    options: {
      live: { type: "boolean", default: false },
      out: { type: "string", default: "demo-heard.wav" },
    },
  }, HELP);
  if (typeof parsed === "number") return parsed;
  const { live, out } = parsed.values;
  try {
    return await run(live, out);
  } catch (error) {
    return failure(error);
  }
}

async function run(live: boolean, out: string): Promise<number> {
  configureLog("warn", "text");
  try {
    // What cannot be written is better known now than after the call.
    await Deno.writeFile(out, new Uint8Array());
  } catch (error) {
    console.error(`slimline demo: ${out} cannot be written: ${messageOf(error)}`);
    return EXIT.usage;
  }
  const clock = new SystemClock();
  await using emulator = live ? undefined : new EmulatedRealtimeApi({ clock });
  const authToken = crypto.randomUUID();
  const env = readEnvironment();
  const config = loadConfig({
    env: {
      ...env,
      HOST: "127.0.0.1",
      PORT: "0",
      PUBLIC_URL,
      TWILIO_AUTH_TOKEN: authToken,
      TWILIO_ACCOUNT_SID: ACCOUNT_SID,
      ADMIN_TOKEN: authToken,
      ...emulator && { OPENAI_API_KEY: "demo", OPENAI_REALTIME_URL: emulator.url },
    },
  });
  await using app = await createApp({
    config,
    clock,
    log: createLog(),
    businesses: new BusinessDirectory(),
    records: false,
  });
  const server = listen(app.handle, config.host, config.port);
  const address = `http://127.0.0.1:${server.port}`;
  try {
    console.log(
      `One call through Slimline at ${address}; the model is ${
        live ? config.realtimeModel : "simulated"
      }.\n` +
        `Memory is that of this one process, which is the caller${live ? "" : " and the model"} too.\n`,
    );
    return await place(
      { clock, server: address, publicUrl: PUBLIC_URL, accountSid: ACCOUNT_SID, authToken },
      out,
    );
  } finally {
    await server.stop();
  }
}

/** Places the call, tells what happens, and writes what was heard. Returns the exit code. */
async function place(line: Line & { authToken: string }, out: string): Promise<number> {
  const { clock, server, authToken } = line;
  const placedMs = clock.now();
  const tell = (what: string) => console.log(timelineRow(clock.now() - placedMs, what));
  const tellMemory = async () => tell(`memory: ${memoryText(await readServerMemory(server, authToken))}`);
  await tellMemory();
  const caller = new SimulatedCaller({
    line,
    answerGapMs: ANSWER_GAP_MS,
    onEvent: ({ event, detail }) => tell(`${event.replaceAll("_", " ")}${detail ? `: ${detail}` : ""}`),
  });
  const done = caller.place();
  await Promise.race([converse(caller, clock, tell, tellMemory), done]);
  caller.hangUp();
  const report = await done;
  const heard = caller.player.recording(caller.startedMs ?? 0, clock.now());
  await Deno.writeFile(out, encodeWav(muLawDecode(heard)));
  await tellMemory();
  console.log(`\n${describeReport(report, out)}`);
  const isGood = report.outcome === "connected" && report.problems.length === 0 && report.heardMs > 0;
  return isGood ? EXIT.good : EXIT.failed;
}

/** The caller hears the greeting out, says one sentence, and hears the answer out. */
async function converse(
  caller: SimulatedCaller,
  clock: Clock,
  tell: (what: string) => void,
  tellMemory: () => Promise<void>,
): Promise<void> {
  const greetingMs = await answerHeard(caller, clock, 0);
  tell(`the caller has heard the greeting, ${seconds(greetingMs)}`);
  const clip = CallerSpeech.fromMuLaw(decodedBase64(CALLER_CLIP));
  tell(`the caller says a sentence, ${seconds(clip.durationMs)}`);
  await new Promise<void>((resolve) => caller.speech.say(clip, resolve));
  const answerMs = await answerHeard(caller, clock, greetingMs) - greetingMs;
  tell(`the caller has heard the answer, ${seconds(answerMs)}`);
  await tellMemory();
}

/**
 * Waits until more than `beforeMs` of audio has come, and all of it was played. Returns how much has come.
 */
async function answerHeard(caller: SimulatedCaller, clock: Clock, beforeMs: number): Promise<number> {
  const { player } = caller;
  const receivedMs = () => player.receivedBytes / BYTES_PER_MS;
  await caller.until(
    () => receivedMs() > beforeMs && clock.now() > player.endMs + ANSWER_GAP_MS,
    ANSWER_WITHIN_MS,
  );
  return receivedMs();
}

/** One line of the timeline. */
function timelineRow(atMs: number, what: string): string {
  return `${(atMs / 1000).toFixed(2).padStart(6)} s  ${what}`;
}

/** A duration for people. */
function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

/** What came of the call, for people. */
function describeReport(report: CallReport, heardFile: string): string {
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
