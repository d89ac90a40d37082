/** A part of a message, in the API's words. Audio itself is never part of it. */
export interface ContentPart {
  type: "input_text" | "input_audio" | "input_image" | "output_text" | "output_audio";
  text?: string;
  transcript?: string | null;
}

/** An item as the API shows it. */
export interface WireItem {
  id: string;
  object: "realtime.item";
  type: string;
  status?: "in_progress" | "completed" | "incomplete";
  role?: "system" | "user" | "assistant";
  content?: ContentPart[];
  name?: string;
  call_id?: string;
  arguments?: string;
  output?: string;
  [field: string]: unknown;
}

/** An item of the conversation, and what became of it. Kept when it is deleted, for tests. */
export interface ConversationItem {
  readonly id: string;
  readonly item: WireItem;
  /** The response that made it; undefined for what the user or the client put in. */
  readonly responseId?: string;
  /** Audio that the agent made for it, or that the user said, in milliseconds. */
  audioMs: number;
  /** Audio of it that was sent to the client so far, in milliseconds. 0 for user items. */
  sentMs: number;
  /** Where the client cut it, in milliseconds. */
  truncatedAtMs?: number;
  isDeleted: boolean;
}
