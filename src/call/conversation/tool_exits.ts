import type { Business, TransferTarget } from "../../businesses/business.ts";
import type { CallControl, CallExit } from "../../carrier/carrier.ts";
import { hangUpBesideQuestion, hangUpTooEarly } from "../../carrier/control_errors.ts";
import type { Log } from "../../observability/log.ts";
import type { Journal } from "../journal/journal.ts";
import type { Playback } from "../playback/playback.ts";
import type { TakenMessage, ToolControl, ToolRun } from "../tools/tool.ts";
import type { AnswerAudio } from "./answer_audio.ts";
import { isQuestion, saysGoodbye } from "./backchannels.ts";
import type { Goodbye } from "./goodbye.ts";
import { aloud, LINES } from "./instructions.ts";
import type { ResponseSequencer } from "./response_sequencer.ts";

/** What ways out of a call are taken with. */
export interface ToolExitParts {
  business: Pick<Business, "language">;
  control: Pick<CallControl, "exit" | "transfer" | "sendDigits" | "hangUp">;
  goodbye: Pick<Goodbye, "leaveBy" | "sayFirst">;
  answer: Pick<AnswerAudio, "hasAnswered">;
  sequencer: Pick<ResponseSequencer, "isUnconfirmed">;
  playback: Pick<Playback, "unheardMs">;
  journal: Pick<Journal, "transcript" | "messageTaken">;
  log: Log;
  /** Resolves once no tool is at work but those that leave the call. */
  othersDone: () => Promise<void>;
  /** The response whose tool is leaving the call now. */
  leavingIn: () => string | undefined;
}

/** Results that the model has not seen. There are no more than tools that may run at a time. */
interface Unseen {
  readonly responseId: string;
  /** The caller must hear of it: it failed, or came when nothing more was to be heard. */
  readonly isNews: boolean;
}

/**
 * What tools can do about the call. The caller is not left behind: a way out waits for the tools that are at
 * work, since they would end with the stream; a hang-up is called off when one of them has given what the
 * caller does not know; and it is not done without a goodbye.
 */
export class ToolExits implements ToolControl {
  readonly #parts: ToolExitParts;
  #unseen: Unseen[] = [];
  /** What a response has written in place of saying it. */
  #written = { responseId: "", text: "" };

  constructor(parts: ToolExitParts) {
    this.#parts = parts;
  }

  get exit(): CallExit | undefined {
    return this.#parts.control.exit;
  }

  /** A tool is over. */
  finished({ call, outcome }: ToolRun): void {
    const isNews = outcome !== "done" || this.#parts.playback.unheardMs === 0;
    this.#unseen.push({ responseId: call.responseId, isNews });
  }

  /** The model begins a response, with all that tools have given in view. */
  resultsSeen(): void {
    this.#unseen = [];
  }

  /** A response is over. `text`: what it has written in place of saying it. */
  wrote(responseId: string, text: string): void {
    this.#written = { responseId, text };
  }

  hangUp(): Promise<void> {
    const { goodbye, control, sequencer, leavingIn } = this.#parts;
    return goodbye.leaveBy(async (calledOff) => {
      const responseId = leavingIn();
      await this.#othersDone(calledOff);
      if (this.#unseen.some((result) => result.isNews || result.responseId !== responseId)) {
        throw hangUpTooEarly(sequencer.isUnconfirmed);
      }
      if (this.#hasAsked) throw hangUpBesideQuestion();
      const line = this.#lineOwed(responseId);
      if (line !== undefined) await goodbye.sayFirst(line, calledOff);
      await control.hangUp(calledOff);
    });
  }

  transfer(target: TransferTarget): Promise<void> {
    return this.#parts.goodbye.leaveBy(async (calledOff) => {
      await this.#othersDone(calledOff);
      await this.#parts.control.transfer(target, calledOff);
    }, { isElsewhere: true });
  }

  sendDigits(digits: string): Promise<void> {
    return this.#parts.goodbye.leaveBy(async (calledOff) => {
      await this.#othersDone(calledOff);
      await this.#parts.control.sendDigits(digits, calledOff);
    }, { isElsewhere: true });
  }

  takeMessage(message: TakenMessage): void {
    const { callerName, number, text } = message;
    this.#parts.journal.messageTaken(message);
    this.#parts.log.info("message_taken", { name: callerName, number, words: text });
  }

  async #othersDone(calledOff: AbortSignal): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    const callOff = () => reject(calledOff.reason);
    calledOff.addEventListener("abort", callOff);
    try {
      await Promise.race([this.#parts.othersDone(), promise]);
    } finally {
      calledOff.removeEventListener("abort", callOff);
    }
  }

  /** The model has asked something since the caller spoke, and has not taken leave. */
  get #hasAsked(): boolean {
    const { answer, journal, business } = this.#parts;
    const last = journal.transcript.lastAnswer;
    return answer.hasAnswered && isQuestion(last) && !saysGoodbye(last, business.language);
  }

  /** The goodbye that the caller has not heard; undefined when there was one. */
  #lineOwed(responseId: string | undefined): string | undefined {
    const { answer, journal, business } = this.#parts;
    if (answer.hasAnswered || saysGoodbye(journal.transcript.lastAnswer, business.language)) return undefined;
    const { text } = this.#written;
    return text !== "" && this.#written.responseId === responseId ? aloud(text) : LINES.farewell;
  }
}
