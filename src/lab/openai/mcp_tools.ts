import type { McpListToolsItem, McpTool } from "./items.ts";
import type { SessionConfig } from "./session_config.ts";
import type { SessionHost } from "./session_host.ts";

/** MCP servers of one session whose tools are listed; further ones are not. */
const MAX_SERVERS = 64;

/** Lists the tools of a session's MCP servers, each once, as the API does when an update names one. */
export class McpToolLists {
  readonly #host: SessionHost;
  readonly #listed = new Set<string>();

  constructor(host: SessionHost) {
    this.#host = host;
  }

  /** The session has this configuration now. */
  configured({ tools }: SessionConfig): void {
    for (const tool of tools) {
      const label = tool.server_label;
      if (tool.type !== "mcp" || typeof label !== "string") continue;
      if (this.#listed.has(label) || this.#listed.size >= MAX_SERVERS) continue;
      this.#listed.add(label);
      this.#list(label);
    }
  }

  /** No server is asked: the agent says what tools there are. */
  #list(label: string): void {
    const { agent, conversation } = this.#host;
    const found = agent.mcpTools ? agent.mcpTools(label) : [];
    const tools: McpTool[] = found === "unreachable" ? [] : found.map((tool) => ({ ...tool }));
    const item: McpListToolsItem = {
      id: this.#host.newId("item"),
      type: "mcp_list_tools",
      server_label: label,
      tools: [],
    };
    this.#host.emit({ type: "mcp_list_tools.in_progress", item_id: item.id });
    const previous_item_id = conversation.lastId;
    conversation.add(item);
    this.#host.emit({ type: "conversation.item.added", previous_item_id, item });
    if (found === "unreachable") {
      return this.#host.emit({ type: "mcp_list_tools.failed", item_id: item.id });
    }
    item.tools = tools;
    this.#host.emit({ type: "mcp_list_tools.completed", item_id: item.id });
    this.#host.emit({ type: "conversation.item.done", previous_item_id, item });
  }
}
