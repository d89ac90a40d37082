import type { Business } from "../../businesses/business.ts";
import type { ClientEvent, ServerEvent } from "../../model/events.ts";
import type { Log } from "../../observability/log.ts";
import { type Clock, type Timer, within } from "../../util/clock.ts";
import type { Journal } from "../journal/journal.ts";
import type { Playback } from "../playback/playback.ts";
import type { HeardItem } from "../playback/playback_ledger.ts";
import type { AnswerAudio } from "./answer_audio.ts";
import { isAssent, isBackchannel, isEcho, isFarewell, isSalutation } from "./backchannels.ts";
import type { BargeIn } from "./barge_in.ts";
import type { CallTimers } from "./call_timers.ts";
import { itemDelete, responseCancel } from "./client_events.ts";
import { GO_ON } from "./instructions.ts";
import type { ResponseSequencer } from "./response_sequencer.ts";
import { RetoldAnswer } from "./retold_answer.ts";
import { TurnWords } from "./turn_words.ts";

/** So long after the end of a turn its words are waited for. Then the answer that it cut off goes on. */
export const RESUME_WITHIN_MS = 1_000;
/** The answer to longer speech does not wait for the words of it: that much is hardly a cough. */
const SURELY_SPEECH_MS = 1_000;
/** The same where nothing is transcribed, or transcriptions have stayed away: there are no words to go by. */
const SURELY_SPEECH_WITHOUT_WORDS_MS = 500;
/** When so little is left of an answer it plays out, though something else is to be said. */
export const SHORT_REST_MS = 1_500;

type Turn = Extract<ServerEvent, { type: "input_audio_buffer.speech_started" }>;
type TurnEnd = Extract<ServerEvent, { type: "input_audio_buffer.speech_stopped" }>;

/** What an interruption acts on. */
export interface InterruptionParts {
  business: Business;
  clock: Clock;
  log: Log;
  journal: Journal;
  playback: Playback;
  answer: AnswerAudio;
  sequencer: ResponseSequencer;
  timers: Pick<CallTimers, "answer">;
  bargeIn: Pick<BargeIn, "interruptNow" | "cutOff" | "disown" | "forgive">;
  send: (event: ClientEvent) => void;
  /** It is one: the caller has said something. */
  onStands: () => void;
  /** The caller hears the beginning of the greeting. */
  isGreeting: () => boolean;
  /**
   * A goodbye is said: what is left of it need not be asked for, and who says goodbye, too, wants no more.
   */
  isLeaving: () => boolean;
  /** The call is put through: who agrees to that wants it, too. */
  isGoingElsewhere: () => boolean;
}

/**
 * An interruption that may turn out to be none: a cough, an echo, a "mhm". What it cut off is kept until its
 * words are known. With words it stands. Without, or when none come within {@link RESUME_WITHIN_MS}, the
 * answer goes on from the very byte, and OpenAI's answer to the sound is cancelled. The model was told at
 * once what was heard; then it is told what was heard after all.
 *
 * Speech too short to interrupt is judged the same way, while the answer plays on: with words it interrupts
 * after all.
 */
export class OpenInterruption implements Disposable {
  readonly #parts: InterruptionParts;
  readonly #isOn: boolean;
  readonly #words: TurnWords;
  #retold: RetoldAnswer | undefined;
  #count = 0;
  #cut: HeardItem[] = [];
  /** The response that was being generated when it was cut off, and how it ended. */
  #cutId: string | undefined;
  #cutStatus: string | undefined;
  /** The response to the caller's sound, and its items that are complete. */
  #answerId: string | undefined;
  readonly #answerItems = new Set<string>();
  /** The answer to the sound is still to come, and not wanted. */
  #isUnwanted = false;
  #refusedId: string | undefined;
  #goesOnAfterId: string | undefined;
  #isOpen = false;
  /** What was cut off is the greeting, at its beginning. */
  #isGreeting = false;
  #startMs: number | undefined;
  #startedAtMs = 0;
  #soundMs = 0;
  #bound: Timer | undefined;

  constructor(parts: InterruptionParts) {
    const { turns, transcription } = parts.business;
    this.#parts = parts;
    this.#isOn = turns.resumeAfterFalseInterruption;
    this.#words = new TurnWords(transcription !== null);
  }

  /** True while it is not known whether the caller wants to speak. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** True for the answer to a sound that was none. Nothing of it counts. */
  isRefused(responseId: string): boolean {
    return responseId === this.#refusedId;
  }

  /** `speech_started`, before anything is silenced. @param isProtected what plays cannot be interrupted */
  speechStarted({ item_id, audio_start_ms }: Turn, isProtected: boolean): void {
    this.#startMs = audio_start_ms;
    this.#startedAtMs = this.#parts.clock.now();
    this.#isUnwanted = false;
    this.#bound?.cancel();
    if (!this.#isOpen) {
      const { playback, answer } = this.#parts;
      if (!this.#isOn || isProtected || playback.unheardMs === 0 || answer.isHoldAlone) return;
      if (!item_id) return; // its words could not be told from others
      this.#open();
    }
    if (item_id) this.#words.add(item_id);
  }

  /** `speech_stopped`. */
  speechStopped({ audio_end_ms }: Partial<TurnEnd>): void {
    if (!this.#isOpen) return;
    this.#soundMs = Math.max(this.#soundMs, this.#measure(audio_end_ms));
    if (!this.#words.areAwaited && this.#soundMs >= SURELY_SPEECH_WITHOUT_WORDS_MS) return this.#stand();
    const { clock, playback } = this.#parts;
    this.#bound?.cancel();
    // The caller hears it half a round trip later, and was heard half a round trip late.
    const withinMs = Math.max(0, RESUME_WITHIN_MS - playback.playout.roundTrip.wayMs);
    this.#bound = within(clock, withinMs, () => this.#onBound());
  }

  /**
   * Silences the caller's side, because of the caller's voice; keeps what was not heard if that may be taken
   * back.
   * @returns what was heard of each item that was cut off
   */
  silence(): HeardItem[] {
    const { answer, playback, sequencer, journal } = this.#parts;
    if (!this.#isOpen) return answer.silence();
    if (playback.isPaused) {
      // Sound upon sound: only what the model has answered meanwhile can be silenced.
      const dropped = answer.dropLater();
      journal.unsaid(dropped);
      this.#answerId = undefined;
      this.#answerItems.clear();
      return dropped.map((itemId) => ({ itemId, responseId: "", heardMs: 0, sentMs: 0, receivedMs: 0 }));
    }
    this.#cutId = sequencer.activeResponseId;
    return this.#cut = answer.pause();
  }

  /**
   * Silences the caller's side for good, because of something else than the caller's voice. Returns the same.
   */
  silenceNow(): HeardItem[] {
    const { answer, playback, journal } = this.#parts;
    this.#close();
    if (!playback.isPaused) return answer.silence();
    answer.skipEarlier(); // the model knows what was heard of it
    journal.interruptionStands();
    return playback.unheardMs > 0 ? answer.silence() : [];
  }

  /** True for audio that came late of an answer that was cut off, and follows what is kept of it. */
  takes(itemId: string): boolean {
    return this.#isOpen && this.#parts.playback.isPaused && this.#parts.answer.mayGrow(itemId);
  }

  /**
   * What has been transcribed of a turn by now: words show that it has some, and nothing that it has none.
   */
  transcribing(itemId: string, text: string): void {
    const isJudged = this.#isOpen && this.#words.has(itemId);
    if ((!isJudged && !this.#words.isLate(itemId)) || !this.#isSaid(text)) return;
    if (isJudged) return this.#stand();
    this.#words.takeLate(itemId);
    this.#onLateWords();
  }

  /** The transcription of a turn; undefined when it failed. */
  transcribed(itemId: string, text: string | undefined): void {
    const words = this.#words;
    words.came(text === undefined);
    const isLate = words.takeLate(itemId);
    if (!this.#isOpen || !words.has(itemId)) {
      if (isLate && text !== undefined && this.#isSaid(text)) this.#onLateWords();
      return;
    }
    if (text !== undefined && this.#isSaid(text)) return this.#stand();
    if (text === undefined && !words.areAwaited) return; // by the model's answer, then
    words.wordless(itemId, text?.trim() === "" || this.#isEcho(text ?? ""));
    if (words.areNone) this.#takeBack(text === undefined ? "not_transcribed" : "no_words");
  }

  /** `response.created`. */
  responseCreated(responseId: string, isAskedFor: boolean): void {
    if (this.#isUnwanted && !isAskedFor) {
      this.#isUnwanted = false;
      return this.refuse(responseId);
    }
    if (!this.#isOpen) return;
    if (isAskedFor) return this.#stand();
    this.#answerId = responseId;
    this.#parts.playback.divide();
  }

  /** Audio of a response is about to be played. */
  audioBegins(responseId: string): void {
    if (!this.#isOpen || responseId !== this.#answerId) return;
    const isSurelySpeech = this.#soundMs >= SURELY_SPEECH_MS && !this.#parts.isLeaving();
    if (!this.#words.areAwaited || isSurelySpeech) this.#stand();
  }

  /** `response.output_item.done`. */
  itemDone({ item, response_id }: Extract<ServerEvent, { type: "response.output_item.done" }>): void {
    if (response_id === this.#refusedId && item.id) this.#parts.send(itemDelete(item.id));
    if (!this.#isOpen || response_id !== this.#answerId) return;
    if (item.type !== "message") return this.#stand(); // the model has found something to do
    if (item.id) this.#answerItems.add(item.id);
  }

  /** `response.done`, after everybody else was told. */
  responseDone(responseId: string, status: string): void {
    if (responseId === this.#cutId) this.#cutStatus = status;
    if (responseId !== this.#goesOnAfterId) return;
    this.#goesOnAfterId = undefined;
    if (status === "cancelled") this.#askToGoOn();
  }

  /** The caller does want to speak, or something else takes the place of what was cut off. */
  #stand(): void {
    const { playback, answer, bargeIn, journal } = this.#parts;
    this.#close();
    if (playback.isPaused) {
      answer.skipEarlier();
      journal.interruptionStands();
    } else if (playback.ledger.isDivided) {
      if (playback.unheardEarlierMs <= SHORT_REST_MS) playback.unite();
      else bargeIn.cutOff(() => answer.skipEarlier());
    } else if (playback.unheardMs > SHORT_REST_MS) {
      bargeIn.interruptNow();
    }
    this.#parts.onStands();
  }

  /** The session is gone, and with it the words that were waited for. What was cut off stays so. */
  sessionLost(): void {
    if (!this.#isOpen) return;
    const { playback } = this.#parts;
    if (playback.isPaused || playback.ledger.isDivided) this.#stand();
    else this.#close();
  }

  /** Another session. Nothing can be told of the old one's items. */
  sessionBegan(): void {
    this.#retold = undefined;
    this.#isUnwanted = false;
    this.#refusedId = this.#goesOnAfterId = undefined;
  }

  /**
   * Tells the model what was heard of an item that it was told of before: that it was cut off, and went on.
   * Returns false for any other item.
   */
  retells({ itemId }: HeardItem): boolean {
    return this.#retold !== undefined && this.#retold.cut(itemId);
  }

  /** Nothing is played of a response to the caller, and the model is to forget it. */
  refuse(responseId: string): void {
    const { bargeIn, sequencer, send } = this.#parts;
    this.#refusedId = responseId;
    bargeIn.disown(responseId);
    if (sequencer.activeResponseId === responseId) send(responseCancel(responseId));
  }

  [Symbol.dispose](): void {
    this.#bound?.cancel();
  }

  #open(): void {
    this.#isOpen = true;
    this.#isGreeting = this.#parts.isGreeting();
    this.#words.begin();
    this.#answerItems.clear();
    this.#cutId = this.#cutStatus = this.#answerId = undefined;
    this.#soundMs = 0;
  }

  #close(): void {
    this.#isOpen = false;
    this.#bound?.cancel();
  }

  /**
   * The length of the sound, without the silence that ended it. Source: OpenAI Realtime reference,
   * `audio_start_ms`.
   */
  #measure(endMs: number | undefined): number {
    const { detection } = this.#parts.business.turns;
    if (detection.type !== "server_vad") return 0; // how long it waited is not known
    const lengthMs = endMs === undefined || this.#startMs === undefined
      ? this.#parts.clock.now() - this.#startedAtMs
      : endMs - this.#startMs - detection.prefixPaddingMs;
    return Math.max(0, lengthMs - detection.silenceDurationMs);
  }

  /** At the end of an answer, what else only shows that somebody listens may be the reply to it. */
  #isSaid(text: string): boolean {
    if (this.#isEcho(text)) return false;
    const { isLeaving, isGoingElsewhere, business: { language } } = this.#parts;
    if (isGoingElsewhere()) return !isAssent(text, language);
    if (isLeaving()) return !isFarewell(text, language);
    if (this.#isGreeting && isSalutation(text, language)) return false;
    if (!isBackchannel(text, language)) return true;
    return /[\p{L}\p{N}]/u.test(text) && this.#parts.playback.unheardMs < SHORT_REST_MS;
  }

  #isEcho(text: string): boolean {
    const { journal: { transcript } } = this.#parts;
    const said = this.#cut.map(({ itemId }) => transcript.textOf(itemId) + transcript.restOf(itemId));
    return isEcho(text, said.join(" ") || transcript.lastAnswer);
  }

  #onBound(): void {
    const isAnswered = this.#answerId !== undefined && this.#parts.answer.responseId === this.#answerId;
    if (!this.#words.areAwaited && isAnswered) return this.#stand();
    this.#words.missed();
    this.#takeBack("no_words_in_time");
  }

  #takeBack(reason: string): void {
    const { playback, answer, journal, log, sequencer, timers, bargeIn, send } = this.#parts;
    const keptMs = Math.round(playback.unheardMs);
    const isPaused = playback.isPaused;
    this.#close();
    const ids = this.#cut.map(({ itemId }) => itemId);
    const rests = ids.map((itemId) => journal.transcript.restOf(itemId));
    const bases = ids.map((itemId) => journal.transcript.textOf(itemId).length);
    const dropped = answer.resume();
    journal.unsaid(dropped);
    if (isPaused) {
      journal.interruptionTakenBack(ids);
      bargeIn.forgive(this.#cut.map(({ responseId }) => responseId));
      if (this.#cutId !== undefined) bargeIn.forgive([this.#cutId]);
      this.#retold = new RetoldAnswer({
        items: ids.map((itemId, index) => ({ itemId, baseChars: bases[index] })),
        behindId: this.#retold?.lastId(ids) ?? this.#cut.findLast(({ heardMs }) => heardMs > 0)?.itemId,
        number: ++this.#count,
        journal,
        send,
      });
      this.#retold.tell(rests.join(" ").trim());
    }
    for (const itemId of this.#words.end()) send(itemDelete(itemId));
    for (const itemId of this.#answerItems) send(itemDelete(itemId));
    if (this.#answerId !== undefined) this.refuse(this.#answerId);
    else this.#isUnwanted = true;
    log.info("interruption_taken_back", { reason, keptMs });
    sequencer.callerIgnored();
    timers.answer.output();
    if (this.#cutStatus === "cancelled") this.#askToGoOn();
    else if (this.#cutStatus === undefined) this.#goesOnAfterId = this.#cutId;
  }

  #askToGoOn(): void {
    if (this.#parts.isLeaving()) return;
    this.#parts.send(GO_ON);
    this.#parts.sequencer.request({ purpose: "resume" });
  }

  /** Words, after all, of a turn that was taken for noise: its answer was cancelled, and is asked for. */
  #onLateWords(): void {
    this.#parts.log.info("words_came_late");
    this.#parts.bargeIn.interruptNow();
    this.#isUnwanted = false;
    this.#parts.sequencer.request({ purpose: "continue" });
    this.#parts.onStands();
  }
}
