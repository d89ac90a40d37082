import type { EmulatedRealtimeApiStats } from "../openai/totals.ts";
import { answerRequest, type HelperLoad, HelperProcess, readRequests } from "./helper_process.ts";
import { toneAgent } from "../openai/agents/tone_agent.ts";
import { EmulatedRealtimeApi } from "../openai/emulated_realtime_api.ts";
import type { KeyPairPem } from "../openai/wire/self_signed.ts";
import { cpuSeconds } from "../../observability/process_resources.ts";
import { LoopLag } from "../../observability/loop_lag.ts";
import { SystemClock } from "../../util/system_clock.ts";

/** What the model's process tells. */
export interface ModelReport extends HelperLoad {
  stats: Pick<EmulatedRealtimeApiStats, "sessionsOpen" | "appendedMs" | "deltaAudioMs">;
}

/** How long the model may take to answer a request. */
const ANSWER_MS = 10_000;

/** The simulated model in a process of its own. */
export class ModelProcess implements AsyncDisposable {
  readonly #helper: HelperProcess;
  /** Where it takes sessions. */
  readonly url: string;

  private constructor(helper: HelperProcess, url: string) {
    this.#helper = helper;
    this.url = url;
  }

  /**
   * @param replySeconds length of its answers
   * @param tls takes sessions over TLS, with this certificate
   * @throws {ProcessError} when it does not begin to work
   */
  static async start(replySeconds: number, tls?: KeyPairPem): Promise<ModelProcess> {
    await using starting = new AsyncDisposableStack();
    const helper = starting.use(await HelperProcess.start("model"));
    const { url } = await ask<{ url: string }>(helper, { do: "listen", replySeconds, tls });
    starting.move();
    return new ModelProcess(helper, url);
  }

  get pid(): number {
    return this.#helper.pid;
  }

  /** What it has counted since its start. @throws {ProcessError} when it does not answer */
  report(): Promise<ModelReport> {
    return ask(this.#helper, { do: "report" });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#helper[Symbol.asyncDispose]();
  }
}

async function ask<Answer>(helper: HelperProcess, request: ModelRequest): Promise<Answer> {
  await helper.tell(request);
  return await helper.next<Answer>(ANSWER_MS);
}

/** `listen` is answered with `{ url }`, `report` with a {@link ModelReport}. */
export type ModelRequest = { do: "listen"; replySeconds: number; tls?: KeyPairPem } | { do: "report" };

/** The process of the simulated model: answers everything with a tone, and counts. */
export async function runModel(): Promise<void> {
  const clock = new SystemClock();
  using lag = new LoopLag(clock);
  let emulator: EmulatedRealtimeApi | undefined;
  for await (const request of readRequests<ModelRequest>()) {
    if (request.do === "listen") {
      const { replySeconds, tls } = request;
      emulator ??= new EmulatedRealtimeApi({ clock, agent: toneAgent(replySeconds), tls });
      answerRequest({ url: emulator.url });
    } else if (emulator) {
      const report: ModelReport = {
        stats: emulator.stats(),
        lag: lag.takeReport(),
        cpuSeconds: cpuSeconds() ?? null,
      };
      answerRequest(report);
    }
  }
  await emulator?.stop();
}
