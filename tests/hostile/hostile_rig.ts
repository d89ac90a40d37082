import assert from "node:assert/strict";
import { TwilioSigner } from "../../src/carrier/twilio/signature.ts";
import { toneAgent } from "../../src/lab/openai/agents/tone_agent.ts";
import { sleep } from "../../src/util/clock.ts";
import { eventually } from "../support/eventually.ts";
import { attack, frame, openSocket, requestText } from "../support/http_attacker.ts";
import { type ProcessFigures, processFigures } from "../support/process_figures.ts";
import { ACCOUNT_SID, AUTH_TOKEN, PUBLIC_URL, ServerRig } from "../support/server_rig.ts";
import { startText } from "../support/stream_messages.ts";
import type { HostileTarget } from "./hostile_kinds.ts";

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

  private constructor(readonly rig: ServerRig) {}

  static async start(): Promise<HostileRig> {
    return new HostileRig(await ServerRig.start({ agent: toneAgent(2) }));
  }

  get clock(): ServerRig["clock"] {
    return this.rig.clock;
  }

  get emulator(): ServerRig["emulator"] {
    return this.rig.emulator;
  }

  get temp(): ServerRig["temp"] {
    return this.rig.temp;
  }

  get server(): ServerRig["server"] {
    return this.rig.server;
  }

  get port(): number {
    return this.rig.port;
  }

  get line(): ServerRig["line"] {
    return this.rig.line;
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
    await eventually("the overheard call is on", () => said("call_started"));
    conn.close();
    await eventually("it is over", () => said("call_ended"));
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

  /** The most of what it took for so long, as {@link mostUntil} tells it. */
  most(ms: number): Promise<ProcessFigures> {
    return this.mostUntil(sleep(this.clock, ms));
  }

  /**
   * The most of what it took until `done` is settled; of the time that it waited for a processor, the most in half a second.
   */
  async mostUntil(done: Promise<unknown>): Promise<ProcessFigures> {
    let isDone = false;
    void Promise.allSettled([done]).then(() => isDone = true);
    let last = await this.look();
    let most = { ...last, waitedMs: 0 };
    while (!isDone) {
      await sleep(this.clock, LOOK_EVERY_MS);
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

  [Symbol.asyncDispose](): Promise<void> {
    return this.rig[Symbol.asyncDispose]();
  }
}
