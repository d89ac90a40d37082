// The page in the browser is type-checked against this file, so its imports must not lead to anything that
// only Deno has.

/** What the page is told of the server that it calls. */
export interface TelephoneSetup {
  readonly businesses: readonly { readonly id: string; readonly name: string; readonly number: string }[];
  /** Who answers, in words. */
  readonly model: string;
  /** Whether a typed sentence can be spoken; else it becomes tones. */
  readonly canSpeak: boolean;
}
