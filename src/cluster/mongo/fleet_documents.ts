/*
 * What the instances of a fleet keep in MongoDB. Every `at` is the database's time, within a heartbeat.
 *
 * Instances of two versions share it during a deploy, and after one that was taken back. So a field that is
 * added here may be missing, a value that is added means what `fleet_forms.ts` takes it for where it is not
 * known, and no field takes another meaning.
 */

/** An instance, as it last said of itself. */
export interface InstanceDocument {
  /** Of one run of one process. */
  _id: string;
  /** When it last said so. */
  at: Date;
  startedAt: Date;
  version: string;
  /** Where people reach it; null where nobody said so. */
  address: string | null;
  /** An `addressProof` of it; missing where nobody has the operators' token. */
  proof?: string;
  /** Live calls. */
  calls: number;
  /** Calls that it could take beside those. */
  free: number;
  /** Why new calls should not be sent there; null when they should. */
  refusal: string | null;
  /** What it has of the slots of businesses that may have so many calls at once. */
  held: readonly { readonly business: string; readonly slots: number }[];
}

/** A stream's token that was used. */
export interface TokenDocument {
  /** The token's nonce. */
  _id: string;
  at: Date;
}

/**
 * One of the calls that a business may have at once. The number is part of the key, so that no two calls get
 * the same slot, whoever asks at the same time.
 */
export interface SlotDocument {
  /** The business, `#`, and the number of the slot. */
  _id: string;
  business: string;
  /** The CallSid, or the name of a slot for a call that is being placed. */
  call: string;
  /** Whose death frees the slot; {@link ON_ITS_WAY} while the call changes instances. */
  instance: string;
  at: Date;
}

/** In place of an instance: of a call between two of them. */
export const ON_ITS_WAY = "on its way";
/** In place of an instance: of a call whose stream has never said whose it is. */
export const NOWHERE = "nowhere";

/** Where a call is, or how it ended. */
export interface CallPlaceDocument {
  /** The CallSid. */
  _id: string;
  /** The instance that has its stream, or had it last. */
  instance: string;
  ending: "hung_up" | "over" | null;
  /** The nonce of the token that the call's first stream has used up. Written once, with the document. */
  token?: string;
  at: Date;
}

/** A conversation that another instance can take up. */
export interface TalkDocument {
  /** The CallSid. */
  _id: string;
  /** Another one with each writing: whoever deletes this very one has taken it. */
  version: string;
  instance: string;
  /**
   * `checkpoint`: it goes on there. `suspended`: it is away, and may come back. `moved`: another is to
   * take it.
   */
  why: "checkpoint" | "suspended" | "moved";
  business: string;
  /** JSON of a `KeptTalk`: its keys are anybody's words, which BSON does not take everywhere. */
  talk: string;
  at: Date;
}

/** What one instance's calls of a business took on a day. Nobody else writes it. */
export interface DayDocument {
  /** Business, date and instance. */
  _id: string;
  business: string;
  /** By the business's time zone: `2026-11-30`. */
  date: string;
  minutes: number;
  costUsd: number;
  placedCalls: number;
  placedCostUsd: number;
  at: Date;
}
