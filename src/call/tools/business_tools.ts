import type { BuiltInTool, Business } from "../../businesses/business.ts";
import type { GuardedRequests } from "../../egress/guarded_requests.ts";
import type { Clock } from "../../util/clock.ts";
import { AppError } from "../../util/errors.ts";
import { schemaProblem } from "../../util/json_schema.ts";
import { endCall, sendDtmf, transferCall } from "./control_tools.ts";
import { httpTool } from "./http_tool.ts";
import { takeMessage } from "./take_message.ts";
import type { Tool } from "./tool.ts";

const BUILT_IN: Readonly<Record<BuiltInTool, Tool>> = {
  end_call: endCall,
  send_dtmf: sendDtmf,
  take_message: takeMessage,
};

/** What OpenAI takes as the name of a function. */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * The tools that this program runs for a business; its MCP servers are called by OpenAI. All calls can share
 * them.
 *
 * @param requests what HTTP tools go out by
 * @param more tools from other parts of the program
 * @throws {AppError} `tool_bad_name` for a name that OpenAI would refuse, `tool_name_clash` when two tools
 *   share one, `tool_bad_schema` for parameters that are no JSON schema
 */
export function createTools(
  { id, tools, transfers }: Pick<Business, "id" | "tools" | "transfers">,
  clock: Clock,
  requests: GuardedRequests,
  more: readonly Tool[] = [],
): Tool[] {
  const all = [
    ...transfers.length > 0 ? [transferCall(transfers)] : [],
    ...tools.builtIn.map((name) => BUILT_IN[name]),
    ...tools.http.map((settings) => httpTool(settings, clock, requests)),
    ...more,
  ];
  checkToolNames(`Business ${id}`, all);
  for (const tool of all) checkToolSchema(`Business ${id}`, tool);
  return all;
}

/** @throws {AppError} `tool_bad_schema` for parameters that are no JSON schema */
export function checkToolSchema(
  owner: string,
  { name, parameters }: Pick<Tool, "name" | "parameters">,
): void {
  const problem = schemaProblem(parameters);
  if (problem === undefined) return;
  const message = `${owner}: the parameters of tool "${name}" must be a JSON schema, but ${problem}.`;
  throw new AppError("tool_bad_schema", message);
}

/**
 * @throws {AppError} `tool_bad_name` for a name that OpenAI would refuse, `tool_name_clash` when two tools
 * share one
 */
export function checkToolNames(owner: string, tools: readonly Pick<Tool, "name">[]): void {
  const names = new Set<string>();
  for (const { name } of tools) {
    if (!NAME.test(name)) {
      const wanted = "letters, digits, _ and -, at most 64";
      throw new AppError("tool_bad_name", `${owner}: a tool is called "${name}", but wanted are ${wanted}.`);
    }
    if (names.has(name)) throw new AppError("tool_name_clash", `${owner}: two tools are called "${name}".`);
    names.add(name);
  }
}
