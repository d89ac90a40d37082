import { holdWords } from "../../src/app/hold_voices.ts";
import { ModelSessions } from "../../src/app/model_sessions.ts";
import { type Business, DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import type { HoldClip } from "../../src/call/hold/hold_clip.ts";
import type { HoldWords } from "../../src/call/hold/hold_words.ts";
import { loadConfig } from "../../src/config/config.ts";
import {
  EmulatedRealtimeApi,
  type EmulatedRealtimeApiOptions,
} from "../../src/lab/openai/emulated_realtime_api.ts";
import { AudioEngines } from "../../src/services/audio_engines.ts";
import { ServiceRegistry } from "../../src/services/service_registry.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { eventually } from "./eventually.ts";
import { RecordingLog } from "./recording_log.ts";

/** What makes sentences for callers who wait, beside an emulated model, without calls. */
export class HoldWordsRig implements AsyncDisposable {
  readonly log = new RecordingLog();
  readonly clock = new SystemClock();
  readonly emulator: EmulatedRealtimeApi;
  readonly words: HoldWords;
  readonly costs: { business: string; costUsd: number }[] = [];
  readonly #sessions: ModelSessions;
  readonly #registry: ServiceRegistry;

  /** @param dataDir where they are kept */
  constructor(dataDir: string, emulator: EmulatedRealtimeApiOptions = {}, env: Record<string, string> = {}) {
    const { clock, log } = this;
    this.emulator = new EmulatedRealtimeApi({ speed: Infinity, ...emulator });
    const config = loadConfig({
      env: {
        PUBLIC_URL: "https://words.test",
        OPENAI_API_KEY: "sk-rig",
        OPENAI_REALTIME_URL: this.emulator.url,
        TWILIO_AUTH_TOKEN: "the rig's auth token",
        DATA_DIR: dataDir,
        ...env,
      },
    });
    this.#registry = new ServiceRegistry(clock, log);
    const engines = new AudioEngines(this.#registry, config.resampler);
    this.#sessions = new ModelSessions(config, "secret", clock, () => []);
    this.words = holdWords({ config, clock, log }, {
      sessions: this.#sessions,
      engines,
      onCost: ({ id }, costUsd) => this.costs.push({ business: id, costUsd }),
    });
  }

  /** Has a business's sentences made, or taken from disk. */
  async ready(business: Business = DEFAULT_BUSINESS, count = 2): Promise<readonly HoldClip[]> {
    await this.until("the sentences are there", () => {
      this.words.prepare(business);
      return this.words.clipsOf(business).length === count;
    });
    return this.words.clipsOf(business);
  }

  /** Waits until sentences were made and kept. */
  kept(times = 1): Promise<void> {
    const made = () => this.log.names.filter((name) => name === "hold_words_made").length;
    return this.until("they are kept", () => made() === times);
  }

  until(what: string, condition: () => boolean): Promise<void> {
    return eventually(what, condition);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.words[Symbol.asyncDispose]();
    this.#sessions[Symbol.dispose]();
    await this.emulator.stop();
    await this.#registry[Symbol.asyncDispose]();
    await eventually("no deadline is left", () => this.clock.pending === 0);
  }
}
