import type { AudioEngine } from "../audio/transcoder.ts";
import type { Business } from "../businesses/business.ts";
import type { OpenControl } from "../carrier/carrier.ts";
import type { ModelSession, ModelSessionHandler } from "../model/model.ts";
import type { Reconnects } from "../model/reconnects.ts";
import type { Log } from "../observability/log.ts";
import type { Metrics } from "../observability/metrics/metrics.ts";
import type { Clock } from "../util/clock.ts";
import type { CallExpense, CallInfo, DayLimit } from "./call_summary.ts";
import type { HoldWords } from "./hold/hold_words.ts";
import type { CallTrace } from "./journal/call_trace.ts";
import type { CallUsage } from "./journal/usage.ts";
import type { PlaybackOptions } from "./playback/playback.ts";
import type { SuspendedCalls } from "./suspended_calls.ts";
import type { Tool } from "./tools/tool.ts";
import type { UplinkOptions } from "./uplink.ts";

/** Makes the traces of calls. */
export interface Tracing {
  /** A stream of a call begins. @param before the context of the trace that it goes on with */
  begin(info: CallInfo, clock: Clock, before: string | undefined): CallTrace;
}

/** What all calls of the process share. */
export interface CallServices {
  clock: Clock;
  log: Log;
  metrics: Metrics;
  /** Undefined where nobody collects traces. */
  tracing?: Tracing;
  playback: PlaybackOptions;
  /** How much audio one append shall carry at present. */
  appendSize: UplinkOptions["appendSize"];
  /** The tools of a business; all its calls share them. */
  toolsFor: (business: Business) => readonly Tool[];
  /** Opens a Realtime session for a call, or hands over the one that was opened ahead. */
  openRealtime: (info: CallInfo, handler: ModelSessionHandler) => ModelSession;
  /** The line in which calls wait to connect to the model again. */
  reconnects: Reconnects;
  /** Sentences for callers who wait for the model. Default: there are none. */
  holdWords?: Pick<HoldWords, "clipsOf" | "prepare">;
  /** Takes control of a call at the carrier. */
  openControl: OpenControl;
  /** What a call's use of OpenAI costs, in USD; undefined where a price is not known. */
  callCost: (business: Business, usage: CallUsage) => number | undefined;
  suspended: SuspendedCalls;
  /** Counts what a call has taken since it was last counted. */
  book: (info: CallInfo, expense: CallExpense) => void;
  /** Which of its business's limits of the day is used up by now; undefined when none. */
  spentLimit: (info: CallInfo) => DayLimit | undefined;
}

/** The audio engine of a call, for code that only passes it on. */
export type CallEngine = AudioEngine;
