import type { HeardAudio, Trigger } from "./agent.ts";
import { newId } from "./ids.ts";
import { errorBody, ProtocolError } from "./protocol_error.ts";
import { type ResponseParameters, responseRequest } from "./response_request.ts";
import { type ResponseEnd, ResponseRun } from "./response_run.ts";
import type { SessionContext } from "./session_context.ts";
import type { ResponseRecord } from "./session_record.ts";
import { inputTokens, type Tokens } from "./usage.ts";

/** What a response without instructions of its own answers. */
interface Cause {
  trigger: Trigger;
  heard?: HeardAudio;
  turn?: number;
}

const NOTHING_NEW: Cause = { trigger: "instructions" };

/** Makes the responses of a session: one at a time in the default conversation, any number outside of it. */
export class Responses {
  readonly records: ResponseRecord[] = [];
  readonly #context: SessionContext;
  readonly #startMs: number;
  readonly #onTurnAnswered: (turn: number) => void;
  readonly #running = new Set<ResponseRun>();
  #active: ResponseRun | undefined;
  #unanswered: Cause = NOTHING_NEW;
  #lastInput: Tokens = { text: 0, audio: 0 };

  /** @param onTurnAnswered told when the response that answers a turn is done */
  constructor(context: SessionContext, onTurnAnswered: (turn: number) => void) {
    this.#context = context;
    this.#startMs = context.clock.now();
    this.#onTurnAnswered = onTurnAnswered;
  }

  /** Notes what the next response will answer. */
  expect(cause: Cause): void {
    this.#unanswered = cause;
  }

  /** @throws {ProtocolError} `conversation_already_has_active_response` */
  create(given: ResponseParameters = {}): void {
    const isInConversation = given.conversation !== "none";
    if (isInConversation && this.#active) {
      throw new ProtocolError(
        "conversation_already_has_active_response",
        `Conversation already has an active response in progress: ${this.#active.id}. ` +
          "Wait until the response is finished before creating a new one.",
      );
    }
    const answersNew = isInConversation && given.instructions === undefined;
    const cause = answersNew ? this.#unanswered : NOTHING_NEW;
    if (answersNew) this.#unanswered = NOTHING_NEW;
    this.#run(given, cause);
  }

  /** @throws {ProtocolError} `response_cancel_not_active` */
  cancel(responseId: string | undefined): void {
    const run = responseId === undefined
      ? this.#active
      : [...this.#running].find(({ id }) => id === responseId);
    if (!run) {
      throw new ProtocolError("response_cancel_not_active", "Cancellation failed: no active response found");
    }
    run.end({ status: "cancelled", reason: "client_cancelled" });
  }

  /** The caller began to speak. */
  interrupt(): void {
    this.#active?.end({ status: "cancelled", reason: "turn_detected" });
  }

  /** The session is over. */
  stopAll(): void {
    for (const run of this.#running) run.stop();
    this.#running.clear();
    this.#active = undefined;
  }

  #run(given: ResponseParameters, cause: Cause): void {
    const context = this.#context;
    const request = responseRequest(context.config, given, cause);
    const record: ResponseRecord = {
      id: newId("resp"),
      number: this.records.length + 1,
      status: "in_progress",
      metadata: request.metadata,
      trigger: cause.trigger,
      instructions: request.instructions,
      startedAtMs: context.clock.now() - this.#startMs,
      audioMs: 0,
    };
    this.records.push(record);
    context.stats.responses.started++;
    const fixedChars = request.instructions.length + JSON.stringify(context.config.tools).length;
    const input = inputTokens(fixedChars, request.isInConversation ? context.conversation.live : []);
    const run: ResponseRun = new ResponseRun({
      context,
      request,
      record,
      input,
      cached: this.#lastInput,
      respond: () =>
        context.agent.respond({
          ...cause,
          conversation: context.conversation.live,
          instructions: request.instructions,
          metadata: request.metadata,
          config: context.config,
          sessionNumber: context.number,
          responseNumber: record.number,
        }),
      onEnd: (end) => this.#onEnd(run, record, end, cause.turn),
    });
    if (request.isInConversation) {
      this.#lastInput = input;
      this.#active = run;
    }
    this.#running.add(run);
    run.start();
  }

  #onEnd(run: ResponseRun, record: ResponseRecord, end: ResponseEnd, turn: number | undefined): void {
    const { clock, faults, perform } = this.#context;
    record.endedAtMs = clock.now() - this.#startMs;
    this.#running.delete(run);
    if (this.#active === run) this.#active = undefined;
    if (turn !== undefined) this.#onTurnAnswered(turn);
    perform(faults.at("response_done", record.number));
    if (end.status === "completed" && run.hasCalls) {
      perform(faults.at("function_call_pending", record.number));
    }
  }

  /** Answers a committed turn, as voice activity detection does; an answer in progress is an error event. */
  answer(cause: Cause): void {
    this.expect(cause);
    try {
      this.create();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#context.line.error(errorBody(error.code, error.message));
    }
  }
}
