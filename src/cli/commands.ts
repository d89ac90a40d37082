import type { LoadTelephone } from "../app/lazy_telephone.ts";
import { didYouMean, EXIT } from "./arguments.ts";
import { VERSION, warnOfOldRuntime } from "./version.ts";

/** One command: what it is for, and the code behind it, which is loaded only when it runs. */
export interface Command {
  about: string;
  /** Runs with the arguments behind the command's name; resolves with the exit code. */
  load: (lent: Lent) => Promise<(argv: string[]) => Promise<number>>;
}

/** What commands are lent of the laboratory, which none of them imports. */
export interface Lent {
  /** Default: a server has none. */
  readonly telephone?: LoadTelephone;
}

/** Commands by their names. */
export type Commands = Readonly<Record<string, Command>>;

export const COMMANDS: Commands = {
  serve: { about: "answer calls (the default)", load: serveWith },
  init: {
    about: "make a business and .env, ready to run",
    load: async () => (await import("./init/init_command.ts")).init,
  },
  ingest: {
    about: "take documents into the knowledge of a business",
    load: async () => (await import("./ingest.ts")).ingest,
  },
  ask: {
    about: "show what callers of a business would be told",
    load: async () => (await import("./ask.ts")).ask,
  },
  tool: {
    about: "run one tool of a business as a call would",
    load: async () => (await import("./try_tool.ts")).tool,
  },
  records: {
    about: "write the records of calls out, as JSON Lines or CSV",
    load: async () => (await import("./records.ts")).records,
  },
  dial: {
    about: "call somebody through a running server",
    load: async () => (await import("./dial.ts")).dial,
  },
  calls: {
    about: "list, end, transfer and inform the live calls of a running server",
    load: async () => (await import("./steer_calls.ts")).calls,
  },
  doctor: {
    about: "tell whether calls can be taken, before the first one comes",
    load: async () => (await import("./doctor.ts")).doctor,
  },
  network: {
    about: "print the hosts that serve needs, for --allow-net= of Deno",
    load: async () => (await import("./named_hosts.ts")).network,
  },
  completion: {
    about: "print a script that completes commands and options in a shell",
    load: async () => (await import("./completion.ts")).completion,
  },
  healthcheck: {
    about: "exit 0 when the server on this machine is alive, for containers",
    load: async () => (await import("./healthcheck.ts")).healthcheck,
  },
};

/**
 * Runs the command that `argv` names. Resolves with the exit code: 0 good, 1 failed, 2 wrong usage or
 * configuration.
 *
 * @param more commands beside the server's own
 */
export async function run(argv: readonly string[], more: Commands = {}, lent: Lent = {}): Promise<number> {
  const commands = { ...COMMANDS, ...more };
  const [first = "serve", ...rest] = argv;
  if (first === "--version") {
    console.log(`slimline ${VERSION} (deno ${Deno.version.deno}, v8 ${Deno.version.v8})`);
    return EXIT.good;
  }
  if (first === "--help" || first === "-h" || first === "help") {
    console.log(helpText(commands));
    return EXIT.good;
  }
  const [name, args] = first.startsWith("-") ? ["serve", [...argv]] : [first, rest];
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    console.error(
      `There is no command "${name}".${didYouMean(name, Object.keys(commands))}\n\n${helpText(commands)}`,
    );
    return EXIT.usage;
  }
  warnOfOldRuntime();
  return await (await command.load(lent))(args);
}

async function serveWith({ telephone }: Lent): Promise<(argv: string[]) => Promise<number>> {
  const { serve } = await import("./serve.ts");
  return (argv) => serve(argv, telephone);
}

function helpText(commands: Commands): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  return [
    "slimline: answers telephone calls with a speech-to-speech AI",
    "",
    "Usage: slimline [COMMAND] [OPTIONS]",
    "",
    ...Object.entries(commands).map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`),
    "",
    "slimline COMMAND --help tells the options of a command, slimline --version what this is.",
  ].join("\n");
}
