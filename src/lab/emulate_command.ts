import { echoAgent } from "./openai/agents/echo_agent.ts";
import { toneAgent } from "./openai/agents/tone_agent.ts";
import { EmulatedRealtimeApi } from "./openai/emulated_realtime_api.ts";
import { messageOf } from "../util/errors.ts";
import { EXIT, parseCommand } from "../cli/arguments.ts";

const HELP = `Usage: slimline emulate [options]

Runs a simulated OpenAI Realtime API on this machine, for development without a key. Any key is accepted.

  --port N      port to listen on (default 0: any free one)
  --agent NAME  echo: say back what was heard (default); tone: answer everything with a tone
  --seconds S   length of the tone (default 3)
  --speed X     how much faster than real time audio is made (default 8)

Ends on SIGTERM or SIGINT. Exit code: 0 good; 1 the port cannot be had; 2 wrong usage.`;

const FLAGS = {
  port: { type: "string", default: "0" },
  agent: { type: "string", default: "echo" },
  seconds: { type: "string", default: "3" },
  speed: { type: "string", default: "8" },
} as const;

/** The longest tone: all of it is held in memory. */
const MAX_SECONDS = 120;
const MAX_SPEED = 1000;

/** `slimline emulate`: a Realtime server without a model, until a signal ends it. */
export async function emulate(argv: string[]): Promise<number> {
  const parsed = parseCommand({ command: "emulate", args: argv, options: FLAGS }, HELP);
  if (typeof parsed === "number") return parsed;
  const { values } = parsed;
  const port = Number(values.port);
  const seconds = Number(values.seconds);
  const speed = Number(values.speed);
  const problems = [
    !/^\d{1,5}$/.test(values.port) || port > 65535
      ? `--port is ${JSON.stringify(values.port)}; a whole number from 0 to 65535 is wanted.`
      : undefined,
    values.agent !== "echo" && values.agent !== "tone"
      ? `--agent is ${JSON.stringify(values.agent)}; echo or tone is wanted.`
      : undefined,
    !(seconds > 0 && seconds <= MAX_SECONDS)
      ? `--seconds is ${JSON.stringify(values.seconds)}; a number above 0 and up to ${MAX_SECONDS} is wanted.`
      : undefined,
    !(speed > 0 && speed <= MAX_SPEED)
      ? `--speed is ${JSON.stringify(values.speed)}; a number above 0 and up to ${MAX_SPEED} is wanted.`
      : undefined,
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) {
    console.error(problems.map((problem) => `slimline emulate: ${problem}`).join("\n"));
    return EXIT.usage;
  }
  let emulator: EmulatedRealtimeApi;
  try {
    emulator = new EmulatedRealtimeApi({
      port,
      speed,
      agent: values.agent === "tone" ? toneAgent(seconds) : echoAgent(),
    });
  } catch (error) {
    console.error(`slimline emulate: cannot listen on port ${port}: ${messageOf(error)}`);
    return EXIT.failed;
  }
  const ended = signalled();
  console.log(`OPENAI_REALTIME_URL=${emulator.url}`);
  await ended;
  await emulator.stop();
  return EXIT.good;
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
