import assert from "node:assert/strict";
import { BYTES_PER_MS } from "../../src/audio/mulaw.ts";
import {
  EmulatedRealtimeApi,
  type EmulatedRealtimeApiOptions,
} from "../../src/lab/openai/emulated_realtime_api.ts";
import type { CallReport } from "../../src/lab/twilio/call_report.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { killProcess } from "../support/kill_process.ts";

/** Of operators. */
export const EXAMPLE_ADMIN_TOKEN = "an example's admin token";
const PUBLIC_URL = "https://example.test";
const AUTH_TOKEN = "an example's auth token";
/** A process is slow to start on a machine with other things to do. */
const WITHIN_MS = 20_000;

/** A file of examples/, run as its first lines say, between the emulators. */
export class ExampleProcess implements AsyncDisposable {
  /** Where it listens. */
  readonly address: string;
  /** The folder that it was given as `DATA_DIR`. */
  readonly dataDir: string;
  readonly #clock: SystemClock;
  readonly #model: EmulatedRealtimeApi;
  readonly #folder: TempFolder;
  readonly #process: Deno.ChildProcess;
  readonly #output: Output;

  private constructor(
    address: string,
    parts: {
      clock: SystemClock;
      model: EmulatedRealtimeApi;
      folder: TempFolder;
      process: Deno.ChildProcess;
      output: Output;
    },
  ) {
    this.address = address;
    this.#clock = parts.clock;
    this.#model = parts.model;
    this.#folder = parts.folder;
    this.#process = parts.process;
    this.#output = parts.output;
    this.dataDir = parts.folder.path;
  }

  /** Starts examples/`name`, and waits until it listens. */
  static async start(name: string, agent: EmulatedRealtimeApiOptions["agent"]): Promise<ExampleProcess> {
    const clock = new SystemClock();
    const folder = new TempFolder();
    const model = new EmulatedRealtimeApi({ clock, agent });
    const process = new Deno.Command("deno", {
      args: [
        "run",
        "--no-prompt",
        "--permission-set=server",
        `--allow-write=${folder.path}`,
        `--allow-read=${folder.path}`,
        `examples/${name}`,
      ],
      env: {
        HOST: "127.0.0.1",
        PORT: "0",
        PUBLIC_URL,
        OPENAI_API_KEY: "sk-example",
        OPENAI_REALTIME_URL: model.url,
        TWILIO_AUTH_TOKEN: AUTH_TOKEN,
        DATA_DIR: folder.path,
        ADMIN_TOKEN: EXAMPLE_ADMIN_TOKEN,
        BUSINESSES: `${folder.path}/businesses`,
        DRAIN_SECONDS: "0",
      },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = new Output(process);
    const address = await output.find(/Listening on (http:\/\/127\.0\.0\.1:\d+)/).catch((error) => {
      killProcess(process, "SIGTERM");
      throw error;
    });
    return new ExampleProcess(address, { clock, model, folder, process, output });
  }

  /** A call that hears 300 ms, says something, and hears `heardMs` in all. */
  async call(heardMs: number): Promise<CallReport> {
    const clock = this.#clock;
    const caller = new SimulatedCaller({
      line: {
        clock,
        server: this.address,
        publicUrl: PUBLIC_URL,
        accountSid: `AC${"1".repeat(32)}`,
        authToken: AUTH_TOKEN,
      },
    });
    const hears = (ms: number) =>
      caller.until(() => caller.player.heard(clock.now()).length >= ms * BYTES_PER_MS, WITHIN_MS);
    const done = caller.place();
    assert.ok(await hears(300), this.#output.text);
    caller.speech.say(CallerSpeech.tone(300, 600));
    assert.ok(await hears(heardMs), this.#output.text);
    caller.hangUp();
    const report = await done;
    assert.deepEqual(report.problems, []);
    return report;
  }

  /** Waits until it has printed what fits `pattern`. */
  async printed(pattern: RegExp): Promise<void> {
    await this.#output.find(pattern);
  }

  /** Stops it as a service manager does, and expects that it ends in good order. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGTERM");
    const { code } = await this.#process.status;
    await this.#output.ended;
    await this.#model[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
    assert.equal(code, 0, this.#output.text);
  }
}

/** What a process prints. */
class Output {
  text = "";
  readonly ended: Promise<unknown>;
  #onText = () => {};

  constructor({ stdout, stderr }: Deno.ChildProcess) {
    this.ended = Promise.all([this.#read(stdout), this.#read(stderr)]);
  }

  /** The first group of `pattern`, once that is printed. */
  async find(pattern: RegExp): Promise<string> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`${pattern} was not printed:\n${this.text}`)),
      WITHIN_MS,
    );
    try {
      while (true) {
        const found = pattern.exec(this.text);
        if (found) return found[1];
        const more = Promise.withResolvers<void>();
        this.#onText = more.resolve;
        await Promise.race([more.promise, late.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.text += text;
      this.#onText();
    }
  }
}
