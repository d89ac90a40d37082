import type { ToolResult } from "./tool.ts";

/** What every tool gives that takes a way out of the call: the model has nothing to add, since nobody would hear it. */
export const LEFT: ToolResult = { output: { done: true }, wantsResponse: false };

/**
 * How long a tool that acts on the call itself may take, in milliseconds. It first waits until the caller has heard what
 * was said, which takes as long as it takes to say; then come a few seconds of Twilio's REST API.
 */
export const CONTROL_TIMEOUT_MS = 60_000;
