import type { Business } from "../../businesses/business.ts";

/**
 * What the model is told in every response: the business's instructions, and the language to begin in, named in English,
 * which it follows best.
 */
export function sessionInstructions({ instructions, language }: Business): string {
  if (language === undefined) return instructions;
  const name = new Intl.DisplayNames(["en"], { type: "language" }).of(language) ?? language;
  return `${instructions}\n\nBegin in ${name}. Go on in another language only when the caller speaks it.`;
}

/**
 * Whether OpenAI itself cancels its answer at the first sound of the caller. Where short sounds must not interrupt, or the
 * greeting must not be interrupted, it may not: then this program cancels.
 */
export function modelInterrupts(business: Business): boolean {
  return business.turns.minInterruptionMs === 0 && business.greeting.isInterruptible;
}

/** What a session must be told of its business for the conversation to work as it does. */
export function sessionTerms(business: Business): { instructions: string; interruptsItself: boolean } {
  return { instructions: sessionInstructions(business), interruptsItself: modelInterrupts(business) };
}
