import assert from "node:assert/strict";
import { SimulatedCaller } from "../../../src/lab/twilio/simulated_caller.ts";
import { Nginx } from "../../hostile/nginx.ts";
import { eventually } from "../../support/eventually.ts";
import { FleetProcesses, withoutRequestLimits } from "../../support/fleet_processes.ts";
import { NO_MONGODB } from "../../support/mongo/mongo_server.ts";
import { StallWatch } from "../../support/stall_watch.ts";
import { SlowMongo } from "../../support/mongo/slow_mongo.ts";

const missing = NO_MONGODB ?? (Nginx.isInstalled() ? undefined : "nginx is not installed");
const STANDSTILL_LOG = "tests/support/standstill_log.ts";
const INSTANCES = 3;
const CALLERS = 12;
const WITHIN_MS = 300;
/** Of a business that may have so many calls at once, and of one that may have any number. */
const LIMITED = "+15550100000";
const UNLIMITED = "+15550100001";

for (
  const [how, delayMs, limitedWithinMs, everyMs] of [
    ["takes 100 ms for each operation", 100, WITHIN_MS, 200],
    // Callers who must be counted wait, and who cannot be is turned away: a limit of a business holds.
    ["takes a second for each operation", 1_000, 2_800, 1_000],
    ["hangs", Infinity, WITHIN_MS, 200],
  ] as const
) {
  Deno.test({
    name: `A MongoDB that ${how} holds a fleet's webhooks up for ${WITHIN_MS} ms at most, ` +
      `and for ${limitedWithinMs} where callers are counted${missing === undefined ? "" : ` (${missing})`}`,
    ignore: missing !== undefined,
    async fn() {
      await using held = new AsyncDisposableStack();
      let slow: SlowMongo | undefined;
      const fleet = held.use(
        await FleetProcesses.start({
          business: { limits: { callsAtOnce: 10 * CALLERS, minutesPerDay: 1_000 } },
          another: { name: "Other", numbers: [UNLIMITED], instructions: "Be brief." },
          changeNginx: withoutRequestLimits,
          preloadOf: () => STANDSTILL_LOG,
          mongoUri: (uri) => (slow = held.use(new SlowMongo(uri))).uri,
        }),
      );
      await fleet.haveShares();
      using stalls = new StallWatch(fleet.clock);
      /** What came of it, and how long its webhook took. */
      const call = async (to: string) => {
        const caller = new SimulatedCaller({ line: fleet.line, to, maxHeardBytes: 0 });
        const fromMs = fleet.clock.now();
        const over = caller.place();
        await caller.until(() => caller.isConnected, 20_000);
        caller.hangUp();
        const { outcome, webhookMs = Infinity } = await over;
        return { outcome, fromMs, webhookMs };
      };
      const calls = (to: string, count: number) =>
        Promise.all(Array.from({ length: count }, async (_, index) => {
          await new Promise((resolve) => setTimeout(resolve, everyMs * index));
          return await call(to);
        }));
      await calls(LIMITED, 2 * INSTANCES); // each has loaded what a first call needs
      slow!.delayMs = delayMs;
      await calls(LIMITED, 2 * INSTANCES); // and has opened the connections that a slower one needs
      const [limited, unlimited] = await Promise.all([calls(LIMITED, CALLERS), calls(UNLIMITED, CALLERS)]);
      slow!.delayMs = 0;
      // Where a stream's question takes longer than 1.5 s, too, it is refused, and its call begins once more.
      const sure = limitedWithinMs === WITHIN_MS ? [...limited, ...unlimited] : [];
      assert.deepEqual(sure.map(({ outcome }) => outcome), sure.map(() => "connected"));
      stalls.noteLogged(fleet.log);
      // But for what the caller, or an instance, stood still.
      const [counted, others] = [limited, unlimited].map((calls) =>
        calls.map(({ fromMs, webhookMs }) =>
          Math.round(webhookMs - stalls.sumBetween(fromMs, fromMs + webhookMs))
        )
      );
      assert.ok(Math.max(...counted) < limitedWithinMs, `webhooks took ${counted} ms`);
      assert.ok(Math.max(...others) < WITHIN_MS, `webhooks took ${others} ms`);
    },
  });
}

/** It reads its disk as it starts again. */
const COMES_BACK = { delayMs: 400, forMs: 6_000 };

Deno.test({
  name:
    "A MongoDB that is slow as it comes back keeps no caller waiting, and has nobody told that all lines are busy" +
    (missing === undefined ? "" : ` (${missing})`),
  ignore: missing !== undefined,
  async fn() {
    await using held = new AsyncDisposableStack();
    let slow: SlowMongo | undefined;
    const fleet = held.use(
      await FleetProcesses.start({
        business: { limits: { callsAtOnce: 3 * CALLERS } },
        changeNginx: withoutRequestLimits,
        preloadOf: () => STANDSTILL_LOG,
        mongoUri: (uri) => (slow = held.use(new SlowMongo(uri))).uri,
      }),
    );
    await fleet.haveShares();
    using stalls = new StallWatch(fleet.clock);
    const waited: { fromMs: number; webhookMs: number }[] = [];
    const call = async () => {
      const caller = new SimulatedCaller({ line: fleet.line, to: LIMITED, maxHeardBytes: 0 });
      const fromMs = fleet.clock.now();
      const over = caller.place();
      await caller.until(() => caller.isConnected, 20_000);
      caller.hangUp();
      const { outcome, webhookMs = Infinity } = await over;
      waited.push({ fromMs, webhookMs });
      return outcome;
    };
    slow!.delayMs = Infinity;
    const before = [call(), call(), call()];
    await eventually("it is away", () => fleet.count("cluster_away") === INSTANCES, 20_000);
    await Promise.all(before);
    waited.length = 0;
    slow!.delayMs = COMES_BACK.delayMs;
    const calls: Promise<string>[] = [];
    for (let passedMs = 0; passedMs < COMES_BACK.forMs; passedMs += 200) {
      calls.push(call());
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    slow!.delayMs = 0;
    const outcomes = await Promise.all(calls);
    assert.deepEqual(fleet.log.match(/"event":"call_refused".*/g) ?? [], []); // with the reason of each
    assert.deepEqual(outcomes, outcomes.map(() => "connected"));
    stalls.noteLogged(fleet.log);
    const tookMs = waited.map(({ fromMs, webhookMs }) =>
      Math.round(webhookMs - stalls.sumBetween(fromMs, fromMs + webhookMs))
    );
    assert.ok(Math.max(...tookMs) < WITHIN_MS, `webhooks took ${tookMs} ms`);
    await eventually("it is back", () => fleet.count("cluster_back") === INSTANCES, 20_000);
  },
});
