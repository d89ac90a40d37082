import type { AgentMcpCall } from "../agent.ts";
import type { EmulatedMcpCallItem } from "../items.ts";
import {
  closeItem,
  openItem,
  type OutputProgress,
  type OutputWriter,
  partPlace,
  type ResponseContext,
} from "./output_item.ts";

/**
 * A call of an MCP server, which the API makes by itself. What comes of it is put into the item, and no
 * answer follows: that is for the client to ask for (OpenAI, "Realtime with tools"). An interrupted call has
 * neither output nor error.
 */
export class McpCallWriter implements OutputWriter {
  readonly item: EmulatedMcpCallItem;
  readonly #context: ResponseContext;
  readonly #call: AgentMcpCall;
  readonly #outputIndex: number;
  #isCalling = false;

  constructor(context: ResponseContext, call: AgentMcpCall, outputIndex: number) {
    this.#context = context;
    this.#call = call;
    this.#outputIndex = outputIndex;
    this.item = {
      id: context.host.newId("item"),
      type: "mcp_call",
      server_label: call.serverLabel,
      name: call.name,
      arguments: "",
      approval_request_id: null,
      output: null,
      error: null,
    };
  }

  open(): void {
    openItem(this.#context, this.item, this.#outputIndex);
  }

  advance(elapsedMs: number): OutputProgress {
    if (!this.#isCalling) this.#begin();
    const { durationMs = 0, output } = this.#call;
    if (elapsedMs < durationMs) return { dueMs: durationMs };
    if (typeof output === "string") this.item.output = output;
    else this.item.error = { type: "tool_execution_error", message: output.error };
    return "complete";
  }

  close(): void {
    const { item } = this;
    if (item.output !== null) this.#emit("response.mcp_call.completed");
    else if (item.error !== null) this.#emit("response.mcp_call.failed");
    closeItem(this.#context, item, this.#outputIndex);
  }

  sendLate(): void {}

  #begin(): void {
    const { host } = this.#context;
    this.#isCalling = true;
    const text = JSON.stringify(this.#call.arguments ?? {});
    this.item.arguments = text;
    const { content_index: _, ...place } = partPlace(this.#context, this.item, this.#outputIndex);
    host.emit({ type: "response.mcp_call_arguments.delta", ...place, delta: text });
    host.emit({ type: "response.mcp_call_arguments.done", ...place, arguments: text });
    this.#emit("response.mcp_call.in_progress");
  }

  #emit(
    type: "response.mcp_call.in_progress" | "response.mcp_call.completed" | "response.mcp_call.failed",
  ): void {
    this.#context.host.emit({ type, item_id: this.item.id, output_index: this.#outputIndex });
  }
}
