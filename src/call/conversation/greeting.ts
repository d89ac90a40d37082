import type { CallInfo } from "../call_summary.ts";
import type { Playback } from "../playback/playback.ts";
import { RESUME_LINES } from "./instructions.ts";
import type { Purpose, ResponseRequest } from "./response_sequencer.ts";

/**
 * The first words of a stream: the greeting of a new call, a line for a call that has come back, or a message
 * for a machine.
 */
export class Greeting {
  readonly #info: CallInfo;
  /** The response that greets, while the business wants it heard in full. */
  #protectedId: string | undefined;

  constructor(info: CallInfo) {
    this.#info = info;
  }

  /** True when a message is left on an answering machine, after which the call ends. */
  get isToMachine(): boolean {
    return this.#info.resume === "answering_machine";
  }

  /**
   * What is to be said; undefined when the caller is to speak first. `hangUp` follows a message for a
   * machine.
   */
  request(hangUp: () => void): ResponseRequest | undefined {
    const { resume, business } = this.#info;
    const instructions = resume ? RESUME_LINES[resume] : business.greeting.instructions;
    if (!instructions) return undefined;
    return { purpose: "greeting", instructions, onDone: this.isToMachine ? hangUp : undefined };
  }

  /** A response has begun, which was asked for by `purpose`. */
  responseCreated(responseId: string, purpose: Purpose | undefined): void {
    if (purpose === "greeting" && !this.#info.business.greeting.isInterruptible) {
      this.#protectedId = responseId;
    }
  }

  /** True while a greeting that must not be interrupted is being made, or heard. */
  isProtected(activeResponseId: string | undefined, playback: Pick<Playback, "isUnheard">): boolean {
    const id = this.#protectedId;
    return id !== undefined && (activeResponseId === id || playback.isUnheard(id));
  }
}
