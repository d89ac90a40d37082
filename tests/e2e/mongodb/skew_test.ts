import assert from "node:assert/strict";
import { tone } from "../../../src/lab/openai/audio/tone.ts";
import { CallerSpeech } from "../../../src/lab/twilio/caller_speech.ts";
import { SimulatedCaller } from "../../../src/lab/twilio/simulated_caller.ts";
import { Nginx } from "../../hostile/nginx.ts";
import { eventually } from "../../support/eventually.ts";
import { FleetProcesses } from "../../support/fleet_processes.ts";
import { NO_MONGODB } from "../../support/mongo/mongo_server.ts";
import { recordOf } from "./kept_record.ts";

/* Machines whose clocks are ten seconds apart, and the database's between them. */

const missing = NO_MONGODB ?? (Nginx.isInstalled() ? undefined : "nginx is not installed");

const AHEAD = "tests/support/clock_ahead.ts";
const BEHIND = "tests/support/clock_behind.ts";
const SENTENCE = CallerSpeech.tone(440, 900);
/** What a busy machine takes for what takes no time. */
const TOLERANCE_MS = 3_000;

const agent = () => ({
  keepsAudio: false,
  reply: ({ trigger }: { trigger: string }) => [{
    kind: "speech" as const,
    clip: tone(600),
    transcript: `Said after ${trigger}.`,
  }],
  transcribe: () => "Something was said.",
});

for (const [from, to, title] of [[AHEAD, BEHIND, "ahead"], [BEHIND, AHEAD, "behind"]] as const) {
  const name = `A call that moves from a machine whose clock is ${title} is as long as it was`;
  Deno.test({
    name: missing === undefined ? name : `${name} (${missing})`,
    ignore: missing !== undefined,
    fn: async () => {
      await using fleet = await FleetProcesses.start({
        instances: 2,
        agent,
        business: { limits: { callsAtOnce: 2, minutesPerDay: 10 } },
        preloadOf: (index) => index === 0 ? from : to,
      });
      assert.equal(await fleet.stop(1), 0); // both calls are at the other
      const callers = [0, 1].map(() => new SimulatedCaller({ line: fleet.line }));
      const beganMs = fleet.clock.now();
      const over = callers.map((caller) => caller.place());
      const isGreeted = () => callers.every(({ player }) => player.receivedBytes > 0);
      await eventually("both are greeted", isGreeted, 20_000);
      await fleet.startAgain(1);
      await (await fleet.post(0, "/drain")).body?.cancel(); // at once: the younger the calls are, the worse
      await eventually("both go on in the other", () => fleet.count("agent_ready") === 4, 30_000);
      for (const caller of callers) {
        const heard = caller.player.receivedBytes;
        caller.speech.say(SENTENCE);
        await eventually("the caller is answered", () => caller.player.receivedBytes > heard);
      }
      for (const caller of callers) caller.hangUp();
      await Promise.all(over);
      const lastedMs = fleet.clock.now() - beganMs;
      for (const { callSid, said } of callers) {
        assert.deepEqual(said, [], "no treatment was heard");
        const { durationMs, transcript, earlier, streams } = await recordOf<KeptRecord>(fleet, callSid);
        assert.deepEqual([streams, earlier.length], [2, 0], "it is one record");
        assert.ok(Math.abs(durationMs - lastedMs) < TOLERANCE_MS, `${durationMs} of ${lastedMs} ms`);
        const times = transcript.map(({ atMs }) => atMs);
        assert.deepEqual(times, times.toSorted((a, b) => a - b), "in the order in which it was said");
        assert.ok(times.every((atMs) => atMs >= 0 && atMs <= durationMs), `${times} of ${durationMs} ms`);
      }
      await using client = fleet.mongo.client();
      const days = client.db().collection("cluster_days");
      let minutes: number[] = [];
      await eventually("the day is counted", async () => {
        minutes = (await days.find().toArray()).map((day) => day.minutes);
        const sum = minutes.reduce((sum, some) => sum + some, 0);
        return Math.abs(sum * 60_000 - 2 * lastedMs) < 2 * TOLERANCE_MS;
      }, 10_000).catch((error) => assert.fail(`${error.message}: ${minutes} minutes of 2 × ${lastedMs} ms`));
    },
  });
}

interface KeptRecord {
  readonly durationMs: number;
  readonly reason: string;
  readonly streams: number;
  readonly earlier: readonly unknown[];
  readonly transcript: readonly { readonly atMs: number }[];
}
