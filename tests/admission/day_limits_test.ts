import assert from "node:assert/strict";
import { type Business, DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { DayLimits, MAX_SPENDERS, type PastSpending, type Spending } from "../../src/admission/day_limits.ts";
import { settle } from "../support/microtasks.ts";

const NO_LIMITS = DEFAULT_BUSINESS.limits;
const HOUR_MS = 3_600_000;

/** A business with limits, in a time zone. */
function business(limits: Partial<Business["limits"]>, timeZone?: string, id = "acme"): Business {
  const hours = timeZone === undefined
    ? undefined
    : { timeZone, week: [], days: {}, afterHours: { action: "answer" as const, instructions: "" } };
  return { ...DEFAULT_BUSINESS, id, hours, limits: { ...NO_LIMITS, ...limits } };
}

/** Limits at a moment that the test moves. */
function at(iso: string, past?: PastSpending): { limits: DayLimits; wait: (ms: number) => void } {
  let nowMs = Date.parse(iso);
  return { limits: new DayLimits(() => nowMs, past), wait: (ms) => nowMs += ms };
}

Deno.test("DayLimits refuses once the minutes or the money of the day are spent", () => {
  const { limits } = at("2027-02-01T12:00:00Z");
  const [byMinutes, byCost, free] = [
    business({ minutesPerDay: 10 }, undefined, "minutes"),
    business({ costPerDayUsd: 2 }, undefined, "cost"),
    business({}, undefined, "free"),
  ];
  for (const each of [byMinutes, byCost, free]) limits.add(each, { minutes: 9.9, costUsd: 1.9 });
  assert.deepEqual([byMinutes, byCost, free].map((each) => limits.isSpent(each)), [false, false, false]);
  for (const each of [byMinutes, byCost, free]) limits.add(each, { minutes: 0.1, costUsd: 0.1 });
  assert.deepEqual([byMinutes, byCost, free].map((each) => limits.isSpent(each)), [true, true, false]);
  assert.deepEqual(limits.spentToday(free), { minutes: 0, costUsd: 0 }, "what has no limit is not counted");
});

Deno.test("DayLimits begins anew at the midnight of the business, not of the server", () => {
  const { limits, wait } = at("2027-02-01T12:00:00Z"); // 20:00 in Shanghai
  const [here, there] = [
    business({ minutesPerDay: 1 }, undefined, "here"),
    business({ minutesPerDay: 1 }, "Asia/Shanghai", "there"),
  ];
  for (const each of [here, there]) limits.add(each, { minutes: 1, costUsd: 0 });
  wait(4 * HOUR_MS);
  assert.deepEqual([limits.isSpent(here), limits.isSpent(there)], [true, false]);
  wait(8 * HOUR_MS);
  assert.deepEqual([limits.isSpent(here), limits.isSpent(there)], [false, false]);
});

Deno.test("DayLimits says whether what it was told counts against a limit", () => {
  const { limits } = at("2027-02-01T12:00:00Z");
  const add = (ofBusiness: Partial<Business["limits"]>) =>
    limits.add(business(ofBusiness), { minutes: 1, costUsd: 0 });
  assert.deepEqual([add({}), add({ minutesPerDay: 1 }), add({ costPerDayUsd: 1 })], [false, true, true]);
});

Deno.test("DayLimits forgets the business that was added to longest ago when it is full", () => {
  const { limits } = at("2027-02-01T12:00:00Z");
  const each = (index: number) => business({ minutesPerDay: 1 }, undefined, `b-${index}`);
  const add = (index: number) => limits.add(each(index), { minutes: 1, costUsd: 0 });
  for (let index = 0; index < MAX_SPENDERS; index++) add(index);
  add(0);
  add(MAX_SPENDERS);
  assert.deepEqual([0, 1, 2].map((index) => limits.isSpent(each(index))), [true, false, true]);
});

Deno.test("DayLimits counts what was spent today before this process, asked for once, and again when that fails", async () => {
  const asked: unknown[] = [];
  const answers = [undefined, { minutes: 9, costUsd: 0 }];
  const { limits, wait } = at("2027-02-01T12:00:00Z", (...question) => {
    asked.push(question);
    return Promise.resolve(answers[asked.length - 1]);
  });
  const acme = business({ minutesPerDay: 10 }, "Asia/Shanghai");
  wait(HOUR_MS);
  for (let call = 0; call < 4; call++) {
    assert.equal(limits.isSpent(acme), false);
    await settle();
  }
  const [midnight, start] = ["2027-01-31T16:00:00Z", "2027-02-01T12:00:00Z"].map((iso) => Date.parse(iso));
  assert.deepEqual(asked, [["acme", midnight, start], ["acme", midnight, start]]);
  assert.equal(limits.spentToday(acme).minutes, 9);
  limits.add(acme, { minutes: 1, costUsd: 0 });
  assert.equal(limits.isSpent(acme), true);
});

Deno.test("DayLimits asks for no past where there is no limit, and on no later day than that of its start", () => {
  const asked: string[] = [];
  const { limits, wait } = at("2027-02-01T12:00:00Z", (businessId) => {
    asked.push(businessId);
    return Promise.resolve(undefined);
  });
  limits.isSpent(business({}));
  wait(13 * HOUR_MS);
  limits.isSpent(business({ minutesPerDay: 1 }));
  assert.deepEqual(asked, []);
});

Deno.test("DayLimits counts nothing of a day that ended while its past was looked up", async () => {
  const answer = Promise.withResolvers<Spending>();
  const { limits, wait } = at("2027-02-01T12:00:00Z", () => answer.promise);
  const acme = business({ minutesPerDay: 10 });
  limits.isSpent(acme);
  wait(13 * HOUR_MS);
  answer.resolve({ minutes: 9, costUsd: 0 });
  await settle();
  assert.equal(limits.spentToday(acme).minutes, 0);
});
