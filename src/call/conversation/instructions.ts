import type { Business } from "../../businesses/business.ts";
import { type ItemCreate, textItem } from "../../model/events.ts";
import type { ResumeReason } from "../../carrier/carrier.ts";

/**
 * What the model is told in every response: the business's instructions, and the language to begin in, named
 * in English, which it follows best.
 */
export function sessionInstructions({ instructions, language }: Business): string {
  if (language === undefined) return instructions;
  const name = new Intl.DisplayNames(["en"], { type: "language" }).of(language) ?? language;
  return `${instructions}\n\nBegin in ${name}. Go on in another language only when the caller speaks it.`;
}

/**
 * Whether OpenAI itself cancels its answer at the first sound of the caller. Where short sounds must not
 * interrupt, or the greeting must not be interrupted, it may not: then this program cancels.
 */
export function modelInterrupts(business: Business): boolean {
  return business.turns.minInterruptionMs === 0 && business.greeting.isInterruptible;
}

/** What a session must be told of its business for the conversation to work as it does. */
export function sessionTerms(business: Business): { instructions: string; interruptsItself: boolean } {
  return { instructions: sessionInstructions(business), interruptsItself: modelInterrupts(business) };
}

/**
 * What a model is told whose answer went on after a sound without words, and has an end that it did not make.
 */
export const GO_ON: ItemCreate = textItem(
  "system",
  "A sound of the caller without words broke your answer off. The caller has heard it as far as it stands here. Go on exactly " +
    "where it ends, and repeat nothing.",
);

/** What a model is told whose answer was ended by its own side. */
export const BROKEN_OFF: ItemCreate = textItem(
  "system",
  "Your answer broke off. The caller has heard it as far as it stands here. Go on exactly where it ends, and repeat nothing.",
);

/** What a model is told whose answer is as long as it may be, or was ended by a filter: by the reason. */
export const ENDED_EARLY: ReadonlyMap<string | undefined, ItemCreate> = new Map([
  [
    "max_output_tokens",
    textItem(
      "system",
      "Your answer broke off, since it is as long as it may be. The caller has heard it as far as it stands here. End the " +
        "sentence in a few words, repeat nothing, and ask whether you should go on.",
    ),
  ],
  [
    "content_filter",
    textItem(
      "system",
      "A filter broke your answer off. The caller has heard it as far as it stands here. Say in one short sentence that you " +
        "cannot go on with that, and ask what else you can do.",
    ),
  ],
]);

/** What a model is told that has asked for a moment, and does nothing. */
export const REMINDER: ItemCreate = textItem(
  "system",
  "You have told the caller that it takes a moment, and have called no tool since. The caller waits. Do now what you have " +
    "announced, or say how it goes on.",
);

/** What the model is told to say in moments that the business's instructions do not speak of. */
export const LINES = {
  /** The connection to the model was lost in the middle of its answer. */
  handover:
    "The connection broke off for a moment while you were answering. Apologise in a few words and carry on where the " +
    "conversation stopped, in one or two sentences.",
  /** The connection was lost while the caller spoke, so the words may be gone. */
  repeat:
    "The connection broke off for a moment while the caller was speaking. Ask the caller in one short sentence to repeat.",
  /**
   * The connection had been dead for seconds when it was found out, so whatever was said meanwhile is gone.
   */
  unheard:
    "The connection broke off for a few seconds, and what the caller may have said meanwhile was not heard. Say so in one " +
    "short sentence, and ask the caller to say it again.",
  /** The caller made a sound, and voice detection did not take it for speech. */
  unnoticed:
    "The caller may have just said something that you did not hear. Ask in one short sentence what they said.",
  /** The telephone company takes its time. */
  wait: "It takes a moment longer. Ask the caller in a few words to stay on the line, and say nothing else.",
  /** Answers that were asked for gave the caller nothing to hear. */
  unheardAnswer:
    "The caller waits, and has heard no answer. Say aloud, in one or two short sentences, what comes next in the conversation.",
  /** Added to the greeting. */
  spokenFirst: "The caller has spoken before you did: greet all the same, and go into what they said.",
  silence: "The caller has been silent for a while. Ask in a few words whether they are still there.",
  /** The model hangs up without a word. */
  farewell: "The call ends now. Say goodbye to the caller in one short sentence.",
  longSilence: "The caller does not answer any more. Say goodbye in one short sentence.",
  nearEnd:
    "The call may last only about a minute longer. Tell the caller so in one short sentence, and ask for what matters most.",
  end: "The longest time of a call is over. Say goodbye in one short sentence.",
  limit:
    "The call cannot go on any longer. Tell the caller so in one short sentence, suggest to call again another time, and say " +
    "goodbye.",
  notPutThrough:
    "The caller could not be put through. Tell the caller so in one short sentence, and offer to take a message.",
  operatorEnd:
    "Somebody at the business ends the call. Tell the caller in one short sentence that the call ends here, and say goodbye.",
  keyHangUp: "The caller ended the call by a key. Say goodbye in one short sentence.",
} as const;

/** What the model is told when an operator lets it know something. */
export function operatorTells(text: string, isToBeSaid: boolean): string {
  const what = isToBeSaid
    ? "Tell the caller at once, in your own words, what of it concerns them"
    : "Bear it in mind, and do not speak of it by itself";
  return `Somebody at the business tells you, unheard by the caller: ${text}\n${what}.`;
}

/** Has the model say what it has only written. */
export function aloud(text: string): string {
  return `The caller has not heard your last answer, since it was written. Say it aloud now, as it stands: ${text}`;
}

/** What the model is told to say when a call comes back from somewhere; empty where nothing is to be said. */
export const RESUME_LINES: Readonly<Record<ResumeReason, string>> = {
  transfer_failed:
    "The person the caller was to be put through to did not answer. Tell the caller so in one short sentence, and offer to take a message.",
  digits_sent: "The key tones were played into the call. Carry on.",
  moved: "", // the caller is to notice nothing
  rescued:
    "The connection broke off for a few seconds, and what was said last was not heard. Apologise in a few words, and carry " +
    "on where the conversation stopped: ask the caller to say again what they said last, if it was their turn.",
  answering_machine:
    "An answering machine has answered. Leave a short message: who calls, why, and how to call back.",
};
