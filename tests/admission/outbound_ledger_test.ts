import assert from "node:assert/strict";
import { OutboundLedger } from "../../src/admission/outbound_ledger.ts";
import { OutboundLimits } from "../../src/admission/outbound_limits.ts";
import { type Business, DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { TempFolder } from "../support/temp_folder.ts";

const DAY_MS = 24 * 3_600_000;
const CALL = { calls: 1, costUsd: 0 };
const ACME: Business = {
  ...DEFAULT_BUSINESS,
  id: "acme",
  timeZone: "America/New_York",
  outbound: { ...DEFAULT_BUSINESS.outbound, callsPerMinute: 3, callsPerDay: 5, costPerDayUsd: 10 },
};

/** Processes on one folder, one after the other or beside each other. */
function processes() {
  const temp = new TempFolder();
  const clock = new ManualClock();
  const log = new RecordingLog();
  const folder = `${temp.path}/data/outbound`;
  return {
    ...{ temp, clock, log, folder },
    async start() {
      const ledger = await OutboundLedger.open({ folder, clock, log });
      return { ledger, limits: new OutboundLimits(() => clock.epoch(), ledger) };
    },
    [Symbol.dispose]: () => temp[Symbol.dispose](),
  };
}

Deno.test("OutboundLedger carries the calls of a minute and a day, and a day's costs, to the next process, until the day is over", async () => {
  using rig = processes();
  const first = await rig.start();
  for (let calls = 0; calls < 3; calls++) first.limits.add(ACME, CALL);
  assert.equal(first.limits.refusal(ACME), "calls_per_minute");
  await first.ledger[Symbol.asyncDispose]();

  const second = await rig.start();
  assert.equal(second.limits.refusal(ACME), "calls_per_minute");
  rig.clock.advance(60_000);
  assert.equal(second.limits.refusal(ACME), undefined);
  second.limits.add(ACME, CALL);
  second.limits.add(ACME, { calls: 0, costUsd: 10 });
  await second.ledger[Symbol.asyncDispose]();

  const third = await rig.start();
  assert.ok(third.limits.isCostSpent(ACME));
  third.limits.add(ACME, CALL);
  rig.clock.advance(60_000);
  assert.equal(third.limits.refusal(ACME), "calls_per_day");
  rig.clock.advance(DAY_MS);
  assert.equal(third.limits.refusal(ACME), undefined);
  await third.ledger[Symbol.asyncDispose]();
  assert.deepEqual(rig.log.events.filter(({ level }) => level !== "info"), []);
});

Deno.test("OutboundLedger: workers beside each other count each call once, and one that is started again knows all", async () => {
  using rig = processes();
  const [one, two] = [await rig.start(), await rig.start()];
  for (const [own, other] of [[one, two], [two, one], [two, one]]) {
    own.limits.add(ACME, CALL);
    other.limits.addElsewhere(ACME, CALL);
  }
  await Promise.all([one, two].map(({ ledger }) => ledger[Symbol.asyncDispose]()));
  const again = await rig.start();
  assert.equal(again.ledger.earlier.get("acme")?.calls, 3);
});

Deno.test("OutboundLedger writes costs alone within five seconds, and nothing before a call is placed", async () => {
  using rig = processes();
  const { limits, ledger } = await rig.start();
  assert.deepEqual(rig.temp.names("data"), []);
  limits.add(ACME, { calls: 0, costUsd: 1 });
  assert.deepEqual(rig.temp.names("data/outbound"), []);
  rig.clock.advance(5_000);
  await ledger[Symbol.asyncDispose]();
  assert.equal((await rig.start()).ledger.earlier.get("acme")?.costUsd, 1);
});

Deno.test("OutboundLedger removes what is two days old, and goes on without what it cannot read or write", async () => {
  using rig = processes();
  const bad = {
    "text.json": "{",
    "list.json": `[["acme", {"date": 1}]]`,
    "old.json": "[]",
    "left.json.part": "[",
  };
  for (const [name, text] of Object.entries(bad)) rig.temp.write(`data/outbound/${name}`, text);
  await Deno.utime(`${rig.folder}/old.json`, 0, 0);
  const { limits, ledger } = await rig.start();
  assert.deepEqual(rig.temp.names("data/outbound"), ["left.json.part", "list.json", "text.json"]);
  assert.equal(rig.log.events.filter(({ event }) => event === "outbound_counts_unreadable").length, 2);
  await Deno.remove(rig.folder, { recursive: true });
  rig.temp.write("data/outbound", "a file in its place");
  limits.add(ACME, CALL);
  await ledger[Symbol.asyncDispose]();
  assert.equal(rig.log.events.filter(({ event }) => event === "outbound_counts_unkept").length, 1);
});
