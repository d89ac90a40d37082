import assert from "node:assert/strict";
import { EmulatedRealtimeApi } from "../../../src/lab/openai/emulated_realtime_api.ts";
import type { EmulatedSession } from "../../../src/lab/openai/emulated_session.ts";
import type { SessionConfig } from "../../../src/lab/openai/session_config.ts";
import { CallerSpeech } from "../../../src/lab/twilio/caller_speech.ts";
import { CallRegistry } from "../../../src/lab/twilio/emulated_call.ts";
import type { EmulatedNumber } from "../../../src/lab/twilio/emulated_numbers.ts";
import { EmulatedTwilioApi } from "../../../src/lab/twilio/emulated_twilio_api.ts";
import { SimulatedCaller } from "../../../src/lab/twilio/simulated_caller.ts";
import { eventually } from "../../support/eventually.ts";
import { SystemClock } from "../../../src/util/system_clock.ts";

/** How long a call may take to be answered and to hear something. */
const ANSWER_MS = 20_000;

/** An account at Twilio and one at OpenAI, as a reader has them; both emulated. */
export class EmulatedAccounts implements AsyncDisposable {
  readonly openaiApiKey = "sk-proj-0123456789";
  readonly twilioAccountSid = `AC${"1".repeat(32)}`;
  readonly twilioAuthToken = "0123456789abcdef0123456789abcdef";
  readonly realtime: EmulatedRealtimeApi;
  readonly twilio: EmulatedTwilioApi;
  readonly #clock = new SystemClock();
  readonly #registry = new CallRegistry();

  /**
   * @param numbers of the Twilio account, with what is set for them
   * @param publicUrl where Twilio takes the server to be
   */
  constructor(
    numbers: Readonly<Record<string, EmulatedNumber>> = {},
    readonly publicUrl: string = "https://voice.example.com",
  ) {
    const { twilioAccountSid: accountSid, twilioAuthToken: authToken, openaiApiKey: apiKey } = this;
    this.realtime = new EmulatedRealtimeApi({ clock: this.#clock, apiKey });
    this.twilio = new EmulatedTwilioApi({
      clock: this.#clock,
      accountSid,
      authToken,
      registry: this.#registry,
      numbers,
    });
  }

  /** Where the accounts are: what no reader has to set. */
  get places(): Record<string, string> {
    return { OPENAI_REALTIME_URL: this.realtime.url, TWILIO_API_URL: this.twilio.url };
  }

  /** The required variables, and the places. */
  get env(): Record<string, string> {
    return {
      ...this.places,
      PUBLIC_URL: this.publicUrl,
      OPENAI_API_KEY: this.openaiApiKey,
      TWILIO_ACCOUNT_SID: this.twilioAccountSid,
      TWILIO_AUTH_TOKEN: this.twilioAuthToken,
    };
  }

  /** Somebody who calls a number that the server on this port answers; the call goes where Twilio sends it. */
  caller(port: number, to: string, webhook = `${this.publicUrl}/voice`): SimulatedCaller {
    const { publicUrl, twilioAccountSid: accountSid, twilioAuthToken: authToken } = this;
    return new SimulatedCaller({
      line: { clock: this.#clock, server: `http://127.0.0.1:${port}`, publicUrl, accountSid, authToken },
      to,
      answer: { link: { url: webhook, method: "POST" } },
      registry: this.#registry,
    });
  }

  /**
   * Calls a number, and talks until the agent has answered what the caller said.
   * @returns the model's session
   */
  async talk(port: number, to: string, webhook?: string): Promise<SessionConfig> {
    const spokenBefore = this.#spokenTo();
    const caller = this.caller(port, to, webhook);
    const over = caller.place();
    await this.hears(caller, 0);
    const greeted = caller.player.receivedBytes;
    caller.speech.say(CallerSpeech.tone(440, 1_000));
    const answering = () => this.#spokenTo().find((session) => !spokenBefore.includes(session));
    await eventually("the model answers the caller", () => answering() !== undefined, ANSWER_MS);
    await this.hears(caller, greeted);
    const { config } = answering()!;
    caller.hangUp();
    const { problems, outcome } = await over;
    assert.deepEqual(problems, []);
    assert.equal(outcome, "connected");
    return config;
  }

  /** Sessions that have answered what a caller said. */
  #spokenTo(): EmulatedSession[] {
    return this.realtime.sessions.filter(({ record: { responses } }) =>
      responses.some(({ trigger, status }) => trigger === "turn" && status === "completed")
    );
  }

  /** Waits until the caller gets more than so many bytes of sound. */
  async hears(caller: SimulatedCaller, bytes: number): Promise<void> {
    await caller.until(() => caller.player.receivedBytes > bytes, ANSWER_MS);
    assert.ok(
      caller.player.receivedBytes > bytes,
      `the caller hears something: ${JSON.stringify(caller.problems)}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.twilio[Symbol.asyncDispose]();
    await this.realtime[Symbol.asyncDispose]();
  }
}
