import type { ServerEvent } from "../../model/events.ts";
import type { ModelSession } from "../../model/model.ts";
import { fromApi, type RealtimeError } from "../../model/realtime_error.ts";
import { RecentIds } from "../../util/recent_ids.ts";
import { historyEvents } from "../journal/transcript_history.ts";
import { asksForMoment, isBackchannel, isFarewell, saysGoodbye } from "./backchannels.ts";
import { callContext } from "./call_context.ts";
import { cancelEventId, itemDelete, TURNS_OFF } from "./client_events.ts";
import type { ConversationMachines } from "./conversation_machines.ts";
import { requestAfterLoss, wasFoundOutLate } from "./handover.ts";
import { ENDED_EARLY } from "./instructions.ts";
import type { LinkHandler } from "./realtime_link.ts";
import { REQUEST_ID, type ResponseRequest } from "./response_sequencer.ts";
import { RepeatedWords } from "./repeated_words.ts";
import { hasWords } from "./transcribed_words.ts";
import { callsIn, hasCutCall, hasCutItem, joined, writtenIn } from "./written_text.ts";

type ResponseDone = Extract<ServerEvent, { type: "response.done" }>["response"];

/** Responses, beginnings and ends of turns remembered as told. */
const MAX_OVER = 128;

/** Errors of the model's that a call tells of. A model that sends one after another would fill the log. */
export const MAX_TOLD_ERRORS = 20;

/** Items that nobody hears, until their responses are over. One answer has no more than a few. */
const MAX_UNHEARD = 16;

/** What the model reports of a conversation, session by session: tells each state machine its part of it. */
export class ConversationEvents implements LinkHandler {
  readonly #machines: ConversationMachines;
  /** Responses that are over, and turns that began or ended: whatever says so again is no news. */
  #over = new RecentIds(MAX_OVER);
  /** Items of which no audio was played, since the caller had spoken by then; and their responses. */
  readonly #unheard = new Map<string, string>();
  readonly #repeated = new RepeatedWords();
  /** Errors that were told of. */
  #errors = 0;
  /** The agent had said goodbye when the caller's last turn began; and the caller has said it back. */
  #leave = { wasTaken: false, isReturned: false };

  constructor(machines: ConversationMachines) {
    this.#machines = machines;
  }

  get isOwing(): boolean {
    const { sequencer, functions } = this.#machines;
    return !sequencer.isIdle || functions.running > 0;
  }

  get isPaused(): boolean {
    const { parts, timers, turn } = this.#machines;
    // An answer that is awaited would be lost with its session.
    return !timers.answer.isAwaiting && !this.isOwing && !turn.isSpeaking && parts.playback.unheardMs === 0;
  }

  onUp(session: ModelSession, isFirst: boolean): void {
    const { parts, answer, interruption, owedWords, functions, greeting, items, sequencer } = this.#machines;
    const { clock, info, journal, log, uplink } = parts;
    log.info(isFirst ? "agent_ready" : "agent_back");
    this.#over = new RecentIds(MAX_OVER);
    this.#unheard.clear();
    journal.sessionReady();
    answer.sessionBegan();
    interruption.sessionBegan();
    owedWords.clear();
    functions.sessionBegan();
    if (greeting.isToMachine) session.send(TURNS_OFF); // its beep is no turn, and interrupts nothing
    const context = callContext(info, clock.epoch());
    if (context) session.send(context); // first: what comes later may say otherwise
    for (const event of historyEvents(journal.transcript.entries())) session.send(event);
    items.attach(session);
    uplink.attach(session);
    sequencer.open();
  }

  onDown(error: RealtimeError): void {
    const { parts, items, functions, answer, sequencer, turn, timers, goodbye, interruption } =
      this.#machines;
    const { journal, log, uplink } = parts;
    log.warn("agent_down", { code: error.code, message: error.message });
    uplink.detach();
    items.detach();
    functions.sessionLost();
    interruption.sessionLost();
    // What came of the answer is played; the rest of it never comes.
    answer.finish();
    journal.sessionLost(error.code);
    const { activeResponseId, activeRequest } = sequencer;
    sequencer.close();
    const request = requestAfterLoss({
      responseId: activeResponseId,
      request: activeRequest,
      heardResponseId: answer.responseId,
      runningTools: functions.running,
      isCallerSpeaking: turn.isSpeaking,
      isAnswerOwed: timers.answer.isAwaiting && sequencer.isIdle,
      lastWords: journal.transcript.wordsOf(turn.lastId),
      isUnheard: wasFoundOutLate(error) && sequencer.isIdle && !goodbye.isUnderWay,
    });
    if (request) sequencer.request(request);
    turn.lost();
  }

  onUnavailable(error: RealtimeError): void {
    this.#machines.parts.onUnavailable(error);
  }

  onAudioDelta(text: string, start: number, end: number, itemId: string, responseId: string): void {
    if (start === end) return; // nothing to be heard
    const { parts, bargeIn, interruption, timers, answer, greeting } = this.#machines;
    if (bargeIn.isSilenced(responseId) && !interruption.takes(itemId)) {
      return this.#noteUnheard(itemId, responseId);
    }
    interruption.audioBegins(responseId);
    if (greeting.isOwed) greeting.audioBegins(responseId, parts.clock.now());
    timers.answer.output();
    answer.delta(text, start, end, itemId, responseId);
  }

  /** What nobody hears of an answer is no part of the talk. An item that was heard in part ends there. */
  #noteUnheard(itemId: string, responseId: string): void {
    const { answer, interruption } = this.#machines;
    if (answer.isOfThisSession(itemId) || interruption.isRefused(responseId)) return;
    if (this.#unheard.size < MAX_UNHEARD) this.#unheard.set(itemId, responseId);
  }

  #forgetUnheard(responseId: string): void {
    for (const [itemId, id] of this.#unheard) {
      if (id !== responseId) continue;
      this.#unheard.delete(itemId);
      this.#machines.link.session?.send(itemDelete(itemId));
    }
  }

  onEvent(event: ServerEvent): void {
    const { parts, owedWords, interruption, functions, timers, owed, turn, sequencer, answer } =
      this.#machines;
    if (this.#isRepeated(event)) return;
    parts.journal.event(event);
    owedWords.event(event);
    const isRefused = "response_id" in event && interruption.isRefused(event.response_id);
    if (!isRefused && functions.event(event)) {
      timers.answer.complete();
      if ("response_id" in event) owed.called(event.response_id);
    }
    switch (event.type) {
      case "input_audio_buffer.timeout_triggered":
        return timers.machineTalks();
      case "conversation.item.input_audio_transcription.delta":
        return interruption.transcribing(event.item_id, parts.journal.transcript.wordsOf(event.item_id));
      case "conversation.item.input_audio_transcription.completed":
        return interruption.transcribed(event.item_id, this.#callerSaid(event.item_id, event.transcript));
      case "conversation.item.input_audio_transcription.failed":
        return interruption.transcribed(event.item_id, undefined);
      case "input_audio_buffer.speech_started":
        this.#leave = { wasTaken: this.#machines.hasTakenLeave, isReturned: false };
        return turn.began(event);
      case "input_audio_buffer.speech_stopped":
        parts.uplink.turnEnded();
        return turn.ended(event);
      case "input_audio_buffer.committed":
        return turn.committed();
      case "conversation.item.added":
        turn.itemAdded(event.item.id ?? "");
        return sequencer.itemAdded(event.item.id ?? "");
      case "response.created":
        return this.#onResponseCreated(event.response);
      case "response.output_audio.done":
        return answer.itemDone(event.item_id);
      case "response.output_item.done":
        return interruption.itemDone(event);
      case "response.done":
        return this.#onResponseDone(event.response);
    }
  }

  onError(error: RealtimeError, eventId: string | undefined): void {
    const { parts, sequencer, owed } = this.#machines;
    if (sequencer.refused(error.code, eventId)) return;
    const active = sequencer.activeResponseId;
    if (active !== undefined && eventId === cancelEventId(active)) return owed.endUnseen(active);
    if (++this.#errors > MAX_TOLD_ERRORS) return;
    parts.log.warn("realtime_error", { code: error.code, message: error.message, eventId });
  }

  /** The words of a turn. Returns those that may end an answer: none of a machine's. */
  #callerSaid(itemId: string, text: string): string {
    const { timers, turn } = this.#machines;
    const isRepeated = this.#repeated.repeats(text);
    if (hasWords(text) && !isRepeated) this.#somebodySaid(itemId, text);
    else if (itemId === turn.lastId) timers.turnWordless();
    return isRepeated && timers.isWordless ? "" : text;
  }

  #somebodySaid(itemId: string, text: string): void {
    const { timers, turn, goodbye, parts: { info: { business: { language } } } } = this.#machines;
    if (timers.isWordless) goodbye.callOff(); // which the noises before did not
    // "Okay" says nothing new.
    if (isBackchannel(text, language)) timers.somebodyActed();
    else timers.callerSaid(asksForMoment(text, language));
    if (itemId !== turn.lastId || !isFarewell(text, language) || !saysGoodbye(text, language)) return;
    this.#leave.isReturned = this.#leave.wasTaken;
    this.#part();
  }

  /** Agent and caller have said goodbye, and the agent again: it would go on like this for ever. */
  #part(): void {
    const { goodbye, sequencer, hasTakenLeave } = this.#machines;
    if (!this.#leave.isReturned || goodbye.isUnderWay || sequencer.activeResponseId !== undefined) return;
    if (hasTakenLeave) goodbye.hangUpAfterwards();
  }

  #onResponseCreated(response: { id?: string; metadata?: Record<string, string> | null }): void {
    const { parts, sequencer, timers, greeting, turn, bargeIn, interruption, goodbye, functions } =
      this.#machines;
    const { brokenAnswers } = this.#machines;
    const responseId = response.id ?? "";
    sequencer.created(responseId, response.metadata?.[REQUEST_ID]);
    timers.answer.begun();
    functions.responseBegan();
    const { activeRequest, isActiveAskedFor, isRecalled } = sequencer;
    // Behind the last goodbye nothing else is heard out, and before it nothing else is to be heard.
    const isTooLate = goodbye.isFinal && activeRequest?.purpose !== "goodbye";
    if (isRecalled || isTooLate) bargeIn.refuse(responseId);
    // What answers the caller's keys in a moment answers that, too.
    else if (!isActiveAskedFor && parts.isTyping?.()) interruption.refuse(responseId);
    else if (!isActiveAskedFor && sequencer.awaits("greeting")) this.#greetFirst(responseId);
    greeting.responseCreated(responseId, activeRequest?.purpose);
    // The greeting is for a caller who says hello first, too; and a goodbye that is still wanted then is
    // final.
    const mayTalkOver = activeRequest?.purpose === "greeting" || activeRequest?.purpose === "goodbye";
    if (turn.isSpeaking && isActiveAskedFor && !mayTalkOver) bargeIn.begunWhileSpeaking();
    if (!isActiveAskedFor) turn.answered();
    brokenAnswers.responseCreated(responseId);
    interruption.responseCreated(responseId, isActiveAskedFor);
  }

  #onResponseDone(response: ResponseDone): void {
    const { parts, sequencer, owed, timers, functions, interruption, turn, retry, brokenAnswers, greeting } =
      this.#machines;
    const responseId = response.id ?? "";
    const status = response.status ?? "completed";
    const reason = response.status_details?.reason;
    if (status === "incomplete" || status === "cancelled") parts.log.info(`response_${status}`, { reason });
    const request = sequencer.activeRequest;
    const isCut = status === "incomplete" || (status === "completed" && hasCutItem(response.output));
    const isBroken = (status !== "completed" || isCut) && brokenAnswers.isBroken(responseId);
    if (status === "completed") this.#callsOnlyInDone(response);
    // One that was cancelled or failed is no answer: the next one is owed by the same measure. So is one that
    // is asked for below, which is why this comes first.
    const isUnheard = owed.isUnheard(response, status);
    if (!isUnheard && (status === "completed" || status === "incomplete")) timers.answer.complete();
    functions.responseDone(responseId, status, joined(writtenIn(response)));
    sequencer.done(responseId, isUnheard ? "failed" : status, response.metadata?.[REQUEST_ID]);
    this.#forgetUnheard(responseId);
    const greetingOwed = greeting.owedAfter(request, status);
    if (greetingOwed) sequencer.request(greetingOwed);
    interruption.responseDone(responseId, status);
    // A caller who speaks is owed the answer to that, and no other.
    if (isUnheard && !(turn.isSpeaking && !request)) return owed.unheard(response, request);
    if (isBroken && status === "cancelled") return brokenAnswers.broke(responseId, request);
    if (isCut) this.#onIncomplete(response, isBroken, request);
    if (status === "completed") owed.partlyWritten(response, request);
    if (status !== "failed") {
      owed.heard();
      this.#part();
      return retry.succeeded();
    }
    const error = fromApi(response.status_details?.error ?? {});
    parts.log.warn("response_failed", { code: error.code, message: error.message });
    if (error.kind !== "fatal" && owed.hasCalled(responseId)) return;
    // What has instructions of its own is said anew as a whole.
    const rest = isBroken && !request?.instructions ? brokenAnswers.restOf(responseId) : undefined;
    retry.failed(error, rest ?? request);
  }

  /** A limit or a filter has ended a response, or nobody says why it lacks its end. */
  #onIncomplete(
    { id = "", output, status_details }: ResponseDone,
    isBroken: boolean,
    request: ResponseRequest | undefined,
  ): void {
    const { brokenAnswers, owed } = this.#machines;
    if (hasCutCall(output)) return brokenAnswers.callWasCut();
    const told = ENDED_EARLY.get(status_details?.reason);
    if (isBroken && !owed.hasCalled(id)) brokenAnswers.broke(id, request, told);
  }

  /** The model answers the caller, who has not been greeted: the greeting does that, too. */
  #greetFirst(responseId: string): void {
    const { greeting, interruption, sequencer } = this.#machines;
    if (greeting.comesFirst()) return interruption.refuse(responseId);
    const request = greeting.giveUp();
    if (request) sequencer.withdraw(request);
  }

  /** Function calls of a response that no event of their own has told of. */
  #callsOnlyInDone({ id = "", output }: ResponseDone): void {
    const { functions, interruption, timers, owed } = this.#machines;
    if (interruption.isRefused(id)) return;
    for (const item of callsIn(output)) {
      if (functions.knows({ responseId: id, callId: item.call_id })) continue;
      if (!functions.event({ type: "response.output_item.done", response_id: id, item } as ServerEvent)) {
        continue;
      }
      timers.answer.complete();
      owed.called(id);
    }
  }

  #isRepeated(event: ServerEvent): boolean {
    switch (event.type) {
      case "response.created":
        return this.#over.has(event.response.id ?? "");
      case "response.done":
        return this.#isSecond(event.response.id);
      case "input_audio_buffer.speech_started":
        return this.#isSecond(event.item_id, event.audio_start_ms);
      case "input_audio_buffer.speech_stopped":
        return this.#isSecond(event.item_id, event.audio_end_ms);
      default:
        return false;
    }
  }

  /** True the second time. Not every server names all that it tells of, or says where in the audio it was. */
  #isSecond(id = "", ...places: (number | undefined)[]): boolean {
    if (id === "" || places.includes(undefined)) return false;
    const name = [id, ...places].join(" ");
    if (this.#over.has(name)) return true;
    this.#over.add(name);
    return false;
  }
}
