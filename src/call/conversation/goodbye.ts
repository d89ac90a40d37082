import type { CallControl } from "../../carrier/carrier.ts";
import { hangUpCalledOff, hangUpReplaced, isHangUpCalledOff } from "../../carrier/control_errors.ts";
import type { CallTimers } from "./call_timers.ts";
import type { ResponseRequest, ResponseSequencer } from "./response_sequencer.ts";

/** What a goodbye works with. */
export interface GoodbyeParts {
  sequencer: Pick<ResponseSequencer, "request" | "withdraw">;
  timers: Pick<CallTimers, "leaving" | "staying">;
  control: Pick<CallControl, "hangUp">;
  isCallerSpeaking: () => boolean;
  onHangUpFailed: (error: unknown) => void;
}

/**
 * The end of a talk: a goodbye is said and heard, and then the call is hung up. A caller who speaks before
 * that wants to go on, which calls it off; unless the end is final, because the caller pressed a key for it
 * or the time is up.
 */
export class Goodbye {
  readonly #parts: GoodbyeParts;
  #request: ResponseRequest | undefined;
  /** Calls off what waits to hang up. */
  #calledOff: AbortController | undefined;
  #isFinal = false;
  #isSaid = false;

  constructor(parts: GoodbyeParts) {
    this.#parts = parts;
  }

  /** True from the goodbye, or the wish to hang up, until the end, unless it is called off. */
  get isUnderWay(): boolean {
    return this.#request !== undefined || this.#calledOff !== undefined;
  }

  /** True while the model has been asked for a goodbye that it has not said yet. */
  get isUnsaid(): boolean {
    return this.#request !== undefined && !this.#isSaid;
  }

  /**
   * Has the model say goodbye by `line`, and hangs up once it was heard. Keeps to a goodbye that is already
   * being said.
   */
  say(line: string, { isFinal }: { isFinal: boolean }): void {
    this.#isFinal ||= isFinal;
    this.#parts.timers.leaving();
    if (this.#request) return;
    this.#isSaid = false;
    const onDone = () => {
      this.#isSaid = true;
      this.hangUpAfterwards();
    };
    this.#request = { purpose: "goodbye", instructions: line, onDone };
    this.#parts.sequencer.request(this.#request);
  }

  /**
   * Hangs up when everything said was heard.
   * @throws {AppError} `hang_up_called_off` when the caller speaks before that, `hang_up_replaced` when the
   * call is put through instead
   */
  async hangUp(): Promise<void> {
    if (this.#parts.isCallerSpeaking() && !this.#isFinal) throw hangUpCalledOff();
    this.#calledOff ??= new AbortController();
    await this.#parts.control.hangUp(this.#calledOff.signal);
  }

  /** The same, when nobody waits for the result. */
  hangUpAfterwards(): void {
    this.hangUp().catch((error) => {
      if (!isHangUpCalledOff(error)) this.#parts.onHangUpFailed(error);
    });
  }

  /** The caller is still there. */
  callOff(): void {
    if (!this.#isFinal) this.#drop(hangUpCalledOff());
  }

  /** The caller is put through to somebody instead, however final the end was. */
  giveWay(): void {
    this.#isFinal = false;
    this.#drop(hangUpReplaced());
  }

  #drop(reason: Error): void {
    this.#calledOff?.abort(reason);
    this.#calledOff = undefined;
    if (!this.#request) return;
    this.#parts.sequencer.withdraw(this.#request);
    this.#request = undefined;
    this.#parts.timers.staying();
  }
}
