import type { ServerEvent } from "../../model/events.ts";
import type { ModelListener, ModelSession } from "../../model/model.ts";
import { after, type Clock, type Timer } from "../../util/clock.ts";
import type { Journal } from "../journal/journal.ts";
import type { Remainder } from "../call_remains.ts";
import { responseCancel } from "./client_events.ts";

/** So long after the end of a call what its caller said last is waited for. */
export const LATE_WORDS_WITHIN_MS = 3_000;
/** Speech that had just begun is noticed by then. */
const NOTICED_WITHIN_MS = 400;
/** Most turns that are waited for. */
const MAX_OWED = 16;

/** The caller's turns whose words are still to come. */
export class OwedWords {
  readonly #turns = new Set<string>();

  /** Turns. */
  get count(): number {
    return this.#turns.size;
  }

  /** Any event of the session. */
  event(event: ServerEvent): void {
    switch (event.type) {
      case "input_audio_buffer.committed":
        // Not every field of it is checked: any may be missing.
        if (typeof event.item_id === "string" && this.#turns.size < MAX_OWED) this.#turns.add(event.item_id);
        return;
      case "conversation.item.input_audio_transcription.completed":
      case "conversation.item.input_audio_transcription.failed":
        return void this.#turns.delete(event.item_id);
    }
  }

  /** Another session: it owes nothing. */
  clear(): void {
    this.#turns.clear();
  }
}

/** What is known of the caller as the call ends. */
export interface LastSound {
  /** Voice detection hears the caller, or what it has heard is not committed. */
  isSpeaking: boolean;
  /** It may be about to. */
  isLoud: boolean;
  /** The response that is being generated, if any. */
  responseId: string | undefined;
}

/**
 * What is left of a call that is over: its session, until the caller's last words are written down. Speech
 * that was not over is committed. What the model would still say is cancelled, since nobody hears it.
 */
export class LateWords implements ModelListener, Remainder {
  readonly #session: ModelSession;
  readonly #owed: OwedWords;
  readonly #journal: Journal;
  readonly #timer: Timer;
  #onOver: (() => void) | undefined;
  #isOver = false;
  #isCommitted = false;
  #notice: Timer | undefined;

  constructor(
    { session, owed, journal, clock, sound }: {
      session: ModelSession;
      owed: OwedWords;
      journal: Journal;
      clock: Clock;
      sound: LastSound;
    },
  ) {
    this.#session = session;
    this.#owed = owed;
    this.#journal = journal;
    this.#timer = after(clock, LATE_WORDS_WITHIN_MS, () => this.end());
    session.listen(this);
    session.adopt({ onReady: () => {}, onLost: () => this.end() });
    if (sound.responseId !== undefined) session.send(responseCancel(sound.responseId));
    if (sound.isSpeaking) this.#commit();
    else if (sound.isLoud) {
      this.#notice = after(clock, NOTICED_WITHIN_MS, () => {
        this.#notice = undefined;
        this.#look();
      });
    }
    this.#look();
  }

  afterwards(run: () => void): void {
    if (this.#isOver) run();
    else this.#onOver = run;
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer.cancel();
    this.#notice?.cancel();
    this.#notice = undefined;
    this.#session.close();
    this.#onOver?.();
  }

  onAudioDelta(): void {}

  onEvent(event: ServerEvent): void {
    this.#owed.event(event);
    switch (event.type) {
      case "input_audio_buffer.speech_started":
        this.#journal.event(event);
        return this.#commit();
      case "input_audio_buffer.committed":
        this.#isCommitted = false;
        return;
      case "response.created":
        return this.#session.send(responseCancel(event.response.id ?? ""));
      case "conversation.item.added":
      case "conversation.item.input_audio_transcription.delta":
      case "response.done":
        return this.#journal.event(event);
      case "conversation.item.input_audio_transcription.completed":
      case "conversation.item.input_audio_transcription.failed":
        this.#journal.event(event);
        return this.#look();
    }
  }

  onError(): void {
    // The commit was refused, since there was nothing to commit.
    this.#isCommitted = false;
    this.#look();
  }

  #commit(): void {
    this.#notice?.cancel();
    this.#notice = undefined;
    if (this.#isCommitted) return;
    this.#isCommitted = true;
    this.#session.send({ type: "input_audio_buffer.commit" });
  }

  #look(): void {
    if (this.#owed.count === 0 && !this.#isCommitted && !this.#notice) this.end();
  }
}
