import assert from "node:assert/strict";
import { TwilioSigner } from "../../src/carrier/twilio/signature.ts";
import { toneAgent } from "../../src/lab/openai/agents/tone_agent.ts";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";
import type { Line } from "../../src/lab/twilio/line.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { eventually } from "../support/eventually.ts";
import { attack, frame, openSocket, requestText } from "../support/http_attacker.ts";
import { type ProcessFigures, processFigures } from "../support/process_figures.ts";
import { ServeProcess } from "../support/serve_process.ts";
import { startText } from "../support/stream_messages.ts";
import { TempFolder } from "../support/temp_folder.ts";
import type { HostileTarget } from "./hostile_kinds.ts";

const AUTH_TOKEN = "a test's auth token";
const ACCOUNT_SID = `AC${"1".repeat(32)}`;
const PUBLIC_URL = "https://voice.example.com";
const OVERHEARD = {
  CallSid: `CA${"a".repeat(32)}`,
  AccountSid: ACCOUNT_SID,
  From: "+15550100001",
  To: "+15550100000",
};
const LOOK_EVERY_MS = 500;

/** A server as a process of its own, those who call it, and what those who attack it know. */
export class HostileRig implements AsyncDisposable {
  #streams = 0;

  private constructor(
    readonly clock: SystemClock,
    readonly temp: TempFolder,
    readonly emulator: EmulatedRealtimeApi,
    readonly server: ServeProcess,
    readonly port: number,
  ) {}

  static async start(): Promise<HostileRig> {
    const clock = new SystemClock();
    const temp = new TempFolder();
    const emulator = new EmulatedRealtimeApi({ clock, agent: toneAgent(2) });
    const { server, port } = await ServeProcess.start({
      folder: temp.path,
      env: {
        PUBLIC_URL,
        OPENAI_API_KEY: "sk-test",
        OPENAI_REALTIME_URL: emulator.url,
        TWILIO_ACCOUNT_SID: ACCOUNT_SID,
        TWILIO_AUTH_TOKEN: AUTH_TOKEN,
        DATA_DIR: `${temp.path}/data`,
        DRAIN_SECONDS: "0",
      },
    });
    return new HostileRig(clock, temp, emulator, server, port);
  }

  get line(): Line {
    return {
      clock: this.clock,
      server: `http://127.0.0.1:${this.port}`,
      publicUrl: PUBLIC_URL,
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
    };
  }

  /** Sessions with the model that are open. */
  get sessions(): number {
    return this.emulator.sessions.filter(({ record }) => record.endedMs === undefined).length;
  }

  /** What an attacker knows who has overheard one whole call, and has the auth token besides. */
  async target(): Promise<HostileTarget> {
    const signer = new TwilioSigner(AUTH_TOKEN);
    const voice = async (callSid: string) => {
      const params = new URLSearchParams({ ...OVERHEARD, CallSid: callSid });
      const signature = await signer.sign(`${PUBLIC_URL}/voice`, params);
      return requestText("/voice", {
        headers: [`X-Twilio-Signature: ${signature}`, "Content-Type: application/x-www-form-urlencoded"],
        body: params.toString(),
      });
    };
    const streamAfter = async (request: string): Promise<[string, string[]] | undefined> => {
      const [, stream] = /<Stream url="([^"]+)"/.exec((await attack(this.port, request)).text) ?? [];
      return stream === undefined
        ? undefined
        : [new URL(stream).pathname, [`X-Twilio-Signature: ${await signer.sign(stream)}`]];
    };
    const { CallSid } = OVERHEARD;
    const replayedVoice = await voice(CallSid);
    const usedStream = await streamAfter(replayedVoice);
    assert.ok(usedStream);
    const { conn, status } = await openSocket(this.port, ...usedStream);
    assert.equal(status, 101);
    const said = (event: string) => this.server.log.includes(`"event":"${event}","call":"${CallSid}"`);
    await conn.write(frame(1, startText(CallSid).replace(/AC[0-9a-f]{32}/, ACCOUNT_SID)));
    await eventually("the overheard call is on", () => said("call_started"), 10_000);
    conn.close();
    await eventually("it is over", () => said("call_ended"), 10_000);
    return {
      publicUrl: PUBLIC_URL,
      authToken: AUTH_TOKEN,
      replayedVoice,
      usedStream,
      freshStream: async () =>
        await streamAfter(await voice(`CA${String(++this.#streams).padStart(32, "b")}`)),
    };
  }

  look(): Promise<ProcessFigures> {
    return processFigures(this.server.pid, this.port);
  }

  /** The most of what it took meanwhile; of the time that it waited for a processor, the most in half a second. */
  async most(ms: number): Promise<ProcessFigures> {
    const untilMs = performance.now() + ms;
    let last = await this.look();
    let most = { ...last, waitedMs: 0 };
    while (performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      const now = await this.look();
      most = {
        rssBytes: Math.max(most.rssBytes, now.rssBytes),
        waitedMs: Math.max(most.waitedMs, now.waitedMs - last.waitedMs),
        descriptors: Math.max(most.descriptors, now.descriptors),
        connections: Math.max(most.connections, now.connections),
        deserted: Math.max(most.deserted, now.deserted),
      };
      last = now;
    }
    return most;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.emulator.stop();
    this.temp[Symbol.dispose]();
  }
}
