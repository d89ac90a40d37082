import { EXIT } from "./exit.ts";
import { VERSION, warnOfOldRuntime } from "./version.ts";

/** One command: what it is for, and the code behind it, which is loaded only when it runs. */
interface Command {
  about: string;
  /** Runs with the arguments behind the command's name; resolves with the exit code. */
  load: () => Promise<(argv: string[]) => Promise<number>>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    about: "answer calls (the default)",
    load: async () => (await import("./serve.ts")).serve,
  },
  demo: {
    about: "place one simulated call through this program, without any account",
    load: async () => (await import("./demo.ts")).demo,
  },
  call: {
    about: "place simulated calls against a running server",
    load: async () => {
      const [{ call }, { readFields }, { readEnvironment }] = await Promise.all([
        import("./call.ts"),
        import("../config/config.ts"),
        import("../config/environment.ts"),
      ]);
      const { port, publicUrl, twilioAuthToken: authToken, twilioAccountSid: accountSid, adminToken } =
        readFields(readEnvironment()).raw;
      return (argv) => call(argv, { port, publicUrl, authToken, accountSid, adminToken });
    },
  },
  capacity: {
    about: "measure how many calls this machine holds",
    load: async () => (await import("./capacity.ts")).capacity,
  },
  soak: {
    about: "hold calls for a long time and judge whether memory grows",
    load: async () => (await import("./soak.ts")).soak,
  },
  emulate: {
    about: "run a simulated Realtime API, for development without a key",
    load: async () => (await import("./emulate.ts")).emulate,
  },
  ingest: {
    about: "take documents into the knowledge of a business",
    load: async () => (await import("./ingest.ts")).ingestCommand,
  },
  ask: {
    about: "show what callers of a business would be told",
    load: async () => (await import("./ask.ts")).ask,
  },
  dial: {
    about: "call somebody through a running server",
    load: async () => (await import("./dial.ts")).dial,
  },
  doctor: {
    about: "tell whether calls can be taken, before the first one comes",
    load: async () => (await import("./doctor.ts")).doctor,
  },
  healthcheck: {
    about: "exit 0 when the server on this machine is alive, for containers",
    load: async () => (await import("./healthcheck.ts")).healthcheck,
  },
};

/** Runs the command that `argv` names. Resolves with the exit code: 0 good, 1 failed, 2 wrong usage or configuration. */
export async function run(argv: readonly string[]): Promise<number> {
  const [first = "serve", ...rest] = argv;
  if (first === "--version") {
    console.log(`slimline ${VERSION} (deno ${Deno.version.deno}, v8 ${Deno.version.v8})`);
    return EXIT.good;
  }
  if (first === "--help" || first === "-h" || first === "help") {
    console.log(helpText());
    return EXIT.good;
  }
  const [name, args] = first.startsWith("-") ? ["serve", [...argv]] : [first, rest];
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    console.error(`There is no command "${name}".\n\n${helpText()}`);
    return EXIT.usage;
  }
  warnOfOldRuntime();
  return await (await command.load())(args);
}

function helpText(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  return [
    "slimline: answers telephone calls with a speech-to-speech AI",
    "",
    "Usage: slimline [COMMAND] [OPTIONS]",
    "",
    ...Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`),
    "",
    "slimline COMMAND --help tells the options of a command, slimline --version what this is.",
  ].join("\n");
}
