/** One part of a message. Audio itself is never shown; its transcript is. */
export interface ContentPart {
  /** What it is, and whose. */
  type: "input_text" | "input_audio" | "input_image" | "output_text" | "output_audio";
  /** The text of a text part. */
  text?: string;
  /** The words of an audio part; null while they are not known. */
  transcript?: string | null;
}

/** How far an item has come; `incomplete` was interrupted. */
export type ItemStatus = "completed" | "incomplete" | "in_progress";

/** What most items have. */
export interface ItemBase {
  /** Its identifier, unique in its session. */
  id: string;
  /** Always the same. */
  object: "realtime.item";
  /** How far it has come. */
  status: ItemStatus;
}

/** Something that was said or written. */
export interface MessageItem extends ItemBase {
  /** Marks a message. */
  type: "message";
  /** Who said it. */
  role: "system" | "user" | "assistant";
  /** Its parts, in order. */
  content: ContentPart[];
}

/** A call of one of the client's functions. */
export interface FunctionCallItem extends ItemBase {
  /** Marks a call. */
  type: "function_call";
  /** The function. */
  name: string;
  /** What its output names. */
  call_id: string;
  /** A JSON text, cut when the call was interrupted. */
  arguments: string;
}

/** What the client's function returned. */
export interface FunctionCallOutputItem extends ItemBase {
  /** Marks an output. */
  type: "function_call_output";
  /** The call that it answers. */
  call_id: string;
  /** A text, mostly JSON. */
  output: string;
}

/** An answer of the client to an MCP server's request. Taken and not acted upon. */
export interface McpApprovalItem extends ItemBase {
  /** Marks an answer to a request for approval. */
  type: "mcp_approval_response";
  /** The request. */
  approval_request_id: string;
  /** Whether the call may be made. */
  approve: boolean;
}

/** A call of an MCP server, made by the API itself. It has no status. */
export interface EmulatedMcpCallItem {
  /** Its identifier, unique in its session. */
  id: string;
  /** Marks a call of an MCP server. */
  type: "mcp_call";
  /** `server_label` of the session's tool. */
  server_label: string;
  /** The tool of that server. */
  name: string;
  /** A JSON text. */
  arguments: string;
  /** The emulator asks for no approval. */
  approval_request_id: null;
  /** What came of it; null when it failed. */
  output: string | null;
  /** Why it failed; null when it did not. */
  error: { type: "tool_execution_error"; message: string } | null;
}

/** A tool of an MCP server. */
export interface McpTool {
  /** What it is called by. */
  name: string;
  /** What it does. */
  description?: string | null;
  /** A JSON schema of its arguments. */
  input_schema: unknown;
}

/** The tools that an MCP server offers. It has no status. */
export interface McpListToolsItem {
  /** Its identifier, unique in its session. */
  id: string;
  /** Marks a list of tools. */
  type: "mcp_list_tools";
  /** `server_label` of the session's tool. */
  server_label: string;
  /** Empty until the server has told them. */
  tools: McpTool[];
}

/** A conversation item as the API shows it. */
export type Item =
  | MessageItem
  | FunctionCallItem
  | FunctionCallOutputItem
  | McpApprovalItem
  | McpListToolsItem
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
    case "mcp_list_tools":
      return item.tools.map(({ name, description }) => `${name} ${description ?? ""}`).join(" ");
    case "mcp_approval_response":
      return "";
  }
}
