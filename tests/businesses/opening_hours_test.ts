import assert from "node:assert/strict";
import type { Business } from "../../src/businesses/business.ts";
import { businessAt, isOpen, startOfDay } from "../../src/businesses/opening_hours.ts";
import { DEFAULT_CLOSED_INSTRUCTIONS } from "../../src/businesses/schema/hours_fields.ts";
import { businessOf, readFile } from "./business_files.ts";

const HOURS = {
  timeZone: "Europe/Berlin",
  week: {
    monday: ["08:00-12:00", "14:00-18:00"],
    friday: ["20:00-02:00"],
    sunday: ["00:00-24:00"],
  },
  days: { "2027-03-29": [], "2027-03-30": ["10:00-11:00"] },
};

async function isOpenAt(iso: string, hours: Record<string, unknown> = HOURS): Promise<boolean> {
  return isOpen((await businessOf({ hours })).hours!, Date.parse(iso));
}

const moments: [iso: string, open: boolean, why: string][] = [
  ["2027-02-01T07:59:59+01:00", false, "a minute before"],
  ["2027-02-01T08:00:00+01:00", true, "from the first second"],
  ["2027-02-01T11:59:59+01:00", true, "to the last"],
  ["2027-02-01T12:00:00+01:00", false, "at noon"],
  ["2027-02-01T14:00:00+01:00", true, "in the afternoon"],
  ["2027-02-02T09:00:00+01:00", false, "on a weekday that is left out"],
  ["2027-02-05T23:30:00+01:00", true, "late on Friday"],
  ["2027-02-06T01:59:00+01:00", true, "past midnight, on Friday's hours"],
  ["2027-02-06T02:00:00+01:00", false, "when they end"],
  ["2027-02-07T00:00:00+01:00", true, "all Sunday"],
  ["2027-02-07T23:59:59+01:00", true, "to midnight"],
  ["2027-03-29T09:00:00+02:00", false, "on a Monday that is a holiday"],
  ["2027-03-30T10:30:00+02:00", true, "on a Tuesday with hours of its own"],
  ["2027-07-05T06:00:00Z", true, "by summer time"],
  ["2027-02-01T06:00:00Z", false, "by winter time"],
];

for (const [iso, open, why] of moments) {
  Deno.test(`isOpen() is ${open} ${why} (${iso})`, async () => {
    assert.equal(await isOpenAt(iso), open);
  });
}

Deno.test("isOpen() goes by the business's own time zone", async () => {
  const week = { monday: ["08:00-09:00"] };
  assert.equal(await isOpenAt("2027-02-01T13:30:00Z", { timeZone: "America/New_York", week }), true);
  assert.equal(await isOpenAt("2027-01-31T19:30:00Z", { timeZone: "Pacific/Auckland", week }), true);
});

Deno.test("businessAt() tells the model after hours, with one object for all calls of the time", async () => {
  const business = await businessOf({ hours: HOURS });
  const noon = Date.parse("2027-02-01T12:30:00+01:00");
  const night = Date.parse("2027-02-02T03:00:00+01:00");
  const morning = Date.parse("2027-02-01T09:00:00+01:00");
  assert.equal(businessAt(business, morning), business);
  const closed = businessAt(business, noon);
  assert.equal(closed.instructions, `Answer.\n\n${DEFAULT_CLOSED_INSTRUCTIONS}`);
  assert.deepEqual(differing(closed, business), ["instructions"]);
  assert.equal(businessAt(business, night), closed);
  const always = await businessOf({});
  assert.equal(businessAt(always, night), always);
});

Deno.test("readBusiness() says what is wrong with opening hours", async () => {
  assert.deepEqual(
    await readFile({
      hours: {
        timeZone: "Berlin",
        week: { monday: ["8-12"], mittwoch: [] },
        days: { "2027-02-30": [] },
        afterHours: { action: "sing" },
      },
    }),
    [
      "acme.json: hours.timeZone must be an IANA time zone such as Europe/Berlin",
      "acme.json: hours.week.monday[0] must be HH:MM-HH:MM, such as 08:00-17:30; " +
      "one that ends earlier than it begins lasts past midnight",
      "acme.json: hours.week.mittwoch is not known here; known are " +
      "monday, tuesday, wednesday, thursday, friday, saturday, sunday",
      "acme.json: hours.days.2027-02-30 must be a date such as 2027-12-24",
      "acme.json: hours.afterHours.action must be answer or say",
    ],
  );
  assert.deepEqual(
    await readFile({
      hours: { ...HOURS, afterHours: { action: "say", words: "Closed.", forwardTo: "+15550100000" } },
    }),
    [
      "acme.json: hours.afterHours.forwardTo must be another number than those that the business answers itself",
    ],
  );
});

Deno.test("A time zone is a name of the IANA's, in any case, an older one too, or an offset, and no moment", async () => {
  for (const timeZone of ["Europe/Berlin", "asia/calcutta", "US/Pacific", "Etc/GMT+5", "UTC", "+05:30"]) {
    assert.equal((await businessOf({ timeZone })).timeZone, timeZone);
  }
  for (const timeZone of ["Berlin", "2026-11-30T12:00Z", "2026-11-30T12:00[Europe/Berlin]", "T12:00Z", ""]) {
    assert.ok(Array.isArray(await readFile({ timeZone })), timeZone);
  }
});

function differing(one: Business, other: Business): string[] {
  return (Object.keys(one) as (keyof Business)[]).filter((name) => one[name] !== other[name]);
}

Deno.test("startOfDay() is midnight on the wall, also on days whose clock is turned", () => {
  const cases: [timeZone: string, moment: string, midnight: string][] = [
    ["UTC", "2027-02-01T00:00:00Z", "2027-02-01T00:00:00Z"],
    ["UTC", "2027-02-01T23:59:59.999Z", "2027-02-01T00:00:00Z"],
    ["Asia/Shanghai", "2027-02-01T12:34:56Z", "2027-02-01T00:00:00+08:00"],
    ["Asia/Kathmandu", "2027-02-01T12:34:56Z", "2027-02-01T00:00:00+05:45"],
    ["Europe/Berlin", "2027-03-28T12:00:00+02:00", "2027-03-28T00:00:00+01:00"],
    ["Europe/Berlin", "2027-10-31T12:00:00+01:00", "2027-10-31T00:00:00+02:00"],
  ];
  for (const [timeZone, moment, midnight] of cases) {
    for (const part of [0, 0.5]) { // of a millisecond, which clocks of tests have
      const found = new Date(startOfDay(timeZone, Date.parse(moment) + part)).toISOString();
      assert.equal(found, new Date(midnight).toISOString(), `${moment} in ${timeZone}`);
    }
  }
});
