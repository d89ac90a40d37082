import { escapeUnsafe } from "../observability/text_line.ts";
import type { LoadOptions } from "../config/config.ts";
import { readEnvironment } from "../config/environment.ts";
import type { CallSnapshot } from "../observability/reports/call_snapshot.ts";
import { didYouMean, EXIT, parseCommand, wrongUsage } from "./arguments.ts";
import { findServer, operatorRequest } from "./operator_request.ts";

const HELP = `Usage: slimline calls [ACTION] [OPTIONS]

Shows the live calls of a running server, or does something to one of them.

  list                     the live calls, oldest first, a line each (the default)
  end CALLSID              the agent says goodbye, and hangs up once that was heard
  transfer CALLSID TARGET  the caller is put through to a transfer target of the business, by its name
  tell CALLSID TEXT        the agent learns something, and tells the caller at once what of it concerns them

  --quiet                  with tell: the agent only bears it in mind
  --server URL             the running server; by default the one on this machine, at HOST and PORT

ADMIN_TOKEN from the environment is sent as bearer token, else what a server on this machine has put into DATA_DIR. Of a fleet,
the instance that has the call is asked, at its INSTANCE_URL, with that token if it has the same one. An action has begun when
the command ends; its call's record says what came of it. Exit codes: 0 done, 1 refused, 2 wrong usage.`;

const OPTIONS = { quiet: { type: "boolean", default: false }, server: { type: "string" } } as const;

/** How each action is written, and how many words follow it. */
const ACTIONS: Readonly<Record<string, { readonly form: string; readonly words: number }>> = {
  list: { form: "list", words: 0 },
  end: { form: "end CALLSID", words: 1 },
  transfer: { form: "transfer CALLSID TARGET", words: 2 },
  tell: { form: "tell CALLSID TEXT, with a text of several words in quotes", words: 2 },
};

/**
 * `slimline calls`: lists and steers the live calls of a running server.
 *
 * @param env values by variable name; default the process's
 */
export async function calls(argv: string[], env: LoadOptions["env"] = readEnvironment()): Promise<number> {
  const spec = { command: "calls", args: argv, options: OPTIONS, allowPositionals: true } as const;
  const parsed = parseCommand(spec, HELP);
  if (typeof parsed === "number") return parsed;
  const { values: { quiet, server }, positionals: [action = "list", ...words] } = parsed;
  if (!Object.hasOwn(ACTIONS, action)) {
    return wrongUsage("calls", `There is no action ${action}.${didYouMean(action, Object.keys(ACTIONS))}`);
  }
  if (words.length !== ACTIONS[action].words) {
    return wrongUsage("calls", `It is written ${ACTIONS[action].form}.`);
  }
  if (quiet && action !== "tell") return wrongUsage("calls", "--quiet goes with tell.");
  const running = await findServer("calls", server, env);
  if (typeof running === "number") return running;
  if (action === "list") {
    const listed = await operatorRequest(running, { path: "/calls" }, "The calls were not listed");
    if (typeof listed === "number") return listed;
    for (const call of (listed as { calls: CallSnapshot[] }).calls) console.log(escapeUnsafe(callLine(call)));
    return EXIT.good;
  }
  const [callSid, word] = words;
  const body = action === "tell"
    ? { text: word, say: !quiet }
    : action === "transfer"
    ? { target: word }
    : {};
  const path = `/calls/${encodeURIComponent(callSid)}/${action}`;
  const begun = await operatorRequest(running, { path, body }, `Nothing was done to ${callSid}`);
  return typeof begun === "number" ? begun : EXIT.good;
}

function callLine({ callSid, business, number, isOutbound, durationMs, state }: CallSnapshot): string {
  const seconds = Math.floor(durationMs / 1000);
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return [callSid, business, `${isOutbound ? "to" : "from"} ${number}`, time, state].join("  ");
}
