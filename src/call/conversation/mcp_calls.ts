import type { ServerEvent } from "../../model/events.ts";
import { AppError } from "../../util/errors.ts";
import type { FunctionCall, Tool, ToolResult } from "../tools/tool.ts";

/** How long a call of an MCP server is waited for. OpenAI documents no limit of its own. */
export const MCP_TIMEOUT_MS = 30_000;

type Item = Extract<ServerEvent, { type: "response.output_item.done" }>["item"];
/** A conversation item that is a call of an MCP server. */
export type McpCallItem = Extract<Item, { type: "mcp_call" }>;

/** A call that is not over yet. */
interface OpenCall {
  /** Its arguments come only at its end. */
  readonly call: { -readonly [Key in keyof FunctionCall]: FunctionCall[Key] };
  readonly result: PromiseWithResolvers<ToolResult>;
  /** Its item is done, though without a result. */
  isItemDone: boolean;
  /** OpenAI has said that it is over, though not what came of it. */
  isOver: boolean;
}

/**
 * The calls that OpenAI makes of a business's MCP servers. It runs them by itself and puts their results into
 * the conversation, but lets nothing follow: when the response is done and its calls are over, in whichever
 * order, the client has to ask for the answer (OpenAI, "Realtime with tools"). So each is followed like a
 * function call that somebody else answers.
 */
export class McpCalls {
  readonly #follow: (call: FunctionCall, tool: Tool) => void;
  /** By item id. Bounded by the tool runner, which ends each of them. */
  readonly #open = new Map<string, OpenCall>();

  /**
   * @param follow waits for `tool`, and has {@link ended} told when it waits no longer, at once if it does
   * not wait at all
   */
  constructor(follow: (call: FunctionCall, tool: Tool) => void) {
    this.#follow = follow;
  }

  /** The model calls an MCP server. The item must not have been begun before. */
  began(item: McpCallItem, responseId: string): void {
    const open: OpenCall = {
      call: { callId: item.id, itemId: item.id, responseId, name: item.name, arguments: item.arguments },
      result: Promise.withResolvers(),
      isItemDone: false,
      isOver: false,
    };
    this.#open.set(item.id, open);
    this.#follow(open.call, {
      name: item.name,
      description: "",
      parameters: {},
      timeoutMs: MCP_TIMEOUT_MS,
      run: () => open.result.promise,
    });
  }

  /** The item of a call is done, which may be before the call is over. Other items change nothing. */
  itemDone({ id, arguments: args, output = null, error = null }: McpCallItem): void {
    const open = this.#open.get(id);
    if (!open) return;
    open.isItemDone = true;
    open.call.arguments = args;
    if (error) open.result.reject(new AppError("mcp_call_failed", error.message));
    else if (output !== null || open.isOver) open.result.resolve({ output, wantsResponse: true });
  }

  /** OpenAI says that a call is over; what came of it stands in its item, which comes before or after. */
  over(itemId: string): void {
    const open = this.#open.get(itemId);
    if (!open) return;
    open.isOver = true;
    if (open.isItemDone) open.result.resolve({ output: null, wantsResponse: true });
  }

  /** A response was cut off, and with it what it was calling. */
  cutOff(responseId: string): void {
    this.#fail("mcp_call_cut_off", "The call was cut off.", ({ call }) => call.responseId === responseId);
  }

  /** The session is gone: what comes of its calls will never be known. */
  sessionLost(): void {
    this.#fail(
      "mcp_call_lost",
      "The connection was lost during the call. It is not known whether it has done anything.",
    );
  }

  /** Nobody waits for a call any more. Returns true when it was one of an MCP server. */
  ended(callId: string): boolean {
    return this.#open.delete(callId);
  }

  #fail(code: string, message: string, isMeant: (open: OpenCall) => boolean = () => true): void {
    for (const open of this.#open.values()) {
      if (isMeant(open)) open.result.reject(new AppError(code, message));
    }
  }
}
