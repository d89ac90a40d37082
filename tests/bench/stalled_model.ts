// The simulated model of `stalled_bench.ts`, in a thread of its own so that it does not hold up the callers.

import { toneAgent } from "../../src/lab/openai/agents/tone_agent.ts";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";

/** Which sessions do what, by their number from 1. The others answer briefly. */
export interface StalledModelOptions {
  /** Up to this one they stop reading after some seconds; 0: none does. */
  stopReadingTo: number;
  /** From the next one on, up to this one, they answer at length. */
  longTo: number;
}

const STOP_READING_AFTER_MS = 4_000;
const LONG_SECONDS = 15;
const SHORT_SECONDS = 3;

/** A thread as it sees itself; the types of the window are loaded for everything else. */
const thread = globalThis as unknown as {
  onmessage: (event: MessageEvent<StalledModelOptions>) => void;
  postMessage(message: { url: string }): void;
};

thread.onmessage = ({ data: { stopReadingTo, longTo } }) => {
  const [long, short] = [toneAgent(LONG_SECONDS), toneAgent(SHORT_SECONDS)];
  const emulator = new EmulatedRealtimeApi({
    agent: (session) => (session.number > longTo / 2 && session.number <= longTo ? long : short)(session),
    script: stopReadingTo === 0 ? [] : [{
      failure: "stop_reading",
      at: { on: "elapsed", afterMs: STOP_READING_AFTER_MS },
      sessions: { to: stopReadingTo },
    }],
  });
  thread.postMessage({ url: emulator.url });
};
