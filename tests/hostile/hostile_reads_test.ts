// What operators ask of a database that is hostile is answered in good time, from memory that has a bound, and by the
// database again once it is right: over plain connections and over TLS.

import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { processFigures } from "../support/process_figures.ts";
import { ServerRig } from "../support/server_rig.ts";
import { HostileMongo, type MongoMood } from "./hostile_mongo.ts";

const CALL_SID = `CA${"1".repeat(32)}`;
/** Every question of an operator's that reads the database. */
const QUESTIONS = [
  "/records",
  "/records?q=window",
  `/records?call=${CALL_SID}`,
  `/records/${CALL_SID}/recording`,
  "/dashboard/records",
  "/dashboard/hours",
];
/** Longest until there is an answer, whatever it is: a read, and what opens the store before it. */
const MAX_ANSWER_MS = 15_000;
/**
 * What it may cost in memory in any mood: as much as all connections of the pool may bring, and over TLS once more what
 * they brought as it came, until it is collected. Without a bound it would be gigabytes.
 */
const MAX_MORE_BYTES = 8 * 17 * 2 ** 20;
const MAX_MORE_BYTES_TLS = 2 * MAX_MORE_BYTES;
const BACK_MS = 30_000;
/** Cursors are the driver's, whatever lies below them; over TLS it is the bytes that must be counted too. */
const MOODS: Readonly<Record<string, readonly MongoMood[]>> = {
  "a plain connection": [
    "a cursor without end",
    "a cursor without end or documents",
    "a cursor by the document",
  ],
  TLS: ["a cursor without end", "a batch of 30 MB", "a message without end", "a message by the byte"],
};

const fixture = (name: string) => Deno.readTextFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url));
const TLS = { cert: fixture("tool.pem"), key: fixture("tool.key.pem") };

for (const [over, moods] of Object.entries(MOODS)) {
  Deno.test(`Questions to a MongoDB that is hostile over ${over} end in good time, and are answered once it is right`, async () => {
    using mongo = new HostileMongo(over === "TLS" ? TLS : undefined);
    await using rig = await ServerRig.start({ env: { MONGODB_URI: mongo.uri } });
    const rss = async () => (await processFigures(rig.server.pid, rig.port)).rssBytes;
    const ask = async (path: string) => {
      const startMs = rig.clock.now();
      const response = await rig.ask(path, { signal: AbortSignal.timeout(3 * MAX_ANSWER_MS) });
      await response.body?.cancel();
      return { path, status: response.status, ms: Math.round(rig.clock.now() - startMs) };
    };
    const areGood = async () => (await Promise.all(QUESTIONS.map(ask))).every(({ status }) => status < 500);
    await eventually("the records can be read", areGood, BACK_MS);
    const beforeBytes = await rss();
    const maxBytes = over === "TLS" ? MAX_MORE_BYTES_TLS : MAX_MORE_BYTES;
    for (const mood of moods) {
      mongo.mood = mood;
      let mostBytes = 0;
      const watch = setInterval(async () => mostBytes = Math.max(mostBytes, await rss()), 250);
      const answers = await Promise.all(QUESTIONS.map(ask)).finally(() => clearInterval(watch));
      mostBytes = Math.max(mostBytes, await rss());
      if (Deno.args.includes("--show")) console.log(mood, answers, `${(mostBytes - beforeBytes) >> 20} MB`);
      assert.deepEqual(answers.filter(({ ms }) => ms > MAX_ANSWER_MS), [], mood);
      assert.ok(mostBytes - beforeBytes <= maxBytes, `${mood}: ${mostBytes - beforeBytes} bytes more`);
      mongo.mood = "good";
      await eventually(`the records are read again after ${mood}`, areGood, BACK_MS);
    }
    assert.doesNotMatch(rig.server.log, /"event":"(?:request_failed|uncaught_error|unhandled_rejection)"/);
  });
}
