import type { CallControl } from "../../carrier/carrier.ts";
import { hangUpCalledOff, hangUpReplaced, isHangUpCalledOff } from "../../carrier/control_errors.ts";
import type { CallTimers } from "./call_timers.ts";
import type { ResponseRequest, ResponseSequencer } from "./response_sequencer.ts";

/** A goodbye that was cut off, and must be heard, is asked for so often again. */
const MAX_AGAIN = 2;

/** What a goodbye works with. */
export interface GoodbyeParts {
  sequencer: Pick<ResponseSequencer, "request" | "withdraw" | "askOnly">;
  timers: Pick<CallTimers, "leaving" | "staying">;
  control: Pick<CallControl, "hangUp">;
  isCallerSpeaking: () => boolean;
  /** True while the caller speaks into an answer that may go on yet: their words are waited for. */
  isInterruptionOpen: () => boolean;
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
  /** What follows once it was said. */
  #onSaid: (() => void)[] = [];
  /** Calls off what waits to hang up. */
  #calledOff: AbortController | undefined;
  #isFinal = false;
  #isSaid = false;
  /** The way out that was taken last does not end the call, but puts it through or presses keys. */
  #isElsewhere = false;
  /** Ways out that are being taken. */
  #leavingBy = 0;
  /** How often it was asked for anew, since it was cut off. */
  #again = 0;

  constructor(parts: GoodbyeParts) {
    this.#parts = parts;
  }

  /** True from the goodbye, or the wish to hang up, until the end, unless it is called off. */
  get isUnderWay(): boolean {
    return this.#request !== undefined || this.#calledOff !== undefined;
  }

  /** True while the call is about to be put somewhere, which the caller may welcome. */
  get isGoingElsewhere(): boolean {
    return this.#isElsewhere && this.#calledOff !== undefined && this.#request === undefined;
  }

  /** True while it is under way and nothing that the caller says changes that. */
  get isFinal(): boolean {
    return this.#isFinal;
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
    // The call would end in the middle of anything else.
    if (isFinal) this.#parts.sequencer.askOnly("goodbye");
    this.#parts.timers.leaving();
    if (!this.#request) this.#ask(line, () => this.hangUpAfterwards());
  }

  /**
   * Has the model say goodbye by `line`, for a hang-up that waits for it. Resolves when it was said, perhaps
   * not yet heard. Keeps to a goodbye that is already being said.
   * @throws {AppError} why it was called off
   */
  sayFirst(line: string, calledOff: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      calledOff.addEventListener("abort", () => reject(calledOff.reason), { once: true });
      this.#parts.timers.leaving();
      if (this.#isSaid) resolve();
      else if (this.#request) this.#onSaid.push(resolve);
      else this.#ask(line, resolve);
    });
  }

  #ask(line: string, onSaid: () => void): void {
    this.#onSaid = [onSaid];
    const { sequencer, isCallerSpeaking } = this.#parts;
    const request: ResponseRequest = {
      purpose: "goodbye",
      instructions: line,
      onDone: (status) => {
        const isWanted = this.#isFinal || !isCallerSpeaking();
        if (status === "cancelled" && isWanted && this.#again < MAX_AGAIN) {
          // OpenAI breaks off what it says when the caller speaks, or by itself, and this must be heard.
          this.#again++;
          return sequencer.request(request);
        }
        this.#isSaid = true;
        for (const follow of this.#onSaid.splice(0)) follow();
      },
    };
    this.#request = request;
    sequencer.request(request);
  }

  /**
   * Hangs up when everything said was heard.
   * @throws {AppError} `hang_up_called_off…` when the caller speaks before that, `hang_up_replaced` when the
   * call is put through instead
   */
  async hangUp(): Promise<void> {
    await this.leaveBy((calledOff) => this.#parts.control.hangUp(calledOff));
  }

  /**
   * Leaves the call by another way than a hang-up, which is called off in the same ways.
   * @param isElsewhere the call goes on somewhere
   * @throws {AppError} as {@link hangUp}, and what `exit` throws
   */
  async leaveBy(
    exit: (calledOff: AbortSignal) => Promise<void>,
    { isElsewhere = false }: { isElsewhere?: boolean } = {},
  ): Promise<void> {
    const { isCallerSpeaking, isInterruptionOpen } = this.#parts;
    if (isCallerSpeaking() && !isInterruptionOpen() && !this.#isFinal) throw hangUpCalledOff(true);
    this.#isElsewhere = isElsewhere;
    const calledOff = this.#calledOff ??= new AbortController();
    this.#leavingBy++;
    try {
      await exit(calledOff.signal);
    } catch (error) {
      if (this.#leavingBy === 1) this.#calledOff = undefined; // no other one is under way
      throw error;
    } finally {
      this.#leavingBy--;
    }
  }

  /** The same, when nobody waits for the result. */
  hangUpAfterwards(): void {
    this.hangUp().catch((error) => {
      if (!isHangUpCalledOff(error)) this.#parts.onHangUpFailed(error);
    });
  }

  /**
   * The caller is still there.
   * @param isAnswered they have spoken, which the model answers of its own accord. Default true
   */
  callOff(isAnswered: boolean = true): void {
    if (!this.#isFinal) this.#drop(hangUpCalledOff(isAnswered));
  }

  /** The caller is put through to somebody instead, however final the end was. */
  giveWay(): void {
    this.#isFinal = false;
    this.#parts.sequencer.askOnly(undefined);
    this.#drop(hangUpReplaced());
  }

  #drop(reason: Error): void {
    this.#onSaid = [];
    this.#calledOff?.abort(reason);
    this.#calledOff = undefined;
    if (!this.#request) return;
    this.#parts.sequencer.withdraw(this.#request);
    this.#request = undefined;
    this.#isSaid = false;
    this.#parts.timers.staying();
  }
}
