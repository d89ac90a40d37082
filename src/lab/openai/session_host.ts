import type { RealtimeServerEvent } from "openai/resources/realtime/realtime";
import type { Clock } from "../../util/clock.ts";
import type { Agent } from "./agent.ts";
import type { Delta } from "./audio/agent_clip.ts";
import type { EmulatedConversation } from "./emulated_conversation.ts";
import type { Reached, SessionFailures } from "./failures/session_failures.ts";
import type { SessionConfig } from "./session_config.ts";
import type { SessionRecord } from "./session_record.ts";
import type { EmulatedRealtimeApiStats } from "./totals.ts";

/** A server event before it gets its `event_id`. Its type is one of the SDK's. */
export interface OutgoingEvent {
  type: RealtimeServerEvent["type"];
  [field: string]: unknown;
}

export type IdPrefix = "event" | "item" | "resp" | "call";

/** What the parts of a session see of it. */
export interface SessionHost {
  readonly clock: Clock;
  readonly agent: Agent;
  readonly config: SessionConfig;
  readonly conversation: EmulatedConversation;
  readonly failures: SessionFailures;
  readonly record: SessionRecord;
  readonly totals: EmulatedRealtimeApiStats;
  /** Audio generated in a unit of time, as a multiple of real time. */
  readonly speed: number;
  readonly deltaMs: number;
  /** Between what a response answers and its first output, in milliseconds. */
  readonly answerAfterMs: number;
  /** True once the connection is closing, gone or stalled: nothing that is emitted arrives any more. */
  readonly isOver: boolean;
  newId(prefix: IdPrefix): string;
  emit(event: OutgoingEvent): void;
  /**
   * Emits an audio delta and counts it. `place` is the JSON of where it belongs, without braces: the audio is
   * not put through a serializer.
   */
  emitAudio(place: string, delta: Delta, audio: { responseId: string; itemId: string; ms: number }): void;
  /** Runs what the failure script has for a point. */
  reached(point: Reached): void;
}
