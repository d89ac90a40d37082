import type { AudioEngine } from "../../audio/transcoder.ts";
import { BYTES_PER_MS } from "../../audio/mulaw.ts";
import type { ClientEvent, ServerEvent } from "../../model/events.ts";
import type { ModelSession, OpenSession } from "../../model/model.ts";
import { type RealtimeError } from "../../model/realtime_error.ts";
import { type Clock, within } from "../../util/clock.ts";
import { AppError } from "../../util/errors.ts";
import { type CallUsage, UsageMeter } from "../journal/usage.ts";
import { clipOf, type HoldClip, MAX_CLIP_MS } from "./hold_clip.ts";

/** What the model of a recital is told. */
export const RECITAL_INSTRUCTIONS =
  "You record the announcements of a telephone agent. Each message is one sentence. Read aloud exactly these words, in the " +
  "language that they are in, calm and friendly, at the pace of a conversation. Say nothing else, and answer nothing.";
/** A sentence that comes out otherwise is asked for so often. */
const MAX_TAKES = 3;
/** All sentences, and connecting, take no longer. */
const RECITAL_WITHIN_MS = 60_000;
/** More of one sentence is not kept: silence around it is cut off later. */
const MAX_TAKE_BYTES = 2 * MAX_CLIP_MS * BYTES_PER_MS;

/** What came of a recital. */
export interface Recital {
  /** The sentences that were spoken as they stand. */
  readonly clips: readonly HoldClip[];
  readonly usage: CallUsage;
  /** Why there are not all of them. */
  readonly failure?: AppError;
}

/** What a recital works with. */
export interface RecitalParts {
  /** Opens a session of its own, which hears nobody. */
  open: OpenSession;
  engine: AudioEngine;
  clock: Clock;
  /** Ends it early. */
  signal: AbortSignal;
}

/**
 * Has the model speak sentences, one after the other, in a session of its own: in the agent's voice, and by
 * the same way as all that callers hear. A take counts when its transcript has the sentence's words. Never
 * rejects.
 *
 * By a Realtime session and not by `POST /audio/speech`: all models of that endpoint are shut down on 6
 * January 2027, and OpenAI names the Realtime API as what takes its place. Source: npm `openai` 7.57.0,
 * `Speech`.
 */
export function recite(parts: RecitalParts, sentences: readonly string[]): Promise<Recital> {
  return new Promise((resolve) => new Reciter(parts, sentences, resolve));
}

class Reciter {
  readonly #sentences: readonly string[];
  readonly #onOver: (recital: Recital) => void;
  readonly #clips: HoldClip[] = [];
  readonly #usage = new UsageMeter();
  readonly #held = new DisposableStack();
  readonly #take = new Uint8Array(MAX_TAKE_BYTES);
  readonly #session: ModelSession;
  #takeBytes = 0;
  #takes = 0;
  #index = 0;
  #words = "";
  #refused: AppError | undefined;
  #isOver = false;

  constructor(
    { open, engine, clock, signal }: RecitalParts,
    sentences: readonly string[],
    onOver: (recital: Recital) => void,
  ) {
    this.#sentences = sentences;
    this.#onOver = onOver;
    const transcoder = this.#held.use(engine.open());
    const timer = within(clock, RECITAL_WITHIN_MS, () => this.#end(failed("It took too long.")));
    this.#held.defer(() => timer.cancel());
    const stop = () => this.#end(failed("The program is stopping."));
    signal.addEventListener("abort", stop);
    this.#held.defer(() => signal.removeEventListener("abort", stop));
    this.#session = open({
      onReady: () => this.#ask(),
      onLost: (error: RealtimeError) => this.#end(error),
    });
    this.#held.defer(() => this.#session.close());
    const play = (muLaw: Uint8Array) => this.#add(muLaw);
    this.#session.listen({
      onAudioDelta: (text, start, end) => void transcoder.down(text, start, end, play),
      onEvent: (event) => {
        if (event.type === "response.output_audio_transcript.done") this.#words += event.transcript;
        if (event.type !== "response.done") return;
        transcoder.flushDown(play);
        this.#onTaken(event.response);
      },
      onError: (error) => this.#end(error),
    });
  }

  #ask(): void {
    this.#takeBytes = 0;
    this.#words = "";
    this.#takes++;
    this.#session.send(spokenAlone(this.#sentences[this.#index]));
  }

  #add(muLaw: Uint8Array): void {
    const taken = muLaw.subarray(0, MAX_TAKE_BYTES - this.#takeBytes);
    this.#take.set(taken, this.#takeBytes);
    this.#takeBytes += taken.length;
  }

  #onTaken({ status, usage }: Extract<ServerEvent, { type: "response.done" }>["response"]): void {
    this.#usage.addResponse(usage);
    const sentence = this.#sentences[this.#index];
    const isSaid = status === "completed" && hasSameWords(this.#words, sentence);
    const clip = isSaid ? clipOf(sentence, this.#take.subarray(0, this.#takeBytes)) : undefined;
    if (clip === undefined && this.#takes < MAX_TAKES) return this.#ask();
    if (clip) this.#clips.push(clip);
    else this.#refused = failed(`The model does not say the words of sentence ${this.#index + 1}.`);
    this.#takes = 0;
    this.#index++;
    if (this.#index < this.#sentences.length) this.#ask();
    else this.#end(this.#refused);
  }

  #end(failure: AppError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#held.dispose();
    this.#onOver({ clips: this.#clips, usage: this.#usage.usage, failure });
  }
}

/** Asks for a sentence without any other in view. */
function spokenAlone(text: string): ClientEvent {
  return {
    type: "response.create",
    response: {
      conversation: "none",
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text }] }],
    },
  };
}

/** Whether two texts have the same letters and digits. */
function hasSameWords(one: string, other: string): boolean {
  const plain = (text: string) => text.normalize("NFKC").toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
  return plain(one) === plain(other);
}

function failed(message: string): AppError {
  return new AppError("recital_failed", message);
}
