import { OWN_HOLD_WORDS } from "../../src/businesses/own_words.ts";
import type { CallServices } from "../../src/call/call_services.ts";
import type { HoldClip } from "../../src/call/hold/hold_clip.ts";
import { FIRST_HOLD_BYTE } from "./model_twilio.ts";

/** What callers of a modelled call may hear who wait. */
export const SENTENCES: readonly string[] = OWN_HOLD_WORDS.en;

/** The sentences as they are played: each is a byte of its own, all through. */
export const CLIPS: readonly HoldClip[] = SENTENCES.map((text, i) => ({
  text,
  muLaw: new Uint8Array(8 * (1_200 + 400 * i)).fill(FIRST_HOLD_BYTE + i),
}));

/** They are at hand. */
export const WORDS: CallServices["holdWords"] = { clipsOf: () => CLIPS, prepare() {} };
