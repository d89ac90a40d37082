import { toneAgent } from "../openai/agents/tone_agent.ts";
import { EmulatedRealtimeApi } from "../openai/emulated_realtime_api.ts";
import { cpuSeconds } from "../../observability/process_resources.ts";
import { LoopLag } from "../../observability/loop_lag.ts";
import { SystemClock } from "../../util/system_clock.ts";
import { answer, requests } from "./helper_process.ts";
import type { ModelReport } from "../capacity/measurement.ts";

/** `listen` is answered with `{ url }`, `report` with a {@link ModelReport}. */
export type ModelRequest = { do: "listen"; replySeconds: number } | { do: "report" };

/** The process of the simulated model: answers everything with a tone, and counts. */
export async function model(): Promise<void> {
  const clock = new SystemClock();
  using lag = new LoopLag(clock);
  let emulator: EmulatedRealtimeApi | undefined;
  for await (const request of requests<ModelRequest>()) {
    if (request.do === "listen") {
      emulator ??= new EmulatedRealtimeApi({ clock, agent: toneAgent(request.replySeconds) });
      answer({ url: emulator.url });
    } else if (emulator) {
      const report: ModelReport = {
        stats: emulator.stats(),
        lag: lag.takeReport(),
        cpuSeconds: cpuSeconds() ?? null,
      };
      answer(report);
    }
  }
  await emulator?.stop();
}
