import type { ConversationItem, WireItem } from "./conversation_item.ts";
import {
  announceItem,
  concludeItem,
  type OutputItem,
  type OutputPlace,
  type Progress,
} from "./output_item.ts";

/** Characters of arguments in one delta. */
const DELTA_CHARS = 16;

/** What goes wrong with a call. */
export interface FunctionCallFaults {
  /** The arguments stop after so many characters, and the call is never complete. */
  cutAfterChars?: number;
  /** A cut call waits so long for an interruption, then ends as if there had been one. */
  holdMs: number;
  /** `arguments.done` comes twice. */
  isDoneTwice: boolean;
}

/** A function call. Its arguments go out at once, in pieces. */
export class FunctionCallOutput implements OutputItem {
  readonly #place: OutputPlace;
  readonly #arguments: string;
  readonly #faults: FunctionCallFaults;
  #sentChars = 0;
  #beganMs = 0;

  constructor(
    place: OutputPlace,
    args: string,
    readonly entry: ConversationItem,
    faults: FunctionCallFaults,
  ) {
    this.#place = place;
    this.#arguments = args;
    this.#faults = faults;
  }

  get item(): WireItem {
    return this.entry.item;
  }

  begin(nowMs: number): void {
    this.#beganMs = nowMs;
    announceItem(this.#place, this.item);
  }

  advance(nowMs: number): Progress {
    const endChars = this.#faults.cutAfterChars ?? this.#arguments.length;
    while (this.#sentChars < endChars) {
      const end = Math.min(endChars, this.#sentChars + DELTA_CHARS);
      this.#send("response.function_call_arguments.delta", {
        delta: this.#arguments.slice(this.#sentChars, end),
      });
      this.#sentChars = end;
    }
    if (this.#faults.cutAfterChars === undefined) return "sent";
    return nowMs - this.#beganMs >= this.#faults.holdMs ? "interrupted" : "going";
  }

  /** Also sent for a call that was cut: then with the JSON as far as it went (seen of the API). */
  finish(status: "completed" | "incomplete"): void {
    const args = this.#arguments.slice(0, this.#sentChars);
    const done = { name: this.item.name, arguments: args };
    this.#send("response.function_call_arguments.done", done);
    if (this.#faults.isDoneTwice) this.#send("response.function_call_arguments.done", done);
    this.item.status = status;
    this.item.arguments = args;
    concludeItem(this.#place, this.item);
  }

  #send(type: string, fields: Record<string, unknown>): void {
    const { context, responseId, outputIndex } = this.#place;
    context.line.send({
      type,
      response_id: responseId,
      item_id: this.item.id,
      output_index: outputIndex,
      call_id: this.item.call_id,
      ...fields,
    });
  }
}
