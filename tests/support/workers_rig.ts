import assert from "node:assert/strict";
import { TalkingCaller } from "../../src/lab/load/talking_caller.ts";
import type { Line } from "../../src/lab/twilio/line.ts";
import { SERVER_FLAGS } from "../../src/cli/self.ts";
import { toneAgent } from "../../src/lab/openai/agents/tone_agent.ts";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";
import { readLines } from "../../src/util/read_lines.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import type { MergedMemory } from "../../src/observability/reports/merge_memory.ts";
import { killProcess } from "./kill_process.ts";

const AUTH_TOKEN = "a test's auth token";
/** Of operators. */
export const ADMIN_TOKEN = "a test's admin token";
const PUBLIC_URL = "https://voice.test";
const ACCOUNT_SID = `AC${"0".repeat(32)}`;
/** Length of an answer. */
export const REPLY_MS = 1_000;
/** Long enough for a busy machine; nothing waits so long in a good run. */
const PATIENCE_MS = 60_000;
/** A request that meets a worker which stands still is tried again, on another connection. */
const REQUEST_MS = 3_000;

/** `slimline serve --workers N` as processes of their own, with a simulated model. */
export class WorkersRig implements AsyncDisposable {
  readonly clock = new SystemClock();
  readonly emulator = new EmulatedRealtimeApi({ clock: this.clock, agent: toneAgent(REPLY_MS / 1000) });
  readonly #child: Deno.ChildProcess;
  readonly #logRead: Promise<void>;
  #log = "";
  #url = "";

  private constructor(workers: number, env: Record<string, string>) {
    this.#child = new Deno.Command("deno", {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        ...SERVER_FLAGS,
        "--allow-run=deno",
        "main.ts",
        "serve",
        "--workers",
        String(workers),
      ],
      env: {
        HOST: "127.0.0.1",
        PORT: "0",
        PUBLIC_URL,
        OPENAI_API_KEY: "sk-test",
        OPENAI_REALTIME_URL: this.emulator.url,
        TWILIO_ACCOUNT_SID: ACCOUNT_SID,
        TWILIO_AUTH_TOKEN: AUTH_TOKEN,
        ADMIN_TOKEN,
        LOG_FORMAT: "json",
        ...env,
      },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#logRead = this.#read();
  }

  /** Resolves when all workers listen, or the log has another event. */
  static async start(
    workers: number,
    env: Record<string, string> = {},
    until = "workers_listening",
  ): Promise<WorkersRig> {
    const rig = new WorkersRig(workers, env);
    const port = await rig.logged(new RegExp(`"event":"${until}"(?:.*?"port":(\\d+))?`));
    rig.#url = `http://127.0.0.1:${port}`;
    return rig;
  }

  /** The port that the workers share. */
  get port(): number {
    return Number(new URL(this.#url).port);
  }

  /** Everything that was logged. */
  get log(): string {
    return this.#log;
  }

  /** Where the workers answer together. */
  get url(): string {
    return this.#url;
  }

  /** Waits for a line of the log; resolves with what the pattern's group has of it. */
  async logged(pattern: RegExp): Promise<string> {
    await this.eventually(`the log says ${pattern}`, () => pattern.test(this.#log));
    return pattern.exec(this.#log)?.[1] ?? "";
  }

  /** Removes a folder of the server: as another program, since a test may write in its own folders only. */
  async remove(folder: string): Promise<void> {
    const code = `Deno.removeSync(${JSON.stringify(folder)}, { recursive: true })`;
    assert.ok((await new Deno.Command("deno", { args: ["eval", code] }).output()).success);
  }

  /** Sends a signal to the latest process of a worker: as another program, since only such may signal a stranger's child. */
  async kill(worker: number, signal: Deno.Signal): Promise<void> {
    const started = [...this.#log.matchAll(/"worker_started","worker":(\d+),"pid":(\d+)/g)];
    const pid = started.findLast(([, index]) => Number(index) === worker)?.[2];
    const killer = new Deno.Command("deno", { args: ["eval", `Deno.kill(${pid}, "${signal}")`] });
    assert.ok((await killer.output()).success);
  }

  /** `GET /memory` of whichever worker answers. */
  async memory(): Promise<MergedMemory> {
    return JSON.parse(await this.get("/memory"));
  }

  /** The body of an operators' endpoint, from whichever worker answers. */
  async get(path: string): Promise<string> {
    for (let tries = 1;; tries++) {
      try {
        const signal = AbortSignal.timeout(REQUEST_MS);
        // A connection of its own: the kernel chooses a worker for each.
        const answer = await fetch(this.#url + path, {
          headers: { connection: "close", authorization: `Bearer ${ADMIN_TOKEN}` },
          signal,
        });
        assert.equal(answer.status, 200);
        return await answer.text();
      } catch (error) {
        if (tries === 20) throw error;
      }
    }
  }

  /** Asks an operators' endpoint of whichever worker answers to do something. Returns the status. */
  async post(path: string, body: unknown): Promise<number> {
    const answer = await fetch(this.#url + path, {
      method: "POST",
      headers: {
        connection: "close",
        authorization: `Bearer ${ADMIN_TOKEN}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    await answer.body?.cancel();
    return answer.status;
  }

  /** A caller who talks until it is told to stop. */
  caller(): TalkingCaller {
    return new TalkingCaller(this.line);
  }

  /** How callers reach the server. */
  get line(): Line {
    return {
      clock: this.clock,
      server: this.#url,
      publicUrl: PUBLIC_URL,
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
    };
  }

  async eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const endMs = this.clock.now() + PATIENCE_MS;
    while (!await holds()) {
      assert.ok(this.clock.now() < endMs, `${what} did not come about. The log:\n${this.#log.slice(-4000)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Resolves when nobody is left who could log anything. */
  silent(): Promise<void> {
    return this.#logRead;
  }

  /** The exit code of the one process that was started. */
  async ended(): Promise<number> {
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    killProcess(this.#child, "SIGTERM");
    await this.#child.status;
    await this.#logRead;
    await this.emulator.stop();
  }

  async #read(): Promise<void> {
    for await (const line of readLines(this.#child.stderr)) this.#log += `${line}\n`;
  }
}
