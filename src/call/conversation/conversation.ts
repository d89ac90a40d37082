import { encodeBase64 } from "../../audio/base64.ts";
import type { CarriedTalk } from "../suspended_calls.ts";
import { isQuiet } from "../uplink.ts";
import { RealtimeError } from "../../model/realtime_error.ts";
import type { CallState } from "../../observability/reports/call_snapshot.ts";
import { CallRemains } from "../call_remains.ts";
import { ConversationEvents } from "./conversation_events.ts";
import { ConversationMachines, type ConversationParts } from "./conversation_machines.ts";
import { LINES } from "./instructions.ts";
import { LateWords } from "./late_words.ts";
import { SHORT_REST_MS } from "./open_interruption.ts";

/**
 * The talk between caller and model, for the call: what happens beside it goes in here. What the model says
 * goes to {@link ConversationEvents}, and both act on the state machines of {@link ConversationMachines}.
 */
export class Conversation implements Disposable {
  readonly #parts: ConversationParts;
  readonly #machines: ConversationMachines;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    this.#machines = new ConversationMachines(parts, (machines) => new ConversationEvents(machines));
  }

  /** Bytes handed to OpenAI's socket and not yet taken by the network. */
  get backlogBytes(): number {
    return this.#machines.link.backlogBytes;
  }

  /**
   * Messages of OpenAI that were not understood: of a type that is not known, or malformed. Counts ended
   * sessions only.
   */
  get notUnderstood(): { unknown: number; malformed: number } {
    return this.#machines.link.notUnderstood;
  }

  /** What the call is about at present. */
  get state(): CallState {
    const { link, turn, functions, timers, sequencer } = this.#machines;
    if (!link.session) return "connecting";
    if (turn.isSpeaking) return "caller_speaks";
    if (this.#parts.playback.unheardMs > 0) return "answering";
    if (functions.running > 0) return "using_tool";
    return timers.answer.isAwaiting || !sequencer.isIdle ? "thinking" : "listening";
  }

  /** True once the caller has heard what the model says to their last turn, or keys. */
  get isAnswered(): boolean {
    return this.#machines.answer.hasAnswered && this.#parts.playback.unheardMs === 0;
  }

  /** Tells the model something that happened, and lets it answer. Waits for a session when there is none. */
  tell(text: string): void {
    const { timers, items } = this.#machines;
    const ask = this.#stay();
    timers.somebodyActed();
    this.#makeWay();
    items.sendTextSoon(text);
    ask();
  }

  /**
   * Lets the model know something that the caller did not say. `isToBeSaid`: it tells the caller at once.
   * Without a session there is no need to send it: the history has it as a note.
   */
  inform(text: string, isToBeSaid: boolean): void {
    const { timers, items } = this.#machines;
    const ask = isToBeSaid ? this.#stay() : undefined;
    if (isToBeSaid) {
      timers.somebodyActed();
      this.#makeWay();
    }
    if (items.isConnected) items.sendText(text, "system");
    ask?.();
  }

  /** True while a goodbye is said that ends the call whatever the caller says. */
  get isLastGoodbye(): boolean {
    return this.#machines.goodbye.isFinal;
  }

  /** The caller presses keys, which make no entry yet. */
  keyPressed(): void {
    const { timers, goodbye } = this.#machines;
    timers.keyPressed();
    if (!goodbye.isUnderWay) this.#makeWay();
  }

  /**
   * Keys that the caller pressed one after another. Without a session there is no need to tell: the history
   * has them.
   */
  keysPressed(digits: string): void {
    const { functions, timers, items } = this.#machines;
    const ask = this.#stay();
    functions.turnBegan();
    timers.somebodyActed();
    this.#makeWay();
    if (items.isConnected) items.sendText(`The caller pressed the keys ${[...digits].join(" ")}.`);
    ask();
  }

  /**
   * Calls off what was to end the call, unless that is final. Returns what asks for the answer to what is
   * told next: nothing, where a tool was about to leave the call, whose result asks for it.
   */
  #stay(): () => void {
    const { goodbye, functions, sequencer } = this.#machines;
    const isAskedFor = functions.isLeaving && !goodbye.isFinal;
    goodbye.callOff(false);
    return () => isAskedFor ? undefined : sequencer.request({ purpose: "continue" });
  }

  /**
   * The caller is to be put through to somebody at once: cuts off whatever is said at present, a goodbye too.
   */
  giveWay(): void {
    this.#machines.goodbye.giveWay();
    this.#machines.sequencer.recallAsides();
    this.#machines.bargeIn.interruptNow();
  }

  /** The caller waits for `work`, and is not silent meanwhile. */
  async waitFor(work: Promise<void>): Promise<void> {
    this.#machines.atWork++;
    try {
      await work;
    } finally {
      this.#machines.atWork--;
    }
  }

  /** The caller is asked to wait, while something takes longer than it should. */
  askToWait(): void {
    this.#machines.sequencer.request({ purpose: "filler", instructions: LINES.wait });
  }

  /** The session takes no audio any more: another one is needed. */
  sessionStalled(): void {
    const { stalledSessions, link } = this.#machines;
    const error = new RealtimeError("retryable", "realtime_stalled", "OpenAI takes no audio any more.");
    if (stalledSessions.add()) return this.#parts.onUnavailable(error);
    link.replace(error);
  }

  /** Says goodbye by `line` and hangs up when it was heard, whatever the caller says meanwhile. */
  leave(line: string): void {
    const { goodbye } = this.#machines;
    if (!goodbye.isUnderWay) this.#makeWay();
    goodbye.say(line, { isFinal: true });
  }

  /**
   * Whether the talk can change processes now, so that nothing gets lost: `pause` when nobody would hear it,
   * `gap` between two words of the agent's; undefined at any other time.
   */
  get rest(): "pause" | "gap" | undefined {
    const { info, playback } = this.#parts;
    if (this.#isBusy || playback.isPaused) return undefined;
    if (playback.unheardMs === 0) return "pause";
    // Only then is what was sent and not heard still here.
    return info.business.turns.resumeAfterFalseInterruption && playback.isBetweenWords ? "gap" : undefined;
  }

  /** True while somebody speaks, or something is owed. */
  get #isBusy(): boolean {
    const { control, uplink, isTyping } = this.#parts;
    const { link, turn, functions, sequencer, timers, owedWords, goodbye, interruption, greeting } =
      this.#machines;
    return !link.session || turn.isSpeaking || functions.running > 0 || this.#machines.atWork > 0 ||
      control.exit !== undefined || !sequencer.isIdle || timers.answer.isAwaiting || goodbye.isUnderWay ||
      greeting.isToMachine || owedWords.count > 0 || interruption.isOpen || isTyping?.() ||
      uplink.level() === "loud";
  }

  /**
   * Silences the caller's side, and returns what another process is to go on with. To be asked in a rest.
   * Either the talk ends here soon, or {@link stay} lets it go on.
   */
  carry(): CarriedTalk {
    const { playback, uplink } = this.#parts;
    this.#machines.answer.leave();
    const [agent, caller] = [playback.takeUnheard(), uplink.takeTurn()];
    return {
      ...agent.length > 0 && { agentAudio: encodeBase64(agent) },
      ...caller.length > 0 && { callerAudio: encodeBase64(caller) },
    };
  }

  /** True while nothing has happened since {@link carry}: what it returned is all there is. */
  get isCarried(): boolean {
    return !this.#isBusy && isQuiet(this.#parts.uplink.takeTurn());
  }

  /** The talk goes on here after {@link carry}: so does what was being said. */
  stay(): void {
    // Unless somebody spoke into it: that decides what becomes of it.
    if (this.#parts.playback.isPaused && !this.#machines.interruption.isOpen) this.#parts.playback.resume();
  }

  /** The call is over: what still played ends where it was heard. Returns what is left to wait for. */
  end(): CallRemains {
    const { answer, functions } = this.#machines;
    answer.end();
    const left = [this.#endTalk(), functions.end()].filter((remainder) => remainder !== undefined);
    return new CallRemains(left, this.#parts.clock);
  }

  #endTalk(): LateWords | undefined {
    const { info, journal, clock, uplink } = this.#parts;
    const { turn, sequencer, owedWords: owed, link } = this.#machines;
    const isLoud = uplink.level() !== "quiet";
    const isSpeaking = turn.isSpeaking || turn.isUncommitted;
    const sound = { isSpeaking, isLoud, responseId: sequencer.activeResponseId };
    if (info.business.transcription === null || (owed.count === 0 && !sound.isSpeaking && !isLoud)) return;
    uplink.finish();
    const session = link.handOver();
    return session && new LateWords({ session, owed, journal, clock, sound });
  }

  [Symbol.dispose](): void {
    this.#machines[Symbol.dispose]();
  }

  /**
   * Something else is to be said at once: what still plays or is being made is cut off where it was heard,
   * unless so little of it is left that it may as well be heard out.
   */
  #makeWay(): void {
    const { sequencer, isProtected, greeting, bargeIn } = this.#machines;
    if (greeting.isToMachine) return;
    sequencer.recallAsides();
    const isBusy = this.#parts.playback.unheardMs > SHORT_REST_MS ||
      sequencer.activeResponseId !== undefined;
    if (!isBusy || isProtected) return;
    bargeIn.interruptNow();
  }
}
