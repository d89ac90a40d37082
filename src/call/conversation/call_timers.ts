import type { TimeLimits } from "../../businesses/business.ts";
import { after, type Clock, type Timer } from "../../util/clock.ts";
import { AnswerWait } from "./answer_wait.ts";
import { CallLength, type CallPast } from "./call_length.ts";
import {
  type AwaitedByCaller,
  FIRST_WORDS_MS,
  holdAfterMs,
  LONGEST_TURN_MS,
  UNNOTICED_AFTER_MS,
} from "./deadlines.ts";

/** How often the limits are checked. They are seconds and minutes, so once a second is exact enough. */
const LOOK_EVERY_MS = 1_000;
const LOOK_SLACK_MS = 100;
/** What is played to a caller who waits has surely been heard so long after its end. */
const HOLD_GRACE_MS = 600;
/** How often in a row it is told that a sound of the caller was not noticed. */
export const MAX_UNNOTICED = 2;
/** A model that has asked for a moment, and does nothing, is given this. */
const PROMISE_MS = 3_000;
/** A caller who has asked for a moment is given this. */
const MOMENT_MS = 60_000;
/** Our own voice comes back as echo for so long. */
const ECHO_MS = 1_000;
/** So many turns in a row without a word of their own are noise or a machine: nobody is there. */
const MAX_WORDLESS_TURNS = 6;
/** Turns in a row that may be too long before what is heard counts as noise. */
const MAX_LONG_TURNS = 2;

/** What the passing of time leads to. */
export interface CallTimerEvents {
  /**
   * Nobody has spoken for {@link PROMISE_MS}, each time that is looked at. True: the model is at work again.
   */
  onShortSilence(): boolean;
  /** Nobody has spoken for a while: ask whether the caller is there. */
  onSilence(): void;
  /** Still nobody: say goodbye and hang up. */
  onLongSilence(): void;
  /** The call will soon be as long as it may be. */
  onNearEnd(): void;
  /** A second has passed, in which the call has not said goodbye. */
  onSecond(): void;
  /** The call is as long as it may be: say goodbye and hang up. */
  onEnd(): void;
  /** The goodbye did not end the call: end it. Again and again until the call is over. */
  onOverdue(): void;
  /** The model has not answered in time, or not gone on. `attempt` counts from 1 until it has. */
  onNoAnswer(attempt: number): void;
  /**
   * The caller waits and has heard nothing for {@link holdAfterMs}: let something be heard. Returns how long
   * it is, in milliseconds.
   */
  onHold(awaited: AwaitedByCaller): number;
  /** True when a sentence can be said to the caller who waits, and none has been in this wait. */
  hasHoldWords(): boolean;
  /** The caller's turn is over, and voice detection has not noticed. */
  onForgottenTurn(): void;
  /**
   * The caller's turn goes on for longer than anybody speaks without a pause. `time` counts from 1 until a
   * turn ends by itself, or has words. From the second on the line counts as silent, whatever it sounds like.
   */
  onLongTurn(time: number): void;
  /**
   * The caller has said something that voice detection has not noticed. `time` counts from 1 until it notices
   * something, at most to {@link MAX_UNNOTICED}.
   */
  onUnnoticed(time: number): void;
  /** Milliseconds until the caller has heard everything; silence begins after that. */
  unheardMs(): number;
  /** What the caller waits for. */
  awaited(): AwaitedByCaller;
  /** True while the model has begun an answer, and is not in the middle of a sentence. */
  isThinking(): boolean;
  /** Counts what shows that the model is at work on a response. */
  signsOfWork(): number;
  /** How loud the caller is at this moment; undefined in between. */
  callerLevel(): "loud" | "quiet" | undefined;
}

/** The limits of one call, and from when on a silent turn is taken for forgotten. */
export interface TalkLimits extends TimeLimits {
  readonly forgottenTurnMs: number;
}

/**
 * The time limits of one call: silence, duration, and a model that does not answer. One timer for all of
 * them. Silence is counted in time that this process was able to work.
 */
export class CallTimers implements Disposable {
  readonly #limits: TalkLimits;
  readonly #clock: Clock;
  readonly #events: CallTimerEvents;
  readonly #length: CallLength;
  /** How long the model takes. */
  readonly answer: AnswerWait;
  #timer: Timer;
  #lookInMs = LOOK_EVERY_MS;
  /** When the talk was not silent last. In the future while audio is still to be heard. */
  #lastActiveMs: number;
  /** When the caller heard something last, or spoke. Never long ago while there is nothing to wait for. */
  #lastHeardMs: number;
  /** When the caller had nothing to wait for last. */
  #waitsSinceMs: number;
  #isCallerSpeaking = false;
  #turnBeganMs = 0;
  /** Turns in a row that were too long, and had no words. */
  #longTurns = 0;
  /** Only machines talk: the model speaks into silence by itself. */
  #isMachineTalk = false;
  /** Turns in a row of which it is known that they have no words, or none that were not said before. */
  #wordlessTurns = 0;
  /** When the turn's last sound was seen. */
  #turnLoudMs = 0;
  /** Sound of the caller that no turn came of, yet. */
  #unnoticedMs: number | undefined;
  /** How often that was told since the last turn. */
  #unnoticed = 0;
  #stage: "talking" | "prompted" | "leaving" = "talking";
  /** The caller has asked for a moment, and has not said anything since. */
  #isMoment = false;
  #holdHeardByMs = 0;

  /** @param past of a call that has come back */
  constructor(
    limits: TalkLimits,
    clock: Clock,
    events: CallTimerEvents,
    past: CallPast = { startedAtMs: clock.now(), isWarned: false },
  ) {
    this.#limits = limits;
    this.#clock = clock;
    this.#events = events;
    this.#length = new CallLength(limits, clock, past);
    this.answer = new AnswerWait(clock);
    this.#lastActiveMs = this.#waitsSinceMs = this.#lastHeardMs = clock.awake();
    this.#timer = this.#schedule();
  }

  /** True when what sounds like the caller's voice is no speech, see {@link CallTimerEvents.onLongTurn}. */
  get isNoise(): boolean {
    return this.#longTurns >= MAX_LONG_TURNS;
  }

  callerStarted(): void {
    this.#isMachineTalk = false;
    this.#isCallerSpeaking = true;
    this.#turnBeganMs = this.#turnLoudMs = this.#clock.awake();
    this.#unnoticedMs = undefined;
    this.#unnoticed = 0;
    this.answer.stop();
    if (this.#stage === "prompted" && !this.#isNobodyThere) this.#stage = "talking";
  }

  /** The caller's turn is over: an answer is due from now on. */
  callerStopped(): void {
    this.#isCallerSpeaking = false;
    this.#longTurns = 0;
    this.#lastHeardMs = this.#clock.awake();
    if (!this.#isNobodyThere) this.#lastActiveMs = this.#lastHeardMs;
    this.answer.turnEnded();
  }

  /** A turn had no words, or said what one of the last had said. */
  turnWordless(): void {
    this.#wordlessTurns++;
  }

  /** There is no turn any more that could end: its session is gone. */
  turnLost(): void {
    this.#isCallerSpeaking = false;
    this.#wordlessTurns = 0; // the words may be what is lost
    this.answer.stop();
  }

  /** A tool at work: the call is not silent. */
  activity(): void {
    if (this.#isMachineTalk) return;
    this.#lastActiveMs = this.#clock.awake();
    if (this.#stage === "prompted") this.#stage = "talking";
  }

  /** Keys, words that were made out, an operator's action: somebody is there. */
  somebodyActed(): void {
    this.#isMachineTalk = false;
    this.#longTurns = this.#wordlessTurns = 0;
    this.activity();
  }

  /** The caller has said something. `isMoment`: that it will take a moment. */
  callerSaid(isMoment: boolean): void {
    this.#isMoment = isMoment;
    this.somebodyActed();
  }

  /** A key. What it sounds like is no speech. */
  keyPressed(): void {
    this.callerSaid(false);
    this.#unnoticedMs = undefined;
    this.#lastHeardMs = Math.max(this.#lastHeardMs, this.#clock.awake());
  }

  /** The model is about to speak into the silence, and not because of anything that anybody said. */
  machineTalks(): void {
    if (!this.#isCallerSpeaking) this.#isMachineTalk = true;
  }

  /** True while so many turns in a row had no words that the next one proves nothing until it has some. */
  get isWordless(): boolean {
    return this.#wordlessTurns >= MAX_WORDLESS_TURNS;
  }

  /** True while what is heard and said on the line is no sign that anybody is there. */
  get #isNobodyThere(): boolean {
    return this.#isMachineTalk || this.isWordless;
  }

  get #isLeaving(): boolean {
    return this.#stage === "leaving";
  }

  /** The call says goodbye: nothing else is to be said, and it ends in any case. */
  leaving(): void {
    this.#stage = "leaving";
    this.#length.leaving();
  }

  /** The call goes on after all. */
  staying(): void {
    this.#stage = "talking";
    this.#length.staying();
    this.#lastActiveMs = this.#clock.awake();
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }

  #schedule(delayMs = LOOK_EVERY_MS): Timer {
    this.#lookInMs = delayMs;
    return this.#timer = after(this.#clock, delayMs, () => {
      this.#schedule();
      this.#look(this.#clock.awake());
    }, LOOK_SLACK_MS);
  }

  #look(now: number): void {
    this.#noteSigns(now);
    if (this.#length.isOverdue(now)) return this.#events.onOverdue();
    if (!this.#isLeaving) {
      if (this.#length.isOver) return this.#events.onEnd();
      this.#events.onSecond();
      if (this.#isLeaving) return; // for what the call has cost
      if (this.#length.isToWarn()) this.#events.onNearEnd();
    }
    if (this.#isCallerSpeaking) return this.#lookAtTurn(now);
    const awaited = this.#events.awaited();
    if (awaited !== "answer") this.answer.notDue(now, awaited !== "nothing");
    if (awaited === "nothing") {
      this.#waitsSinceMs = now;
      return this.#lookAtListening(now);
    }
    // Silence is counted only while nobody and nothing is at work.
    const isAtWork = awaited === "something" ? !this.#isMachineTalk : !this.#isNobodyThere;
    if (isAtWork) this.#lastActiveMs = Math.max(this.#lastActiveMs, now);
    this.#listen(now);
    const heardMs = Math.max(this.#lastHeardMs, this.#waitsSinceMs);
    const hasWords = awaited === "answer" && this.#events.hasHoldWords();
    const leftMs = Math.min(
      heardMs + holdAfterMs(awaited) - now,
      hasWords ? Math.max(heardMs, this.answer.workSinceMs) + FIRST_WORDS_MS - now : Infinity,
    );
    if (leftMs > 0) this.#lookWithin(leftMs);
    else this.#lastHeardMs = this.#holdHeardByMs = now + this.#events.onHold(awaited) + HOLD_GRACE_MS;
    if (awaited === "answer") this.#lookAtAnswer(now);
  }

  #lookAtAnswer(now: number): void {
    const leftMs = this.answer.leftMs(now, this.#limits.answerWithinMs, this.#events.isThinking());
    if (leftMs > 0) this.#lookWithin(leftMs);
    else this.#events.onNoAnswer(this.answer.missed(now));
  }

  /** Looks again so soon, if no look comes before. */
  #lookWithin(ms: number): void {
    if (ms >= this.#lookInMs) return;
    this.#timer.cancel();
    this.#schedule(ms);
  }

  #noteSigns(now: number): void {
    const hasOutput = this.answer.look(now, this.#events.signsOfWork());
    // What is unheard may be what is played to a caller who waits, unless something else came.
    const isAnswer = hasOutput || now >= this.#holdHeardByMs;
    if (hasOutput && !this.#isNobodyThere) this.#lastActiveMs = Math.max(this.#lastActiveMs, now);
    const unheardMs = this.#events.unheardMs();
    this.#forgetUnheard(now + unheardMs);
    if (unheardMs === 0 || !isAnswer) return;
    this.#unnoticedMs = undefined;
    this.#lastHeardMs = now + unheardMs;
    if (!this.#isNobodyThere) this.#lastActiveMs = this.#lastHeardMs;
    this.answer.heard(this.#lastHeardMs);
  }

  /** What was to be heard after `heardByMs` has been cut off: nobody waits for it to be heard. */
  #forgetUnheard(heardByMs: number): void {
    this.#lastHeardMs = Math.min(this.#lastHeardMs, Math.max(heardByMs, this.#holdHeardByMs));
    this.#lastActiveMs = Math.min(this.#lastActiveMs, heardByMs);
    this.answer.cutOff(heardByMs);
  }

  /** Voice detection hears the caller speak. */
  #lookAtTurn(now: number): void {
    this.#lastHeardMs = now;
    if (this.#events.callerLevel() !== "quiet") this.#turnLoudMs = now;
    if (now - this.#turnLoudMs >= this.#limits.forgottenTurnMs) {
      this.#isCallerSpeaking = false;
      this.#lastHeardMs = this.#turnLoudMs;
      return this.#events.onForgottenTurn();
    }
    if (now - this.#turnBeganMs < LONGEST_TURN_MS) return;
    this.#isCallerSpeaking = false;
    this.#lastActiveMs = now;
    const time = ++this.#longTurns;
    this.#events.onLongTurn(time);
    if (!this.isNoise || this.#isLeaving) return;
    this.#stage = "prompted";
    this.#events.onSilence();
  }

  #lookAtListening(now: number): void {
    this.#listen(now);
    this.#lastHeardMs = Math.max(this.#lastHeardMs, now - ECHO_MS);
    if (this.#unnoticedMs !== undefined && now - this.#unnoticedMs >= UNNOTICED_AFTER_MS) {
      this.#lastHeardMs = this.#waitsSinceMs = this.#unnoticedMs;
      this.#unnoticedMs = undefined;
      return this.#events.onUnnoticed(++this.#unnoticed);
    }
    if (this.#stage === "leaving" || this.#events.unheardMs() > 0) return;
    const silentMs = now - this.#lastActiveMs;
    const isShort = this.#stage === "talking" && !this.#isMoment && silentMs >= PROMISE_MS;
    if (isShort && this.#events.onShortSilence()) return;
    const { silencePromptAfterMs } = this.#limits;
    const promptAfterMs = this.#isMoment ? Math.max(MOMENT_MS, silencePromptAfterMs) : silencePromptAfterMs;
    if (this.#stage === "talking" && silentMs >= promptAfterMs) {
      this.#stage = "prompted";
      this.#lastActiveMs = now;
      this.#events.onSilence();
    } else if (this.#stage === "prompted" && silentMs >= this.#limits.silenceGoodbyeAfterMs) {
      this.#events.onLongSilence();
    }
  }

  /**
   * Notes a sound of the caller that is no turn. Not again and again between two turns: it may be no speech.
   */
  #listen(now: number): void {
    if (now - this.#lastHeardMs < ECHO_MS || this.#unnoticed >= MAX_UNNOTICED) return;
    if (this.#events.callerLevel() === "loud") this.#unnoticedMs = now;
  }
}
