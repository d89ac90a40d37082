import type { HeardAudio } from "./agent.ts";
import type { ConversationItem } from "./conversation_item.ts";
import type { SessionContext } from "./session_context.ts";
import { textTokens, USER_AUDIO_TOKEN_MS } from "./usage.ts";

/** A transcript comes so long after the commit, unless a fault says otherwise. */
export const TRANSCRIPT_DELAY_MS = 50;
const LATE_MS = 1000;

/** A committed turn whose transcript is to be told. */
export interface CommittedTurn {
  /** From 1. */
  number: number;
  heard: HeardAudio;
  entry: ConversationItem;
}

/** Input transcription, which runs beside the conversation and keeps no order with it. */
export class Transcriber {
  readonly #context: SessionContext;
  readonly #afterResponse = new Map<number, () => void>();

  constructor(context: SessionContext) {
    this.#context = context;
  }

  /** A turn was committed, and its response is not made yet. */
  committed(turn: CommittedTurn): void {
    const { alarms, config, faults } = this.#context;
    if (config.audio.input.transcription === null) return;
    const fault = faults.take("transcription", { turn: turn.number });
    const tell = () => this.#complete(turn);
    if (fault?.order === "never") return;
    if (fault?.order === "before_response") tell();
    else if (fault?.order === "after_response") this.#afterResponse.set(turn.number, tell);
    else if (fault?.order === "failed") this.#fail(turn);
    else if (fault?.order === "late") alarms.after(fault.lateMs ?? LATE_MS, tell);
    else alarms.after(TRANSCRIPT_DELAY_MS, tell);
  }

  /** The response to a turn is done. */
  answered(turn: number): void {
    this.#afterResponse.get(turn)?.();
    this.#afterResponse.delete(turn);
  }

  #complete({ number, heard, entry }: CommittedTurn): void {
    const { agent, line } = this.#context;
    const seconds = (heard.durationMs / 1000).toFixed(1);
    const transcript = agent.transcribe?.(heard, number) ?? `(speech of ${seconds} s)`;
    const part = entry.item.content?.[0];
    if (part) part.transcript = transcript;
    const type = "conversation.item.input_audio_transcription";
    const ids = { item_id: entry.id, content_index: 0 };
    for (const delta of transcript.match(/\S+\s*/g) ?? []) {
      line.send({ type: `${type}.delta`, ...ids, delta });
    }
    const audio = Math.ceil(heard.durationMs / USER_AUDIO_TOKEN_MS);
    const output = textTokens(transcript.length);
    line.send({
      type: `${type}.completed`,
      ...ids,
      transcript,
      usage: {
        type: "tokens",
        total_tokens: audio + output,
        input_tokens: audio,
        input_token_details: { text_tokens: 0, audio_tokens: audio },
        output_tokens: output,
      },
    });
  }

  #fail({ entry }: CommittedTurn): void {
    this.#context.line.send({
      type: "conversation.item.input_audio_transcription.failed",
      item_id: entry.id,
      content_index: 0,
      error: {
        type: "transcription_error",
        code: "audio_unintelligible",
        message: "The audio could not be transcribed.",
        param: null,
      },
    });
  }
}
