import type { Transcoder } from "../../audio/transcoder.ts";
import type { ClientEvent, ServerEvent } from "../../realtime/events.ts";
import { fromApi, RealtimeError } from "../../realtime/realtime_error.ts";
import type { RealtimeSession } from "../../realtime/realtime_session.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Clock } from "../../util/clock.ts";
import { AppError, messageOf } from "../../util/errors.ts";
import { BargeIn } from "./barge_in.ts";
import type { CallControl } from "../control/call_control.ts";
import type { CallInfo } from "../call_info.ts";
import { CallLimits } from "./call_limits.ts";
import type { Journal } from "../journal/journal.ts";
import { LINES, RESUME_LINES } from "./lines.ts";
import type { Playback } from "../playback/playback.ts";
import { type HeardItem, MAX_OPEN_ITEMS } from "../playback/playback_ledger.ts";
import { type OpenSession, RealtimeLink } from "./realtime_link.ts";
import { REQUEST_ID, type ResponseRequest, ResponseSequencer } from "./response_sequencer.ts";
import { instructionsOf, serverInterrupts } from "./session_request.ts";
import { RecentIds } from "../tools/recent_ids.ts";
import type { Tool } from "../tools/tool.ts";
import type { FunctionCall, ToolRun } from "../tools/tool_run.ts";
import { ToolRunner } from "../tools/tool_runner.ts";
import type { Transcript } from "../journal/transcript.ts";
import { historyOf } from "../journal/transcript_history.ts";
import type { Uplink } from "../uplink.ts";

/** Bytes of session audio in one millisecond: PCM16 at 24 kHz, or mu-law. */
const SESSION_BYTES_PER_MS = { pcm24k: 48, pcmu: 8 } as const;
/** Things to be told to the model that wait for a session. Older ones are dropped. */
const MAX_UNTOLD = 16;
/** After this many times the model owed an answer in a row, a new session is tried; after one more, the call is given up. */
const REPLACE_AT_ATTEMPT = 2;

/** What a conversation needs to go on in another stream. */
export interface SuspendedConversation {
  transcript: Transcript;
}

/** What a conversation works with. All of it belongs to the call, which also disposes of it. */
export interface ConversationParts {
  info: CallInfo;
  tools: readonly Tool[];
  clock: Clock;
  log: Log;
  transcoder: Transcoder;
  uplink: Uplink;
  playback: Playback;
  control: CallControl;
  openSession: OpenSession;
  /** The model cannot be had: the call must end with the fallback. */
  onGivenUp: (error: RealtimeError) => void;
  journal: Journal;
}

/**
 * The talk between caller and model: what OpenAI reports goes in, what is to be played, asked for and told comes out. Owns
 * the link to OpenAI and the state machines of a talk; each of those knows nothing of the others.
 */
export class Conversation implements Disposable {
  readonly #parts: ConversationParts;
  readonly #sequencer: ResponseSequencer;
  readonly #bargeIn: BargeIn;
  readonly #limits: CallLimits;
  readonly #tools: ToolRunner;
  readonly #link: RealtimeLink;
  readonly #untold: string[] = [];
  /** Running function calls that the present session asked for. Bounded by the runner. */
  readonly #askedHere = new Set<string>();
  /** Items whose audio came from the present session; no other session knows them. */
  #itemsHere = new RecentIds(MAX_OPEN_ITEMS);
  #itemId = "";
  #responseId = "";
  /** Session bytes of the item whose audio is coming in. */
  #itemBytes = 0;
  /** Some of that item was handed to Twilio. */
  #isItemSent = false;
  /** The response that greets, while the business wants it heard in full. */
  #protectedResponseId = "";
  #failedResponses = 0;
  #isCallerSpeaking = false;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    const { info, clock } = parts;
    const { business } = info;
    this.#sequencer = new ResponseSequencer((eventId, request) => this.#create(eventId, request));
    this.#bargeIn = new BargeIn(
      {
        unheardMs: () => parts.playback.unheardMs,
        activeResponseId: () => this.#sequencer.activeResponseId,
        isProtected: () => this.#isGreetingProtected(),
        silence: () => this.#silence(),
        cancel: (responseId) => this.#send({ type: "response.cancel", response_id: responseId }),
        heardOnly: (item) => this.#tellHeard(item),
      },
      clock,
      { minInterruptionMs: business.turns.minInterruptionMs, serverCancels: serverInterrupts(business) },
    );
    this.#limits = new CallLimits(business.time, clock, {
      onSilence: () => this.#sequencer.request({ purpose: "prompt", instructions: LINES.silence }),
      onLongSilence: () => this.leave(LINES.longSilence),
      onNearEnd: () => this.#sequencer.request({ purpose: "warning", instructions: LINES.nearEnd }),
      onEnd: () => this.leave(LINES.end),
      onOverdue: () => this.#cutShort(),
      onNoAnswer: (attempt) => this.#onNoAnswer(attempt),
      unheardMs: () => parts.playback.unheardMs,
    });
    this.#tools = new ToolRunner(
      parts.tools,
      { ...info, businessId: business.id, control: parts.control },
      clock,
      { fillerAfterMs: business.tools.fillerAfterMs },
      {
        onOutput: (call, output) => this.#onToolOutput(call, output),
        onSettled: (_responseId, wantsResponse) => {
          if (wantsResponse) this.#sequencer.request({ purpose: "continue" });
        },
        onSlow: () =>
          this.#sequencer.request({ purpose: "filler", instructions: business.tools.fillerInstructions }),
        onFinished: (run) => this.#onToolFinished(run),
      },
    );
    const opening = info.resume ? RESUME_LINES[info.resume] : business.greeting.instructions;
    if (opening) this.#sequencer.request({ purpose: "greeting", instructions: opening });
    this.#link = new RealtimeLink(parts.openSession, clock, {
      onUp: (session, isFirst) => this.#onUp(session, isFirst),
      onDown: (error) => this.#onDown(error),
      onGivenUp: (error) => parts.onGivenUp(error),
      onAudioDelta: (text, start, end, itemId, responseId) =>
        this.#onAudioDelta(text, start, end, itemId, responseId),
      onEvent: (event) => this.#onEvent(event),
      onError: (error, eventId) => this.#onError(error, eventId),
      isPause: () => this.#isPause(),
    });
  }

  /** Bytes handed to OpenAI's socket and not yet taken by the network. */
  get backlogBytes(): number {
    return this.#link.backlogBytes;
  }

  /** Tells the model something that happened, and lets it answer. Waits for a session when there is none. */
  tell(text: string): void {
    this.#limits.activity();
    if (this.#link.session) this.#tellNow(text);
    else this.#untold.push(text);
    if (this.#untold.length > MAX_UNTOLD) this.#untold.shift();
    this.#sequencer.request({ purpose: "continue" });
  }

  /** Keys that the caller pressed one after another. Without a session there is no need to tell: the history has them. */
  keysPressed(digits: string): void {
    this.#limits.activity();
    if (this.#link.session) this.#tellNow(`The caller pressed the keys ${[...digits].join(" ")}.`);
    this.#sequencer.request({ purpose: "continue" });
  }

  /** Cuts off whatever is said at present, and tells the model how much of it was heard. */
  hush(): void {
    this.#bargeIn.interruptNow();
  }

  /** Says goodbye by `line` and hangs up when it was heard. */
  leave(line: string): void {
    this.#limits.leaving();
    this.#sequencer.request({ purpose: "goodbye", instructions: line, onDone: () => this.#hangUp() });
  }

  [Symbol.dispose](): void {
    this.#bargeIn[Symbol.dispose]();
    this.#limits[Symbol.dispose]();
    this.#tools[Symbol.dispose]();
    this.#link[Symbol.dispose]();
  }

  #onUp(session: RealtimeSession, isFirst: boolean): void {
    const { journal, log, uplink } = this.#parts;
    log.info(isFirst ? "agent_ready" : "agent_back");
    this.#askedHere.clear();
    this.#itemsHere = new RecentIds(MAX_OPEN_ITEMS);
    this.#tools.sessionLost();
    for (const event of historyOf(journal.transcript.entries())) session.send(event);
    for (const text of this.#untold.splice(0)) this.#tellNow(text);
    uplink.attach(session);
    this.#sequencer.open();
  }

  #onDown(error: RealtimeError): void {
    this.#parts.log.warn("agent_down", { code: error.code, message: error.message });
    this.#parts.uplink.detach();
    this.#askedHere.clear();
    // What came of the answer is played; the rest of it never comes.
    this.#finishItem();
    this.#parts.journal.transcript.note("The connection to the model was lost, and made again.");
    const { activeResponseId, activeRequest } = this.#sequencer;
    this.#sequencer.close();
    const request = this.#handover(activeResponseId, activeRequest);
    if (request) this.#sequencer.request(request);
    this.#limits.excused();
    this.#isCallerSpeaking = false;
  }

  /** What the next session has to say so that the caller notices as little as possible of the change. */
  #handover(lostId: string | undefined, lost: ResponseRequest | undefined): ResponseRequest | undefined {
    if (lost?.purpose === "goodbye") return lost;
    if (this.#tools.running > 0) return undefined; // what the tool gives will be told
    if (lostId !== undefined && lostId === this.#responseId) {
      return { purpose: "handover", instructions: LINES.handover };
    }
    const repeat: ResponseRequest = { purpose: "handover", instructions: LINES.repeat };
    if (this.#isCallerSpeaking) return repeat;
    if (lost) return lost; // nobody has heard any of it
    const isOwed = lostId !== undefined || (this.#limits.isAnswerOwed && this.#sequencer.isIdle);
    if (!isOwed) return undefined;
    const turn = this.#parts.journal.transcript.entries().findLast(({ kind }) => kind === "user");
    return turn?.kind === "user" && turn.text ? { purpose: "continue" } : repeat;
  }

  #onAudioDelta(text: string, start: number, end: number, itemId: string, responseId: string): void {
    if (this.#bargeIn.isSilenced(responseId)) return;
    if (itemId !== this.#itemId) {
      this.#finishItem();
      this.#itemId = itemId;
      this.#responseId = responseId;
      this.#isItemSent = false;
      this.#itemsHere.add(itemId);
      this.#parts.journal.itemBegan(itemId, responseId);
    }
    this.#limits.answered();
    try {
      this.#itemBytes += this.#parts.transcoder.down(text, start, end, this.#play);
      if (!this.#isItemSent) this.#noteItemSent();
    } catch (error) {
      if (!(error instanceof AppError && error.code === "audio_bad_base64")) throw error;
      this.#parts.log.warn("bad_audio_delta", { item: itemId });
    }
  }

  #noteItemSent(): void {
    const playsAtMs = this.#parts.playback.startsAtMs(this.#itemId);
    if (playsAtMs === undefined) return; // it waits behind another answer
    this.#isItemSent = true;
    this.#parts.journal.itemSent(this.#responseId, playsAtMs);
  }

  readonly #play = (muLaw: Uint8Array): void =>
    this.#parts.playback.write(this.#itemId, this.#responseId, muLaw);

  /** The item is complete, or will never be: the tail that the filter holds is played, and its end gets a mark. */
  #finishItem(): void {
    if (!this.#itemId) return;
    this.#parts.transcoder.flushDown(this.#play);
    const modelMs = Math.floor(this.#itemBytes / SESSION_BYTES_PER_MS[this.#parts.transcoder.format]);
    this.#parts.playback.endItem(this.#itemId, modelMs);
    this.#itemId = "";
    this.#itemBytes = 0;
  }

  #onEvent(event: ServerEvent): void {
    this.#parts.journal.event(event);
    switch (event.type) {
      case "input_audio_buffer.speech_started":
        this.#isCallerSpeaking = true;
        this.#sequencer.callerStarted();
        this.#limits.callerStarted();
        return this.#bargeIn.speechStarted();
      case "input_audio_buffer.speech_stopped":
        this.#isCallerSpeaking = false;
        this.#limits.callerStopped();
        return this.#bargeIn.speechStopped();
      case "response.created":
        return this.#onResponseCreated(event.response);
      case "response.output_audio.done":
        if (event.item_id === this.#itemId) this.#finishItem();
        return;
      case "response.output_item.done":
        return this.#onItemDone(event);
      case "response.done":
        return this.#onResponseDone(event.response);
    }
  }

  /** A function call counts only here and only when completed: other events also come for calls that were cut off. */
  #onItemDone({ item, response_id }: Extract<ServerEvent, { type: "response.output_item.done" }>): void {
    if (item.type !== "function_call" || item.status !== "completed" || !item.call_id) return;
    this.#limits.answered();
    this.#askedHere.add(item.call_id);
    this.#tools.start({
      callId: item.call_id,
      itemId: item.id ?? "",
      responseId: response_id,
      name: item.name,
      arguments: item.arguments,
    });
  }

  #onToolOutput(call: FunctionCall, output: string): void {
    this.#limits.activity();
    if (!this.#askedHere.delete(call.callId)) {
      // A session that took over knows nothing of the call, and would refuse its output as such. One that is yet to come
      // finds it in the history.
      if (this.#link.session) this.#tellNow(`The result of ${call.name} is: ${output}`);
      return;
    }
    this.#send({
      type: "conversation.item.create",
      item: { type: "function_call_output", call_id: call.callId, output },
    });
  }

  #onToolFinished(run: ToolRun): void {
    const { outcome, durationMs, error } = run;
    this.#parts.journal.tool(run);
    this.#parts.log.info("tool_finished", {
      tool: run.call.name,
      outcome,
      durationMs: Math.round(durationMs),
      ...error !== undefined && { message: messageOf(error) },
    });
  }

  #onResponseCreated(response: { id?: string; metadata?: Record<string, string> | null }): void {
    const responseId = response.id ?? "";
    this.#sequencer.created(responseId, response.metadata?.[REQUEST_ID]);
    this.#limits.answerBegun();
    if (
      this.#sequencer.activeRequest?.purpose === "greeting" &&
      !this.#parts.info.business.greeting.isInterruptible
    ) {
      this.#protectedResponseId = responseId;
    }
    const { activeRequest } = this.#sequencer;
    // The greeting is for a caller who says hello first, too.
    if (this.#isCallerSpeaking && activeRequest && activeRequest.purpose !== "greeting") {
      this.#bargeIn.begunWhileSpeaking();
    }
  }

  #onResponseDone(response: Extract<ServerEvent, { type: "response.done" }>["response"]): void {
    const status = response.status ?? "completed";
    const request = this.#sequencer.activeRequest;
    this.#sequencer.done(response.id ?? "", status);
    this.#tools.responseDone(response.id ?? "");
    // One that was cancelled or failed is no answer: the next one is owed by the same measure.
    if (status === "completed" || status === "incomplete") this.#limits.answered();
    if (status !== "failed") {
      this.#failedResponses = 0;
      return;
    }
    const error = fromApi(response.status_details?.error ?? {});
    this.#parts.log.warn("response_failed", { code: error.code, message: error.message });
    this.#failedResponses++;
    if (error.kind === "fatal" || this.#failedResponses > 1) return this.#parts.onGivenUp(error);
    this.#sequencer.request(request ?? { purpose: "retry" });
  }

  #onError(error: RealtimeError, eventId: string | undefined): void {
    if (this.#sequencer.refused(error.code, eventId)) return;
    this.#parts.log.warn("realtime_error", { code: error.code, message: error.message, eventId });
  }

  #onNoAnswer(attempt: number): void {
    this.#parts.log.warn("no_answer", { attempt });
    const error = new RealtimeError("retryable", "model_silent", "The model did not answer in time.");
    if (attempt > REPLACE_AT_ATTEMPT) return this.#parts.onGivenUp(error);
    if (attempt === REPLACE_AT_ATTEMPT) return this.#link.replace(error);
    const active = this.#sequencer.activeResponseId;
    if (active !== undefined) this.#send({ type: "response.cancel", response_id: active });
    this.#sequencer.callerIgnored();
    this.#sequencer.request({ purpose: "retry" });
  }

  #silence(): HeardItem[] {
    this.#parts.transcoder.resetDown();
    this.#itemId = "";
    this.#itemBytes = 0;
    const cutOff = this.#parts.playback.interrupt();
    this.#parts.journal.interrupted(cutOff);
    return cutOff;
  }

  #tellHeard(item: HeardItem): void {
    if (!this.#itemsHere.has(item.itemId)) return; // of a session that is gone; the new one has the history as text
    if (item.heardMs === 0) return this.#send({ type: "conversation.item.delete", item_id: item.itemId });
    this.#send({
      type: "conversation.item.truncate",
      item_id: item.itemId,
      content_index: 0,
      audio_end_ms: item.heardMs,
    });
  }

  #isGreetingProtected(): boolean {
    const id = this.#protectedResponseId;
    return id !== "" && (this.#sequencer.activeResponseId === id || this.#parts.playback.isUnheard(id));
  }

  #isPause(): boolean {
    // An answer that is owed would be lost with its session.
    return !this.#limits.isAnswerOwed && this.#sequencer.isIdle && this.#tools.running === 0 &&
      !this.#isCallerSpeaking &&
      this.#parts.playback.unheardMs === 0;
  }

  #create(eventId: string, { instructions }: ResponseRequest): void {
    this.#limits.asked();
    this.#send({
      type: "response.create",
      event_id: eventId,
      response: {
        metadata: { [REQUEST_ID]: eventId },
        // A response's instructions take the place of the session's, so the session's go in front.
        ...instructions && {
          instructions: `${instructionsOf(this.#parts.info.business)}\n\n${instructions}`,
          tool_choice: "none",
        },
      },
    });
  }

  #tellNow(text: string): void {
    this.#send({
      type: "conversation.item.create",
      item: { type: "message", role: "user", content: [{ type: "input_text", text }] },
    });
  }

  /** Hangs up without waiting for what is still to be heard. */
  #cutShort(): void {
    this.hush();
    this.#hangUp();
  }

  #hangUp(): void {
    this.#parts.control.hangUp().catch((error) =>
      this.#parts.log.error("hang_up_failed", { message: String(error) })
    );
  }

  #send(event: ClientEvent): void {
    this.#link.session?.send(event);
  }
}
