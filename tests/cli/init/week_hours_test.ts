import assert from "node:assert/strict";
import { readWeekHours, weekHoursText } from "../../../src/cli/init/week_hours.ts";

const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

const good: [string, ReturnType<typeof readWeekHours>][] = [
  ["always", "always"],
  [" Always ", "always"],
  ["mon 8-12", { monday: ["08:00-12:00"] }],
  ["mon 7:59-8:59, tue 23:59-24", { monday: ["07:59-08:59"], tuesday: ["23:59-24:00"] }],
  ["Daily 9-17", Object.fromEntries(DAYS.map((day) => [day, ["09:00-17:00"]]))],
  ["Monday 08:00-12:00 13:30-17", { monday: ["08:00-12:00", "13:30-17:00"] }],
  ["sat-mon 9-24:00", { monday: ["09:00-24:00"], saturday: ["09:00-24:00"], sunday: ["09:00-24:00"] }],
  ["fri 22-6; mon–tue 8–9, mon 10-11", {
    monday: ["08:00-09:00", "10:00-11:00"],
    tuesday: ["08:00-09:00"],
    friday: ["22:00-06:00"],
  }],
];
for (const [text, week] of good) {
  Deno.test(`Hours as people write them: ${text}`, () => assert.deepEqual(readWeekHours(text), week));
}

for (
  const text of [
    "",
    "mon",
    "8-12",
    "mo 8-12",
    "mon-fri-sat 8-12",
    "mon 8",
    "mon 8-25",
    "mon 8:60-9",
    "mon 8-12-13",
    "mon 24-25",
    "mon 24-8",
    "mon 8-x",
    "mon x-8",
    "mon-x 8-12",
    "x-mon 8-12",
  ]
) {
  Deno.test(`No hours: ${JSON.stringify(text)}`, () => {
    const read = readWeekHours(text);
    assert.match((read as { problem: string }).problem ?? "", /^must be days and times/);
  });
}

Deno.test("Opening hours are shown as they are typed: equal days that follow each other as a range", () => {
  const shown: [string, string][] = [
    ["mon-fri 8-12 13-17:30, sat 9-12", "mon-fri 8-12 13-17:30, sat 9-12"],
    ["mon 8-12, tue 8-12, thu 8-12", "mon-tue 8-12, thu 8-12"],
    ["sat-mon 0:30-24", "mon 0:30-24, sat-sun 0:30-24"],
    ["daily 9-17", "mon-sun 9-17"],
  ];
  for (const [typed, text] of shown) {
    const week = readWeekHours(typed) as Record<string, string[]>;
    assert.equal(weekHoursText(week), text);
    assert.deepEqual(readWeekHours(text), week);
  }
});
