import type { Subject } from "./cues.ts";
import type { Language } from "./spoken_languages.ts";
import type { NumberPlans } from "./number_plans.ts";

/** What is known of the talk that a text is part of. */
export interface TextContext {
  readonly language: Language;
  /** Whose plans numbers are looked up in. */
  readonly countries: readonly string[];
  readonly plans: NumberPlans | undefined;
  /** What the other side has asked for; `"other"` for something else than a number. */
  readonly asked?: Subject | "other";
  /** What was asked for has been told before this text: what follows is no piece of it. */
  readonly isAnswered?: boolean;
  /** Takes all that can be personal for personal: for texts without context. */
  readonly isStrict?: boolean;
}
