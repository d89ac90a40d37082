import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { processFigures } from "../support/process_figures.ts";
import { ACCOUNT_SID, ServerRig } from "../support/server_rig.ts";
import { StallWatch } from "../support/stall_watch.ts";
import { HostileMongo, MONGO_MOODS, type MongoMood } from "./hostile_mongo.ts";

/** How long it is hostile in each way: three heartbeats, and a time-out. */
const MOOD_MS = 4_000;
const WEBHOOK_EVERY_MS = 250;
/** Longest that a webhook takes, where the machine is not to blame. */
const MAX_WEBHOOK_MS = 300;
/** What it may cost in memory in any mood: as much as all connections of the pool may bring. */
const MAX_MORE_BYTES = 8 * 17 * 2 ** 20;
/** Longest line of the log, whatever the database says of an error. */
const MAX_LINE_CHARS = 2_000;
/** So soon an instance finds out that its database is right again. */
const BACK_MS = 15_000;

let calls = 0;

/** How long a webhook takes that a caller waits for, less what the machine adds. */
async function webhookMs(rig: ServerRig, stalls: StallWatch): Promise<number> {
  const params = new URLSearchParams({
    CallSid: `CA${`${++calls}`.padStart(32, "0")}`,
    AccountSid: ACCOUNT_SID,
    From: "+15550100001",
    To: "+15550100000",
  });
  const headers = await rig.signed("/voice", params);
  const waited = async () => (await processFigures(rig.server.pid, rig.port)).waitedMs;
  const waitedMs = await waited();
  const startMs = rig.clock.now();
  const response = await fetch(`${rig.url}/voice`, { method: "POST", headers, body: params });
  const text = await response.text();
  const endMs = rig.clock.now();
  assert.equal(response.status, 200);
  assert.match(text, /<Stream /);
  return endMs - startMs - (await waited() - waitedMs) - stalls.sumBetween(startMs, endMs);
}

Deno.test("A MongoDB that answers with garbage, without end, with wrong types or not at all delays no caller, and ends nothing", async () => {
  using mongo = new HostileMongo();
  await using rig = await ServerRig.start({
    env: { MONGODB_URI: mongo.uri, CLUSTER: "mongodb", MAX_CALLS: "1000" },
  });
  using stalls = new StallWatch(rig.clock);
  const rss = async () => (await processFigures(rig.server.pid, rig.port)).rssBytes;
  for (let warm = 0; warm < 20; warm++) await webhookMs(rig, stalls);
  const beforeBytes = await rss();
  const seen: Partial<Record<MongoMood, { worstMs: number; moreMb: number }>> = {};
  for (const mood of MONGO_MOODS) {
    mongo.mood = mood;
    const untilMs = rig.clock.now() + MOOD_MS;
    let [worstMs, moreBytes] = [0, 0];
    while (rig.clock.now() < untilMs) {
      worstMs = Math.max(worstMs, await webhookMs(rig, stalls));
      moreBytes = Math.max(moreBytes, await rss() - beforeBytes);
      await new Promise((resolve) => setTimeout(resolve, WEBHOOK_EVERY_MS));
    }
    seen[mood] = { worstMs: Math.round(worstMs), moreMb: Math.round(moreBytes / 2 ** 20) };
    mongo.mood = "good";
    const isBack = () => rig.logged("cluster_back").length === rig.logged("cluster_away").length;
    await eventually(`the database is there after ${mood}`, isBack, BACK_MS);
  }
  if (Deno.args.includes("--show")) {
    console.table(seen), console.log(mongo.asked, rig.server.log.slice(-3000));
  }
  assert.deepEqual(
    Object.entries(seen).filter(([, { worstMs, moreMb }]) =>
      worstMs > MAX_WEBHOOK_MS || moreMb * 2 ** 20 > MAX_MORE_BYTES
    ),
    [],
  );
  assert.deepEqual(rig.server.log.split("\n").filter(({ length }) => length > MAX_LINE_CHARS), []);
  assert.doesNotMatch(rig.server.log, /"event":"(?:request_failed|uncaught_error|unhandled_rejection)"/);
});
