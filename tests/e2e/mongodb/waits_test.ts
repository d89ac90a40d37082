import assert from "node:assert/strict";
import { TalkingCaller } from "../../../src/lab/load/talking_caller.ts";
import { tone } from "../../../src/lab/openai/audio/tone.ts";
import { CallerSpeech } from "../../../src/lab/twilio/caller_speech.ts";
import { EmulatedTwilioApi } from "../../../src/lab/twilio/emulated_twilio_api.ts";
import { SimulatedCaller } from "../../../src/lab/twilio/simulated_caller.ts";
import { SystemClock } from "../../../src/util/system_clock.ts";
import { Nginx } from "../../hostile/nginx.ts";
import { eventually } from "../../support/eventually.ts";
import { ACCOUNT_SID, AUTH_TOKEN, FleetProcesses } from "../../support/fleet_processes.ts";
import { AccountedAgent } from "../../support/fleet_talk.ts";
import { NO_MONGODB } from "../../support/mongo/mongo_server.ts";

const missing = NO_MONGODB ?? (Nginx.isInstalled() ? undefined : "nginx is not installed");
const [LINE, DESK] = ["+15550100000", "+15550100001"];

Deno.test({
  name: "Who waits for a free line, and who records a message, go through the replacement of all instances" +
    (missing === undefined ? "" : ` (${missing})`),
  ignore: missing !== undefined,
  async fn() {
    await using api = new EmulatedTwilioApi({
      clock: new SystemClock(),
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
    });
    await using fleet = await FleetProcesses.start({
      instances: 2,
      agent: () => ({
        keepsAudio: false,
        reply: () => [{ kind: "speech", clip: tone(900), transcript: "Said." }],
        transcribe: () => "Something was said.",
      }),
      business: {
        name: "Line",
        numbers: [LINE],
        instructions: "Be brief.",
        limits: { callsAtOnce: 1 },
        whenBusy: { tries: 60, retrySeconds: 2, waitWords: "Please hold." },
        time: { silencePromptSeconds: 120 },
      },
      another: {
        name: "Desk",
        numbers: [DESK],
        instructions: "Be brief.",
        limits: { callsAtOnce: 1 },
        fallback: { words: "We are sorry.", voicemail: true },
        time: { silencePromptSeconds: 120 },
      },
      env: { TWILIO_API_URL: api.url },
    });
    const call = (to: string, sayCharacterMs = 0) =>
      new SimulatedCaller({ line: fleet.line, to, registry: api.registry, sayCharacterMs });
    const callers = { talks: call(LINE), waits: call(LINE), talksToo: call(DESK), records: call(DESK, 5) };
    const { talks, waits, talksToo, records } = callers;
    const talking = [talks.place(), talksToo.place()];
    await eventually("two talk", () => talks.isConnected && talksToo.isConnected);
    const waiting = waits.place();
    const recording = records.place();
    await eventually("one waits", () => waits.said.includes("Please hold."));
    // As long as an instance takes to be replaced, and some more.
    records.speech.say(CallerSpeech.tone(440, 25_000));
    await eventually("one is asked for a message", () => records.said.length > 0);
    const replaced = [await fleet.replace(0), await fleet.replace(1)];
    assert.deepEqual(replaced, [0, 0]);
    assert.equal(waits.isConnected, false, "the line is taken all the time");
    assert.ok(new Set(waits.said).size === 1, `${[...new Set(waits.said)]}`);
    talks.hangUp();
    await eventually("whoever waited has the line", () => waits.isConnected);
    waits.hangUp();
    await eventually("the message is left", async () => {
      const answer = await fleet.get(-1, `/records?call=${records.callSid}`);
      const record = answer.ok ? await answer.json() : void await answer.body?.cancel();
      return record?.reason === "message_left" && record.message.durationMs > 0;
    }, 60_000);
    talksToo.hangUp();
    records.hangUp();
    for (const { problems } of await Promise.all([...talking, waiting, recording])) {
      assert.deepEqual(problems.filter(({ code }) => code !== 31903), []);
    }
  },
});

Deno.test({
  name: "Who is on hold, since the model is away while an instance is replaced, goes on with the agent" +
    (missing === undefined ? "" : ` (${missing})`),
  ignore: missing !== undefined,
  async fn() {
    await using fleet = await FleetProcesses.start({ instances: 2, agent: new AccountedAgent().factory });
    let untilMs = Infinity;
    const talks = Array.from(
      { length: 4 },
      () => new TalkingCaller(fleet.line, undefined, { quietMs: 1_500 }).talk(() => untilMs),
    );
    await eventually("all talk", () => fleet.count("agent_ready") === 4);
    const replaced = fleet.replace(0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const session of fleet.emulator.sessions) session.close(1011, "The model is away.");
    await eventually("they are on hold", () => fleet.count("agent_down") >= 4);
    assert.equal(await replaced, 0);
    assert.equal(await fleet.replace(1), 0);
    untilMs = 0;
    for (const { report, unanswered } of await Promise.all(talks)) {
      assert.deepEqual(report.said, [], "no treatment was heard");
      assert.deepEqual([report.endedBy, unanswered], ["caller", 0]);
    }
  },
});
