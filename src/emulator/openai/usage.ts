import type { ConversationItem } from "./conversation_item.ts";

/** User audio takes a token each 100 ms, assistant audio each 50 ms (OpenAI's guide on Realtime costs). */
export const USER_AUDIO_TOKEN_MS = 100;
export const ASSISTANT_AUDIO_TOKEN_MS = 50;
/** A rough average of English text. */
const CHARS_PER_TOKEN = 4;
/** The cache works in blocks of this many tokens. */
const CACHE_BLOCK_TOKENS = 64;

/** Tokens of text and of audio. */
export interface Tokens {
  text: number;
  audio: number;
}

export function textTokens(chars: number): number {
  return Math.ceil(chars / CHARS_PER_TOKEN);
}

/** What the model reads for a response: instructions, tools, and all of the conversation. */
export function inputTokens(
  fixedChars: number,
  items: readonly ConversationItem[],
): Tokens {
  let chars = fixedChars;
  let audio = 0;
  for (const { item, audioMs, sentMs, truncatedAtMs } of items) {
    if (item.role === "user") audio += Math.ceil(audioMs / USER_AUDIO_TOKEN_MS);
    else audio += Math.ceil((truncatedAtMs ?? sentMs) / ASSISTANT_AUDIO_TOKEN_MS);
    for (const part of item.content ?? []) chars += part.text?.length ?? part.transcript?.length ?? 0;
    chars += (item.arguments?.length ?? 0) + (item.output?.length ?? 0);
  }
  return { text: textTokens(chars), audio };
}

/** `usage` as `response.done` has it. `cached` is what the response before it had read already. */
export function usageReport(input: Tokens, cached: Tokens, output: Tokens) {
  const cachedText = wholeBlocks(Math.min(input.text, cached.text));
  const cachedAudio = wholeBlocks(Math.min(input.audio, cached.audio));
  return {
    total_tokens: input.text + input.audio + output.text + output.audio,
    input_tokens: input.text + input.audio,
    output_tokens: output.text + output.audio,
    input_token_details: {
      text_tokens: input.text,
      audio_tokens: input.audio,
      image_tokens: 0,
      cached_tokens: cachedText + cachedAudio,
      cached_tokens_details: { text_tokens: cachedText, audio_tokens: cachedAudio, image_tokens: 0 },
    },
    output_token_details: { text_tokens: output.text, audio_tokens: output.audio },
  };
}

function wholeBlocks(tokens: number): number {
  return tokens - tokens % CACHE_BLOCK_TOKENS;
}
