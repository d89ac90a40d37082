import { escapeUnsafe } from "../../observability/text_line.ts";
import { EmulatedRealtimeApi, type EmulatedRealtimeApiOptions } from "../openai/emulated_realtime_api.ts";
import { loadAgent, type LoadedAgent } from "./load_agent.ts";
import { type KeyPairPem, selfSigned } from "../openai/wire/self_signed.ts";
import { AgentScriptError } from "../openai/agents/agent_script.ts";
import { messageOf } from "../../util/errors.ts";
import { type Arguments, type CommandSpec, EXIT, parseCommand } from "../../cli/arguments.ts";

const HELP = `Usage: slimline emulate [options]

Runs a simulated OpenAI Realtime API on this machine, for development without a key.

  --port N             port to listen on (default 0: any free one)
  --agent NAME         echo: say back what was heard (default); tone: answer everything with a tone;
                       dentist, office, restaurant: the scripts for the example businesses
  --agent FILE         a script of your own (see below)
  --seconds S          length of the tone (default 3)
  --speed X            how much faster than real time audio is made (default 8)
  --answer-after MS    from the end of a turn to the first audio of the answer (default 400)
  --delay MS           network delay, each way (default 0)
  --key KEY            the only key that is accepted (default: any)
  --tls FILE           wss, with a certificate that is made now and written to FILE, for clients to trust:
                       NODE_EXTRA_CA_CERTS, DENO_CERT or SSL_CERT_FILE names it
  --tls-cert FILE, --tls-key FILE
                       wss, with a certificate of your own
  --log                print what clients send, appended audio aside, and the errors that they are told

A script is a JSON file, such as those in examples/agents:

  {
    "greeting": "Good morning.",
    "replies": [
      { "when": ["book", "table"], "say": "One moment.", "call": { "name": "find_table", "arguments": { "for": "{words}" } } },
      { "after": "find_table", "say": "Table {table} is free." },
      { "turn": 3, "say": { "clip": "goodbye.wav", "words": "Goodbye." }, "call": { "name": "end_call" } }
    ],
    "otherwise": "Pardon?"
  }

The first reply that fits is taken: "when" one of these words was said, or key pressed; at the caller's "turn"; "after" a tool
("when" is then looked for in what it gave); "on" silence ("idle") or "instructions". Replies without any of these are said one
after the other. {words} is what the caller said, {output} what the tool gave, {NAME} its field. What is said is words, which
become tones, one a word; a WAV file beside the script; or { "toneMs": 800, "hz": 440 }. "mcp" calls the tool of an MCP server:
{ "server", "name", "arguments", "output" or "error" }. The words of a caller are understood where slimline call says them (say
"WORDS"), and of the WAV files that "hears" lists: { "clip", "words" }. "failures" lists what goes wrong, and when, as
src/lab/openai/failures/failure_script.ts has it.

Ends on SIGTERM or SIGINT. Exit code: 0 good; 1 the port cannot be had; 2 wrong usage.`;

const FLAGS = {
  port: { type: "string", default: "0" },
  agent: { type: "string", default: "echo" },
  seconds: { type: "string", default: "3" },
  speed: { type: "string", default: "8" },
  "answer-after": { type: "string", default: "400" },
  delay: { type: "string", default: "0" },
  key: { type: "string" },
  tls: { type: "string" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  log: { type: "boolean", default: false },
} as const;

type Flags = Arguments<Omit<CommandSpec, "options"> & { options: typeof FLAGS }>["values"];

/** The longest tone: all of it is held in memory. */
const MAX_SECONDS = 120;
const MAX_SPEED = 1000;
const MAX_DELAY_MS = 60_000;

/** `slimline emulate`: a Realtime server without a model, until a signal ends it. */
export async function emulate(argv: string[]): Promise<number> {
  const parsed = parseCommand({ command: "emulate", args: argv, options: FLAGS }, HELP);
  if (typeof parsed === "number") return parsed;
  const options = await readFlags(parsed.values);
  if (Array.isArray(options)) {
    console.error(options.map((problem) => `slimline emulate: ${problem}`).join("\n"));
    return EXIT.usage;
  }
  let emulator: EmulatedRealtimeApi;
  try {
    emulator = new EmulatedRealtimeApi(options);
  } catch (error) {
    const isTaken = error instanceof Deno.errors.AddrInUse || !options.tls;
    const what = isTaken
      ? `cannot listen on port ${options.port}`
      : "the certificate or its key cannot be used";
    console.error(`slimline emulate: ${what}: ${messageOf(error)}`);
    return EXIT.failed;
  }
  const ended = signalled();
  console.log(addresses(emulator.url, parsed.values.tls));
  await ended;
  await emulator.stop();
  return EXIT.good;
}

/** What the emulator is started with; or everything that is wrong with it. */
async function readFlags(values: Flags): Promise<EmulatedRealtimeApiOptions | string[]> {
  const problems: string[] = [];
  const wrong = (flag: string, given: string, wanted: string) =>
    problems.push(`--${flag} is ${JSON.stringify(given)}; ${wanted} is wanted.`);
  const number = (flag: "port" | "seconds" | "speed" | "answer-after" | "delay", fits: NumberFits) => {
    const value = values[flag].trim() === "" ? NaN : Number(values[flag]);
    if (!fits.is(value)) wrong(flag, values[flag], fits.wanted);
    return value;
  };
  const port = number("port", whole(65_535));
  const seconds = number("seconds", above0(MAX_SECONDS));
  const options: EmulatedRealtimeApiOptions = {
    port,
    speed: number("speed", above0(MAX_SPEED)),
    answerAfterMs: number("answer-after", whole(MAX_DELAY_MS)),
    networkDelayMs: number("delay", whole(MAX_DELAY_MS)),
    apiKey: values.key,
    onLog: values.log
      ? ({ session, what }) => console.log(escapeUnsafe(`session ${session} ${what}`))
      : undefined,
  };
  if (values.key === "") wrong("key", "", "a key that is not empty");
  let loaded: LoadedAgent | undefined;
  try {
    loaded = await loadAgent(values.agent, seconds > 0 && seconds <= MAX_SECONDS ? seconds : 1);
  } catch (error) {
    if (!(error instanceof AgentScriptError)) throw error;
    problems.push(error.message);
  }
  if ((values["tls-cert"] === undefined) !== (values["tls-key"] === undefined)) {
    problems.push("--tls-cert and --tls-key go together.");
  }
  if (values.tls !== undefined && values["tls-cert"] !== undefined) {
    problems.push("--tls makes a certificate, --tls-cert names one: give one of them.");
  }
  const tls = problems.length === 0 ? await readTls(values, problems) : undefined;
  return problems.length > 0 ? problems : { ...options, ...loaded, tls };
}

interface NumberFits {
  is(value: number): boolean;
  wanted: string;
}

function whole(most: number): NumberFits {
  return {
    is: (value) => Number.isInteger(value) && value >= 0 && value <= most,
    wanted: `a whole number from 0 to ${most}`,
  };
}

function above0(most: number): NumberFits {
  return { is: (value) => value > 0 && value <= most, wanted: `a number above 0 and up to ${most}` };
}

/** The certificate and its key; what is wrong with them goes to `problems`. */
async function readTls(flags: Flags, problems: string[]): Promise<KeyPairPem | undefined> {
  const { tls: file, "tls-cert": cert, "tls-key": key } = flags;
  const guarded = async <Result>(what: string, run: () => Promise<Result>): Promise<Result | undefined> => {
    try {
      return await run();
    } catch (error) {
      problems.push(`${what}: ${messageOf(error)}`);
      return undefined;
    }
  };
  if (file !== undefined) {
    const made = await selfSigned(Date.now());
    await guarded(`--tls ${file} cannot be written`, () => Deno.writeTextFile(file, made.cert));
    return made;
  }
  if (cert === undefined || key === undefined) return undefined;
  const texts = {
    cert: await guarded(`--tls-cert ${cert} cannot be read`, () => Deno.readTextFile(cert)),
    key: await guarded(`--tls-key ${key} cannot be read`, () => Deno.readTextFile(key)),
  };
  return problems.length === 0 ? texts as KeyPairPem : undefined;
}

/** What a client's environment is to have. npm `openai` takes the base URL, and TLS alone. */
function addresses(url: string, certificate: string | undefined): string {
  return [
    `OPENAI_REALTIME_URL=${url}`,
    ...(url.startsWith("wss:")
      ? [`OPENAI_BASE_URL=${url.replace(/^ws/, "http").replace(/\/realtime$/, "")}`]
      : []),
    ...(certificate === undefined ? [] : [`NODE_EXTRA_CA_CERTS=${certificate}`]),
  ].join("\n");
}

/** Resolves at the first SIGTERM or SIGINT. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    const signals = ["SIGTERM", "SIGINT"] as const;
    const listen = () => {
      for (const signal of signals) Deno.removeSignalListener(signal, listen);
      resolve();
    };
    for (const signal of signals) Deno.addSignalListener(signal, listen);
  });
}
