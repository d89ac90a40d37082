import { escapeLines } from "../observability/text_line.ts";
import { type ToolStep, type ToolTrial, TrialTools } from "../app/run_tool.ts";
import type { Business } from "../businesses/business.ts";
import type { LoadOptions } from "../config/config.ts";
import { readEnvironment, readVariable } from "../config/environment.ts";
import { reasonOf } from "../util/errors.ts";
import { didYouMean, EXIT, failure, parseCommand, wrongUsage } from "./arguments.ts";
import { setUp } from "./knowledge_setup.ts";

const HELP = `Usage: slimline tool BUSINESS [NAME] ['{"ARGUMENT": "VALUE"}'] [--from NUMBER] [--json]

Runs one tool of a business as a call would: the arguments are checked, a service is really asked, the time-out counts, and the
model would get what is shown. Without a NAME, lists the tools. What would act on the call, such as a transfer, is told and not
done; nothing is kept.

  --from NUMBER  who calls (default +15550100001)
  --json         the run as JSON

Exit codes: 0 the tool gave an answer, 1 it failed or was refused, 2 wrong usage or configuration.`;

const OPTIONS = {
  from: { type: "string", default: "+15550100001" },
  json: { type: "boolean", default: false },
} as const;

/**
 * `slimline tool`: runs one tool without a call.
 *
 * @param env values by variable name; default the process's
 */
export async function tool(argv: string[], env: LoadOptions["env"] = readEnvironment()): Promise<number> {
  const spec = { command: "tool", args: argv, options: OPTIONS, allowPositionals: true } as const;
  const parsed = parseCommand(spec, HELP);
  if (typeof parsed === "number") return parsed;
  const [businessId, name, args = "{}", ...more] = parsed.positionals;
  if (businessId === undefined) return wrongUsage("tool", "The business is missing.");
  if (more.length > 0) {
    return wrongUsage("tool", `${JSON.stringify(more[0])} is one too many: put the arguments in quotes.`);
  }
  const { from, json } = parsed.values;
  try {
    await using setup = await setUp(businessId, env, readVariable);
    const { business, services, config } = setup;
    const trials = new TrialTools(business, services, config.privateHosts ?? []);
    if (name === undefined) {
      for (const line of describeTools(trials, business)) console.log(escapeLines(line));
      return EXIT.good;
    }
    const unknown = problemOf(name, trials, business);
    if (unknown !== undefined) return wrongUsage("tool", unknown);
    const trial = await trials.run(name, args, { from, to: business.numbers[0] ?? "" });
    if (json) console.log(escapeLines(JSON.stringify(toJson(trial), undefined, 2)));
    else for (const line of describeTrial(trial, business)) console.log(escapeLines(line));
    return trial.run.outcome === "done" ? EXIT.good : EXIT.failed;
  } catch (error) {
    return failure(error, "slimline tool: ");
  }
}

/** Why there is no tool of this name to run; undefined where there is one. */
function problemOf(
  name: string,
  { tools }: TrialTools,
  { id, tools: { mcp } }: Business,
): string | undefined {
  const names = tools.map((each) => each.name);
  if (names.includes(name)) return undefined;
  const known = names.length > 0 ? `It has ${names.join(", ")}.` : "It has none.";
  const servers = mcp.map(({ server_label }) => server_label).join(", ");
  const hint = servers === ""
    ? ""
    : ` Tools of its MCP servers (${servers}) are called by OpenAI, not from here.`;
  return `${id} has no tool "${name}".${didYouMean(name, names)} ${known}${hint}`;
}

function* describeTools({ tools }: TrialTools, { id, tools: { mcp } }: Business): Generator<string> {
  if (tools.length === 0) yield `${id} has no tools of its own.`;
  for (const { name, description, parameters } of tools) {
    const properties = Object.keys((parameters.properties ?? {}) as object);
    const required = (parameters.required ?? []) as string[];
    const shown = properties.map((each) => required.includes(each) ? each : `[${each}]`).join(" ");
    yield `${name}  ${shown}`.trimEnd();
    yield `  ${description.split("\n")[0]}`;
  }
  for (const { server_label } of mcp) yield `${server_label}  (an MCP server, which OpenAI calls)`;
}

function* describeTrial({ run, timeoutMs, steps }: ToolTrial, business: Business): Generator<string> {
  const secret = business.tools.http.find(({ name }) => name === run.call.name)?.headers ?? {};
  for (const step of steps) yield* describeStep(step, Object.keys(secret));
  yield row("outcome", run.outcome);
  yield row("model", run.output === "" ? "(nothing)" : run.output);
  yield row("time", `${Math.round(run.durationMs)} ms of ${timeoutMs} ms`);
}

function* describeStep(step: ToolStep, secretHeaders: readonly string[]): Generator<string> {
  if (step.step === "control") return yield row("call", `${step.what} (not done: there is no call)`);
  if (step.step === "slow") {
    return yield row("slow", `after ${step.afterMs} ms the caller would hear that it takes a moment`);
  }
  const { post, answer, error, tookMs } = step;
  yield row("request", `POST ${post.url}`);
  const secrets = secretHeaders.map((name) => name.toLowerCase());
  for (const [name, value] of Object.entries(post.headers)) {
    yield row("", `${name}: ${secrets.includes(name) ? "(as the business has it)" : value}`);
  }
  yield row("", post.body);
  const took = `after ${Math.round(tookMs)} ms`;
  if (!answer) return yield row("answer", `none ${took}: ${reasonOf(error)}`);
  yield row("answer", `${answer.status} ${took}`);
  if (answer.text !== "") yield row("", answer.text + (answer.isCut ? " …" : ""));
}

function row(name: string, value: string): string {
  return name.padEnd(9) + value.replaceAll("\n", `\n${" ".repeat(9)}`);
}

function toJson({ run, timeoutMs, steps }: ToolTrial): unknown {
  return {
    tool: run.call.name,
    outcome: run.outcome,
    output: run.output,
    durationMs: Math.round(run.durationMs),
    timeoutMs,
    steps: steps.map((step) =>
      step.step === "request"
        ? {
          step: "request",
          url: step.post.url,
          body: step.post.body,
          status: step.answer?.status ?? null,
          answer: step.answer?.text ?? null,
          ...(step.answer ? {} : { error: reasonOf(step.error) }),
          tookMs: Math.round(step.tookMs),
        }
        : step
    ),
  };
}
