import type { Clock } from "../../util/clock.ts";
import { SystemClock } from "../../util/system_clock.ts";
import type { AgentFactory } from "./agent.ts";
import { echoAgent } from "./agents/echo_agent.ts";
import type { FailureScript } from "./failures/failure_script.ts";

export interface EmulatedRealtimeApiOptions {
  /** Default 127.0.0.1. */
  hostname?: string;
  /** Default 0: any free port. */
  port?: number;
  /** The key that is accepted; default any that is not empty. */
  apiKey?: string;
  /** Default the real one. All deadlines of all sessions go through it. */
  clock?: Clock;
  /** Default the echo test. */
  agent?: AgentFactory;
  /** Audio generated in a unit of time, as a multiple of real time; default 8, `Infinity` for all at once. */
  speed?: number;
  /** Audio in one delta event, in milliseconds; default 100. */
  deltaMs?: number;
  /** Default: nothing goes wrong. */
  script?: FailureScript;
  /** Added to every message, each way, in milliseconds; default 0. */
  networkDelayMs?: number;
  /** Default 3600, the API's limit. */
  maxSessionSeconds?: number;
}

/**
 * The options with their defaults.
 *
 * @throws {RangeError} for a speed or delta length that is not positive
 */
export function completeOptions(options: EmulatedRealtimeApiOptions) {
  const { speed = 8, deltaMs = 100 } = options;
  if (!(speed > 0)) throw new RangeError(`The speed must be above 0, got ${speed}.`);
  if (!(deltaMs > 0)) throw new RangeError(`The length of a delta must be above 0 ms, got ${deltaMs}.`);
  return {
    hostname: options.hostname ?? "127.0.0.1",
    port: options.port ?? 0,
    apiKey: options.apiKey,
    clock: options.clock ?? new SystemClock(),
    agent: options.agent ?? echoAgent(),
    speed,
    deltaMs,
    script: options.script ?? [],
    networkDelayMs: options.networkDelayMs ?? 0,
    maxSessionSeconds: options.maxSessionSeconds ?? 3600,
  };
}
