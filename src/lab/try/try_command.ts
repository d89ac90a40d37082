import { loadConfig } from "../../config/config.ts";
import { readEnvironment } from "../../config/environment.ts";
import { failure, parseCommand } from "../../cli/arguments.ts";
import { runServer } from "../../cli/serve/run_server.ts";
import { configureLog } from "../../observability/log.ts";
import { SystemClock } from "../../util/system_clock.ts";
import { wholeFlag } from "../flags.ts";
import { loadAgent } from "../emulate/load_agent.ts";
import { EmulatedRealtimeApi } from "../openai/emulated_realtime_api.ts";
import { loadTelephone } from "../telephone/load_telephone.ts";
import { openInBrowser } from "./open_in_browser.ts";

const HELP = `Usage: slimline try [--business ID] [--emulated | --agent NAME] [--port N] [--no-open]

Talk to your agent by a browser's microphone, without a telephone and without any account. Starts the server with the
businesses of BUSINESSES, takes Twilio's part itself, and opens a page with a telephone. Where OPENAI_API_KEY is set, OpenAI
answers, which costs some cents a minute; else a simulated model says back what it hears.

  --business ID  whom to call at first (default the first one)
  --emulated     the simulated model, although there is a key
  --agent NAME   a simulated model that follows a script, and understands sentences that are typed: dentist, office or restaurant
                 for the example businesses, or a file (slimline emulate --help has its form)
  --port N       port to listen on (default PORT, or 8080, or any free one if that is taken)
  --no-open      print the page's address, and do not open it

Only this machine can use it, unless ADMIN_TOKEN is set: then HOST listens, and operators sign in. Keeps no records. Ends on
Ctrl-C. Exit code: 0 good; 1 it failed; 2 wrong usage or configuration.`;

const OPTIONS = {
  business: { type: "string" },
  emulated: { type: "boolean", default: false },
  agent: { type: "string" },
  port: { type: "string" },
  "no-open": { type: "boolean", default: false },
} as const;

/**
 * Where Twilio would believe the server to be. Nothing is ever sent there: signatures need a name, that is
 * all.
 */
const PUBLIC_URL = "https://try.slimline.invalid";
const LOOPBACK = "127.0.0.1";
/** Of what is said by the agent `tone`. */
const TONE_SECONDS = 3;
const SIMULATED_MODEL = "A simulated model, which says back what it hears";

/** `slimline try`: a server, its carrier and a telephone in the browser, on this machine. */
export async function tryOut(argv: string[]): Promise<number> {
  const parsed = parseCommand({ command: "try", args: argv, options: OPTIONS }, HELP);
  if (typeof parsed === "number") return parsed;
  try {
    return await run(parsed.values);
  } catch (error) {
    return failure(error, "slimline try: ");
  }
}

interface TryOptions {
  business: string | undefined;
  emulated: boolean;
  agent: string | undefined;
  port: string | undefined;
  "no-open": boolean;
}

async function run({ business, emulated, agent, port, "no-open": staysClosed }: TryOptions): Promise<number> {
  const env = readEnvironment();
  const isSimulated = emulated || agent !== undefined || !env.OPENAI_API_KEY;
  const loaded = agent === undefined ? {} : await loadAgent(agent, TONE_SECONDS);
  const clock = new SystemClock();
  await using emulator = isSimulated ? new EmulatedRealtimeApi({ clock, ...loaded }) : undefined;
  const simulated = agent === undefined ? SIMULATED_MODEL : `A simulated model, by the script ${agent}`;
  const isAlone = !env.ADMIN_TOKEN;
  const host = isAlone ? LOOPBACK : env.HOST || "0.0.0.0";
  const config = loadConfig({
    env: {
      ...env,
      HOST: host,
      PORT: String(port === undefined ? freePort(host, env.PORT) : wholeFlag("--port", port, 0, 65_535)),
      PUBLIC_URL,
      TWILIO_AUTH_TOKEN: crypto.randomUUID(),
      TWILIO_ACCOUNT_SID: undefined,
      LOG_LEVEL: env.LOG_LEVEL || "warn",
      ...emulator && { OPENAI_API_KEY: "none", OPENAI_REALTIME_URL: emulator.url },
    },
    isTerminal: Deno.stderr.isTerminal(),
  });
  configureLog(config.logLevel, config.logFormat);
  return await runServer(config, {
    keepsRecords: false,
    isOpenHere: isAlone,
    mayRun: !staysClosed,
    telephone: { load: loadTelephone, model: emulator && simulated, business },
    onListening: async (port) => {
      const query = business === undefined ? "" : `?business=${encodeURIComponent(business)}`;
      const page = `http://localhost:${port}/dashboard/telephone${query}`;
      console.log([
        emulator ? `${simulated}.` : `${config.realtimeModel} answers, at OpenAI's prices.`,
        `Talk to it here: ${page}`,
        "Ctrl-C ends it.",
      ].join("\n"));
      if (!staysClosed) await openInBrowser(page);
    },
  });
}

/** The port that is wanted, or 0 for any, where another server has that one. */
function freePort(hostname: string, wanted = "8080"): string {
  try {
    Deno.listen({ hostname, port: Number(wanted) }).close();
    return wanted;
  } catch (error) {
    return error instanceof Deno.errors.AddrInUse ? "0" : wanted; // the server says what else is wrong
  }
}
