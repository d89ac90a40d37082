import type { ToolResult } from "./tool.ts";

/** What every tool gives that takes a way out of the call: the model has nothing to add, since nobody would hear it. */
export const LEFT: ToolResult = { output: { done: true }, wantsResponse: false };
