/** One part of a message. Audio itself is never shown; its transcript is. */
export interface ContentPart {
  type: "input_text" | "input_audio" | "input_image" | "output_text" | "output_audio";
  text?: string;
  transcript?: string | null;
}

export type ItemStatus = "completed" | "incomplete" | "in_progress";

interface ItemBase {
  id: string;
  object: "realtime.item";
  status: ItemStatus;
}

export interface MessageItem extends ItemBase {
  type: "message";
  role: "system" | "user" | "assistant";
  content: ContentPart[];
}

export interface FunctionCallItem extends ItemBase {
  type: "function_call";
  name: string;
  call_id: string;
  /** A JSON text, cut when the call was interrupted. */
  arguments: string;
}

export interface FunctionCallOutputItem extends ItemBase {
  type: "function_call_output";
  call_id: string;
  output: string;
}

/** An answer of the client to an MCP server's request. Taken and not acted upon. */
export interface McpApprovalItem extends ItemBase {
  type: "mcp_approval_response";
  approval_request_id: string;
  approve: boolean;
}

/** A call of an MCP server, made by the API itself. It has no status. */
export interface EmulatedMcpCallItem {
  id: string;
  type: "mcp_call";
  server_label: string;
  name: string;
  arguments: string;
  approval_request_id: null;
  output: string | null;
  error: { type: "tool_execution_error"; message: string } | null;
}

/** A conversation item as the API shows it. */
export type Item =
  | MessageItem
  | FunctionCallItem
  | FunctionCallOutputItem
  | McpApprovalItem
  | EmulatedMcpCallItem;

/** All the words of an item, for token counts and for tests. */
export function itemText(item: Item): string {
  switch (item.type) {
    case "message":
      return item.content.map((part) => part.text ?? part.transcript ?? "").join(" ");
    case "function_call":
      return item.name + item.arguments;
    case "function_call_output":
      return item.output;
    case "mcp_call":
      return item.name + item.arguments + (item.output ?? item.error?.message ?? "");
    case "mcp_approval_response":
      return "";
  }
}
