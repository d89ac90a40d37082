import { escapeLines } from "../../observability/text_line.ts";
import { sleep } from "../../util/clock.ts";
import { SystemClock } from "../../util/system_clock.ts";
import { messageOf } from "../../util/errors.ts";
import { readLineWav } from "../../audio/wav.ts";
import type { SimulatedCallerOptions } from "../twilio/simulated_caller.ts";
import type { Line } from "../twilio/line.ts";
import { CallerSpeech } from "../twilio/caller_speech.ts";
import { memoryText, readServerMemory, type ServerMemoryReading } from "./memory_reading.ts";
import { type CallArgs, type CallDefaults, parseCallArgs } from "./call_options.ts";
import { UsageError } from "../flags.ts";
import { writeTapes } from "./call_tapes.ts";
import { openRehearsal } from "./rehearsal.ts";
import { placeCalls } from "./place_calls.ts";
import { ProgressLine } from "../../cli/progress.ts";
import { callFaults, countCalls, describeCalls } from "./calls_summary.ts";
import { SCRIPT_HELP } from "./script_steps.ts";
import { runScriptFile } from "./script_run.ts";
import { findAdminToken } from "../../cli/admin_token.ts";
import { EXIT, failure } from "../../cli/arguments.ts";

const HELP = `slimline call places simulated telephone calls against a running server, as Twilio would.

Usage: slimline call [options]

  --to URL             where the server listens (default this machine, at HOST and PORT)
  --public URL         its PUBLIC_URL, which signatures are made over (default: PUBLIC_URL, else --to)
  --path PATH          its voice webhook (default /voice)
  --status PATH        its status callback, told when a call is over (default: none)
  --token TOKEN        its Twilio auth token (default: TWILIO_AUTH_TOKEN). With it, requests are signed, and come as through
                       a proxy, with the public Host and X-Forwarded headers. Without it, or with "", they come directly and
                       unsigned, as a server with --insecure wants them
  --account SID        its Twilio account (default: TWILIO_ACCOUNT_SID)
  --admin-token TOKEN  for GET /memory (default: ADMIN_TOKEN, or what a server here has put into DATA_DIR)
  --calls N            calls at once (default 1)
  --seconds S          how long each lasts (default 20)
  --ramp MS            between the starts of two calls (default 50)
  --wav FILE           what the callers say, again and again; default: short tones
  --pause MS           silence between two times of saying it (default 2000)
  --number NUMBER      the number called (default +15550100000)
  --from NUMBER        the caller's number (default +15550100001)
  --forwarded-from N   the number that sent the call on (default: none)
  --api PORT           where Twilio's REST API is served meanwhile, for a server that has TWILIO_API_URL=http://127.0.0.1:PORT:
                       with it, it transfers, presses keys, hangs up, and places calls (default: the port of TWILIO_API_URL,
                       where that is this machine; else none)
  --say-ms MS          time of a spoken character of <Say>, which is heard as tones; 0 for none (default 60)
  --delay MS           network delay each way (default 0)
  --jitter MS          up to so much more, at random (default 0)
  --seed N             of the jitter, to repeat a run
  --out DIR            write what was said (left) and heard (right) as DIR/call-1.wav, ..., and of those whom calls were put
                       through to as DIR/call-1-dialled-1.wav, ...
  --expect-refused     a call that is refused with words is good; one that the server ends is not
  --script FILE        run a conversation script instead
  --json               print the report as JSON

Exit code: 0 all calls were good; 1 a call was refused, broken off, broke a rule of Twilio's or was silent, or a line of
the script failed; 2 wrong usage.

${SCRIPT_HELP}`;

/** How long after the last call memory is looked at again. */
const SETTLE_MS = 1000;

/**
 * The command `slimline call`.
 *
 * @param argv the arguments after the command's name
 * @returns the exit code
 */
export async function call(argv: string[], defaults: CallDefaults = {}): Promise<number> {
  try {
    const options = parseCallArgs(argv, defaults, HELP);
    if (typeof options === "number") return options;
    if (options.out !== undefined) await makeFolder(options.out);
    if (options.script === undefined) return await load(options);
    return await runScriptFile(options.script, options, {
      ...createCall(options),
      line: createLine(options),
    });
  } catch (error) {
    return failure(error, "slimline call: ");
  }
}

function createLine(options: CallArgs): Line {
  return {
    clock: new SystemClock(),
    server: options.to,
    publicUrl: options.publicUrl,
    accountSid: options.accountSid,
    authToken: options.authToken,
    network: { delayMs: options.delayMs, jitterMs: options.jitterMs, seed: options.seed },
  };
}

/** Who calls whom, and which webhooks are told of it. */
export function createCall(options: CallArgs): Omit<SimulatedCallerOptions, "line"> {
  const { path, statusPath, forwardedFrom, from, number, publicUrl, sayCharacterMs } = options;
  return {
    from,
    sayCharacterMs,
    to: number,
    forwardedFrom,
    answer: { link: { url: publicUrl + path, method: "POST" } },
    statusCallback: statusPath === undefined ? undefined : { url: publicUrl + statusPath, method: "POST" },
  };
}

async function load(options: CallArgs): Promise<number> {
  const { mayRefuse } = options;
  const speech = await loadSpeech(options);
  const line = createLine(options);
  await using rehearsal = openRehearsal(line, options.apiPort, new Map());
  const { registry, onDial } = rehearsal;
  const adminToken = await findAdminToken(options, options.to);
  const sample = () => readServerMemory(options.to, adminToken);
  const before = await sample();
  let during: Promise<ServerMemoryReading> | undefined;
  const middleMs = ((options.calls - 1) * options.rampMs + options.seconds * 1000) / 2;
  const middle = line.clock.at(line.clock.now() + middleMs, () => during = sample());
  const progress = new ProgressLine();
  const reports = await placeCalls({
    line,
    calls: options.calls,
    seconds: options.seconds,
    rampMs: options.rampMs,
    speech,
    call: { ...createCall(options), registry, onDial },
    keepsTapes: options.out !== undefined,
    onProgress: ({ placed, live, ended }) =>
      progress.show(`${placed} of ${options.calls} calls placed, ${live} connected, ${ended} over`),
    onEnded: async (index, caller) => {
      if (options.out !== undefined) await writeTapes(options.out, caller, index + 1, line.clock.now());
    },
  });
  middle.cancel();
  await sleep(line.clock, SETTLE_MS);
  const memory = { before, during: await during, after: await sample() };
  progress.end();
  if (options.isJson) {
    const calls = reports.map((report) => ({ ...report, faults: callFaults(report, mayRefuse) }));
    const faulty = calls.filter(({ faults }) => faults.length > 0).length;
    const counts = { ...countCalls(reports), good: calls.length - faulty, faulty };
    console.log(escapeLines(JSON.stringify({ counts, calls, memory }, null, 2)));
  } else {
    for (const text of describeCalls(reports, mayRefuse)) console.log(escapeLines(text));
    for (const [when, what] of Object.entries(memory)) {
      console.log(
        `memory ${when.padEnd(6)}  ${what ? memoryText(what) : "not sampled: the calls were over"}`,
      );
    }
  }
  return reports.some((report) => callFaults(report, mayRefuse).length > 0) ? EXIT.failed : EXIT.good;
}

/** Said when no WAV is given: loud enough and long enough to count as speech. */
const TONE_HZ = 440;
const TONE_MS = 1500;

async function loadSpeech(options: CallArgs): Promise<CallerSpeech> {
  const clip = options.wav === undefined
    ? CallerSpeech.tone(TONE_HZ, TONE_MS)
    : CallerSpeech.fromSamples(await readLineWav(options.wav));
  return CallerSpeech.join(clip, CallerSpeech.silence(options.pauseMs));
}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    throw new UsageError(`--out ${path} cannot be made: ${messageOf(error)}`, { cause: error });
  }
}
