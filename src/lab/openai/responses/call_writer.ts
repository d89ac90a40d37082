import type { AgentFunctionCall } from "../agent.ts";
import type { FunctionCallItem, ItemStatus } from "../items.ts";
import {
  closeItem,
  openItem,
  type OutputProgress,
  type OutputWriter,
  type ResponseContext,
} from "./output_item.ts";

/** Characters of the arguments in one delta event. */
const PIECE_CHARS = 8;

/**
 * A function call. `response.function_call_arguments.done` also comes for a call that is interrupted, with
 * whatever the arguments are by then, and its item is then `incomplete`.
 */
export class CallWriter implements OutputWriter {
  readonly item: FunctionCallItem;
  readonly #context: ResponseContext;
  readonly #outputIndex: number;
  readonly #arguments: string;
  readonly #durationMs: number;
  readonly #cut: { chars: number; holdMs?: number } | undefined;

  constructor(context: ResponseContext, call: AgentFunctionCall, outputIndex: number) {
    const { host, responseNumber } = context;
    this.#context = context;
    this.#outputIndex = outputIndex;
    this.#arguments = typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments);
    this.#durationMs = call.durationMs ?? 0;
    this.#cut = host.failures.ofResponse("cut_function_call", responseNumber);
    this.item = {
      id: host.newId("item"),
      object: "realtime.item",
      type: "function_call",
      status: "in_progress",
      name: call.name,
      call_id: call.callId ?? host.newId("call"),
      arguments: "",
    };
  }

  open(): void {
    openItem(this.#context, this.item, this.#outputIndex);
  }

  advance(elapsedMs: number): OutputProgress {
    const end = Math.min(this.#arguments.length, this.#cut?.chars ?? Infinity);
    const msPerChar = this.#durationMs / Math.max(1, this.#arguments.length);
    while (this.item.arguments.length < end && !this.#context.host.isOver) {
      const dueMs = this.item.arguments.length * msPerChar;
      if (dueMs > elapsedMs) return { dueMs };
      this.#sendPiece(end);
    }
    if (!this.#cut) return elapsedMs < this.#durationMs ? { dueMs: this.#durationMs } : "complete";
    const heldUntilMs = end * msPerChar + (this.#cut.holdMs ?? 0);
    return elapsedMs < heldUntilMs ? { dueMs: heldUntilMs } : "interrupted";
  }

  close(status: ItemStatus): void {
    const { host, responseId, responseNumber } = this.#context;
    this.item.status = status;
    const isDoubled = host.failures.ofResponse("duplicate_arguments_done", responseNumber) !== undefined;
    for (let i = 0; i < (isDoubled ? 2 : 1); i++) {
      host.emit({
        type: "response.function_call_arguments.done",
        response_id: responseId,
        item_id: this.item.id,
        output_index: this.#outputIndex,
        call_id: this.item.call_id,
        name: this.item.name,
        arguments: this.item.arguments,
      });
    }
    closeItem(this.#context, this.item, this.#outputIndex);
    if (status === "completed") host.reached({ on: "function_call", number: responseNumber });
  }

  sendLate(): void {}

  #sendPiece(end: number): void {
    const start = this.item.arguments.length;
    const delta = this.#arguments.slice(start, Math.min(end, start + PIECE_CHARS));
    this.item.arguments += delta;
    this.#context.host.emit({
      type: "response.function_call_arguments.delta",
      response_id: this.#context.responseId,
      item_id: this.item.id,
      output_index: this.#outputIndex,
      call_id: this.item.call_id,
      delta,
    });
  }
}
