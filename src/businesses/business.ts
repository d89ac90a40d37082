/** What makes one business's calls its own. */
export interface Business {
  /** Stable name in records, tokens and metrics: lower-case letters, digits and dashes. */
  readonly id: string;
  /** As spoken. */
  readonly name: string;
  /** The model's instructions. */
  readonly instructions: string;
  /** What the caller hears first, told to the model as an instruction; empty: the caller speaks first. */
  readonly greeting: string;
  /** One of OpenAI's voices. */
  readonly voice: string;
  /** Spoken by Twilio when the model cannot be had, before the call ends. */
  readonly fallbackWords: string;
  /** Spoken by Twilio when no call can be taken. */
  readonly busyWords: string;
}

/** Answers every number when no business is configured, so that a first call works. */
export const DEFAULT_BUSINESS: Business = Object.freeze({
  id: "default",
  name: "Slimline",
  instructions:
    "You answer the telephone. Speak like a friendly, competent receptionist: short sentences, one question at a time, " +
    "no lists, no markup. Say numbers and times the way people say them. When you do not know something, say so and offer " +
    "to take a message. Answer in the language that the caller speaks.",
  greeting: "Greet the caller in one short sentence and ask how you can help.",
  voice: "marin",
  fallbackWords: "Sorry, we cannot take your call right now. Please try again in a few minutes. Goodbye.",
  busyWords: "All our lines are busy right now. Please call again in a few minutes. Goodbye.",
});
