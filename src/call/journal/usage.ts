import type { ServerEvent } from "../../model/events.ts";

type Response = Extract<ServerEvent, { type: "response.done" }>["response"];
type ResponseUsage = NonNullable<Response["usage"]>;
type TranscriptionUsage = Extract<
  ServerEvent,
  { type: "conversation.item.input_audio_transcription.completed" }
>["usage"];

/**
 * Tokens of a call's responses, by what they cost. Input is the uncached part; what came from the cache is
 * apart.
 */
export interface ResponseTokens {
  readonly textIn: number;
  readonly audioIn: number;
  readonly cachedTextIn: number;
  readonly cachedAudioIn: number;
  readonly textOut: number;
  readonly audioOut: number;
  /** Counted by the API without saying of which kind, so that no price is known for them. Normally 0. */
  readonly unknown: number;
}

/**
 * What the transcription of the caller's turns used, billed apart: tokens or seconds, as the model is billed.
 */
export interface TranscriptionUse {
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly seconds: number;
}

/** What a call has used of OpenAI, over all its sessions. */
export interface CallUsage {
  /** Responses that used anything. */
  readonly responses: number;
  readonly tokens: ResponseTokens;
  readonly transcription: TranscriptionUse;
}

/** Of a call that has used nothing. */
export const NO_USAGE: CallUsage = {
  responses: 0,
  tokens: {
    textIn: 0,
    audioIn: 0,
    cachedTextIn: 0,
    cachedAudioIn: 0,
    textOut: 0,
    audioOut: 0,
    unknown: 0,
  },
  transcription: { tokensIn: 0, tokensOut: 0, seconds: 0 },
};

/** Adds up what a call uses at OpenAI, over all its sessions. */
export class UsageMeter {
  #usage: CallUsage;

  /** @param past what the call has used before */
  constructor(past: CallUsage = NO_USAGE) {
    this.#usage = past;
  }

  /** So far. */
  get usage(): CallUsage {
    return this.#usage;
  }

  /** `usage` of a `response.done`; null or all zero on responses that failed or were cancelled. */
  addResponse(usage: ResponseUsage | null | undefined): void {
    const used = billedTokens(usage);
    if (Object.values(used).every((count) => count === 0)) return;
    const { responses, tokens } = this.#usage;
    this.#usage = { ...this.#usage, responses: responses + 1, tokens: addCounts(tokens, used) };
  }

  /** `usage` of a completed input transcription. */
  addTranscription(usage: TranscriptionUsage | null | undefined): void {
    const transcription = addCounts(this.#usage.transcription, {
      tokensIn: usage?.type === "tokens" ? count(usage.input_tokens) : 0,
      tokensOut: usage?.type === "tokens" ? count(usage.output_tokens) : 0,
      seconds: usage?.type === "duration" ? count(usage.seconds) : 0,
    });
    this.#usage = { ...this.#usage, transcription };
  }
}

/** As OpenAI bills it, input counts include the cached tokens, and each total is the sum of its kinds. */
function billedTokens(usage: ResponseUsage | null | undefined): ResponseTokens {
  const input = usage?.input_token_details;
  const cached = input?.cached_tokens_details;
  const output = usage?.output_token_details;
  const text = count(input?.text_tokens);
  const audio = count(input?.audio_tokens);
  const cachedTextIn = Math.min(text, count(cached?.text_tokens));
  const cachedAudioIn = Math.min(audio, count(cached?.audio_tokens));
  const textOut = count(output?.text_tokens);
  const audioOut = count(output?.audio_tokens);
  // Cached tokens of no known kind are among text and audio already; what they cost is not known all the
  // same.
  const unknown = Math.max(0, count(usage?.input_tokens) - text - audio) +
    Math.max(0, count(input?.cached_tokens) - cachedTextIn - cachedAudioIn) +
    Math.max(0, count(usage?.output_tokens) - textOut - audioOut);
  return {
    textIn: text - cachedTextIn,
    audioIn: audio - cachedAudioIn,
    cachedTextIn,
    cachedAudioIn,
    textOut,
    audioOut,
    unknown,
  };
}

/** Anything but a positive number counts as nothing: one odd report must not spoil the sum. */
function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}

/** Adds two sets of counts of the same names, name by name. */
export function addCounts<T extends { readonly [Key in keyof T]: number }>(sum: T, more: T): T {
  const total = { ...sum };
  for (const name in sum) total[name] = (sum[name] + more[name]) as T[typeof name];
  return total;
}
