import type { Entry } from "../emulated_conversation.ts";
import { itemText } from "../items.ts";
import type { SessionConfig } from "../session_config.ts";

/** User audio is a token per 100 ms, the assistant's a token per 50 ms (OpenAI, "Managing costs"). */
const INPUT_AUDIO_MS_PER_TOKEN = 100;
export const OUTPUT_AUDIO_MS_PER_TOKEN = 50;
/** English text has about four characters a token. */
const CHARS_PER_TOKEN = 4;
/** The prompt cache works in blocks. */
const CACHE_BLOCK_TOKENS = 64;

export interface TokenCount {
  text: number;
  audio: number;
}

/** Tokens of what a response is given: instructions, tools and the conversation before it. */
export function inputTokens(
  config: SessionConfig,
  instructions: string,
  entries: readonly Entry[],
): TokenCount {
  const tools = config.tools.length > 0 ? JSON.stringify(config.tools) : "";
  const count = { text: textTokens(instructions) + textTokens(tools), audio: 0 };
  for (const entry of entries) {
    const { item } = entry;
    const isHeard = entry.audioMs > 0;
    const isSaid = item.type === "message" && item.role === "assistant";
    if (isHeard) {
      count.audio += audioTokens(
        entry.audioMs,
        isSaid ? OUTPUT_AUDIO_MS_PER_TOKEN : INPUT_AUDIO_MS_PER_TOKEN,
      );
    } else count.text += textTokens(itemText(item));
  }
  return count;
}

/** Tokens of what a response made. */
export function outputTokens(texts: readonly string[], audioMs: number): TokenCount {
  const text = texts.reduce((sum, each) => sum + textTokens(each), 0);
  return { text, audio: audioTokens(audioMs, OUTPUT_AUDIO_MS_PER_TOKEN) };
}

/**
 * The `usage` of a `response.done`. What the previous response was given already counts as cached, in whole
 * blocks: the conversation only grows at its end.
 */
export function responseUsage(input: TokenCount, output: TokenCount, previous: TokenCount | undefined) {
  const cached = {
    text: cachedTokens(input.text, previous?.text),
    audio: cachedTokens(input.audio, previous?.audio),
  };
  return {
    total_tokens: input.text + input.audio + output.text + output.audio,
    input_tokens: input.text + input.audio,
    output_tokens: output.text + output.audio,
    input_token_details: {
      text_tokens: input.text,
      audio_tokens: input.audio,
      image_tokens: 0,
      cached_tokens: cached.text + cached.audio,
      cached_tokens_details: { text_tokens: cached.text, audio_tokens: cached.audio, image_tokens: 0 },
    },
    output_token_details: { text_tokens: output.text, audio_tokens: output.audio },
  };
}

/**
 * Transcription models that are billed by the token. Others are billed by the length of the audio, and report
 * that.
 */
const BILLED_BY_TOKEN = /^gpt-4o-(mini-)?transcribe/;

/** The `usage` of an input transcription: tokens or seconds, as `model` is billed. */
export function transcriptionUsage(
  model: string | undefined,
  audioMs: number,
  transcript: string,
) {
  if (!BILLED_BY_TOKEN.test(model ?? "")) return { type: "duration" as const, seconds: audioMs / 1000 };
  const input = audioTokens(audioMs, INPUT_AUDIO_MS_PER_TOKEN);
  const output = textTokens(transcript);
  return {
    type: "tokens" as const,
    total_tokens: input + output,
    input_tokens: input,
    input_token_details: { text_tokens: 0, audio_tokens: input },
    output_tokens: output,
  };
}

function cachedTokens(tokens: number, previous = 0): number {
  return Math.floor(Math.min(tokens, previous) / CACHE_BLOCK_TOKENS) * CACHE_BLOCK_TOKENS;
}

function textTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

function audioTokens(ms: number, msPerToken: number): number {
  return Math.ceil(ms / msPerToken);
}
