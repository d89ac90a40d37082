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

/** A conversation item as the API shows it. */
export type Item = MessageItem | FunctionCallItem | FunctionCallOutputItem | McpApprovalItem;

/** All the words of an item, for token counts and for tests. */
export function textOf(item: Item): string {
  switch (item.type) {
    case "message":
      return item.content.map((part) => part.text ?? part.transcript ?? "").join(" ");
    case "function_call":
      return item.name + item.arguments;
    case "function_call_output":
      return item.output;
    case "mcp_approval_response":
      return "";
  }
}
