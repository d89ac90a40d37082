import assert from "node:assert/strict";
import { callContext, CONTEXT_HEAD } from "../../../src/call/conversation/call_context.ts";
import type { CallInfo } from "../../../src/call/call_summary.ts";
import { businessOf } from "../../businesses/business_files.ts";

const OFFICE = { monday: ["08:00-12:00", "13:00-17:30"], tuesday: ["08:00-17:30"], friday: ["22:00-02:00"] };

interface Given extends Partial<CallInfo> {
  file?: Record<string, unknown>;
  at: string;
}

/** What the model is told of a call at a moment in UTC. */
async function contextOf({ file = {}, at, ...info }: Given): Promise<string> {
  const business = await businessOf(file);
  const call = {
    callSid: "CA1",
    accountSid: "AC1",
    from: "+4930123456",
    to: "+15550100000",
    business,
    ...info,
  };
  const event = callContext(call, Date.parse(at));
  const item = event?.item as { type: string; role: string; content: { type: string; text: string }[] };
  assert.deepEqual([item.type, item.role, item.content.length], ["message", "system", 1]);
  assert.equal(item.content[0].type, "input_text");
  return item.content[0].text;
}

/** Calls at a moment, where that is, and the dates of today and tomorrow there. */
const MOMENTS: [at: string, timeZone: string, full: string, today: string, tomorrow: string][] = [
  // on the other side of the date line from UTC, to the east and to the west
  [
    "2026-12-31T23:30:00Z",
    "Pacific/Auckland",
    "Friday, 1 January 2027 at 12:30 in the time zone Pacific/Auckland (UTC+13:00)",
    "Friday 2027-01-01",
    "Saturday 2027-01-02",
  ],
  [
    "2027-01-01T03:30:00Z",
    "Pacific/Honolulu",
    "Thursday, 31 December 2026 at 17:30 in the time zone Pacific/Honolulu (UTC-10:00)",
    "Thursday 2026-12-31",
    "Friday 2027-01-01",
  ],
  // the hour before clocks go forward, the hour that there is twice, and a day that has 23 hours
  [
    "2027-03-28T00:59:00Z",
    "Europe/Berlin",
    "Sunday, 28 March 2027 at 01:59 in the time zone Europe/Berlin (UTC+01:00)",
    "Sunday 2027-03-28",
    "Monday 2027-03-29",
  ],
  [
    "2027-10-31T00:30:00Z",
    "Europe/Berlin",
    "Sunday, 31 October 2027 at 02:30 in the time zone Europe/Berlin (UTC+02:00)",
    "Sunday 2027-10-31",
    "Monday 2027-11-01",
  ],
  [
    "2027-10-31T01:30:00Z",
    "Europe/Berlin",
    "Sunday, 31 October 2027 at 02:30 in the time zone Europe/Berlin (UTC+01:00)",
    "Sunday 2027-10-31",
    "Monday 2027-11-01",
  ],
  [
    "2028-02-28T20:00:00Z",
    "Asia/Kolkata",
    "Tuesday, 29 February 2028 at 01:30 in the time zone Asia/Kolkata (UTC+05:30)",
    "Tuesday 2028-02-29",
    "Wednesday 2028-03-01",
  ],
];

for (const [at, timeZone, full, today, tomorrow] of MOMENTS) {
  Deno.test(`callContext() names today and tomorrow where the business is: ${at} in ${timeZone}`, async () => {
    const text = await contextOf({ file: { timeZone }, at });
    assert.ok(text.startsWith(CONTEXT_HEAD));
    assert.ok(text.includes(`it was ${full}.`), text);
    assert.ok(text.includes(`Today is ${today}, tomorrow is ${tomorrow}; then come `), text);
  });
}

Deno.test("callContext() goes by the hours' time zone, else by UTC, and names a week of dates", async () => {
  const hours = { timeZone: "Pacific/Auckland", week: OFFICE };
  assert.match(
    await contextOf({ file: { hours }, at: "2026-12-31T23:30:00Z" }),
    /Today is Friday 2027-01-01/,
  );
  const text = await contextOf({ at: "2026-12-31T23:30:00Z" });
  assert.match(text, /in the time zone UTC \(UTC\)/);
  assert.ok(
    text.includes(
      "Today is Thursday 2026-12-31, tomorrow is Friday 2027-01-01; then come Saturday 2027-01-02, Sunday 2027-01-03, " +
        "Monday 2027-01-04, Tuesday 2027-01-05, Wednesday 2027-01-06, Thursday 2027-01-07.",
    ),
    text,
  );
});

Deno.test("callContext() tells opening hours and the dates to come that differ, in words", async () => {
  const days = { "2026-12-24": ["08:00-12:00"], "2027-01-04": [], "2027-01-05": ["09:00-24:00"] };
  const hours = { timeZone: "Europe/Berlin", week: OFFICE, days };
  const text = await contextOf({ file: { hours }, at: "2027-01-02T12:00:00Z" });
  assert.ok(
    text.includes(
      "Opening hours: Monday 08:00 to 12:00 and 13:00 to 17:30; Tuesday 08:00 to 17:30; Wednesday and Thursday closed; " +
        "Friday 22:00 to 02:00 the next day; Saturday and Sunday closed.",
    ),
    text,
  );
  assert.ok(
    text.includes("Dates that differ: Monday 2027-01-04 closed; Tuesday 2027-01-05 09:00 to 24:00."),
    text,
  );
  assert.ok(
    text.includes("The business is closed now, and opens next Tuesday 2027-01-05, at 09:00."),
    text,
  );
});

/** Moments by the clock of Berlin in January (UTC+1), and what is told of them. */
const STATES: [at: string, state: string][] = [
  ["2027-01-11T06:59:00Z", "closed now, and opens next today at 08:00"],
  ["2027-01-11T07:00:00Z", "open now, and closes today at 12:00"],
  ["2027-01-11T11:30:00Z", "closed now, and opens next today at 13:00"],
  ["2027-01-11T17:00:00Z", "closed now, and opens next tomorrow, Tuesday 2027-01-12, at 08:00"],
  ["2027-01-15T22:00:00Z", "open now, and closes tomorrow, Saturday 2027-01-16, at 02:00"],
  ["2027-01-16T00:30:00Z", "open now, and closes today at 02:00"],
  ["2027-01-16T01:00:00Z", "closed now, and opens next Monday 2027-01-18, at 08:00"],
];

Deno.test("callContext() tells whether it is open, until when, and when it opens next", async () => {
  const hours = { timeZone: "Europe/Berlin", week: OFFICE };
  for (const [at, state] of STATES) {
    const text = await contextOf({ file: { hours }, at });
    assert.ok(text.includes(`The business is ${state}.`), `${at}: ${text}`);
  }
});

Deno.test("callContext() tells of businesses that never close, and of ones that do not open any more", async () => {
  const at = "2027-01-11T07:00:00Z";
  const every = (spans: string[]) =>
    Object.fromEntries(
      ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"].map((
        day,
      ) => [day, spans]),
    );
  const week = (spans: string[]) =>
    contextOf({ file: { hours: { timeZone: "UTC", week: every(spans) } }, at });
  assert.match(
    await week(["00:00-24:00"]),
    /Monday to Sunday 00:00 to 24:00\.\n.*open now, and does not close\./,
  );
  assert.match(await week([]), /Monday to Sunday closed\.\n.*closed now, and no opening is known\./);
  assert.match(await week(["00:00-12:00", "12:00-24:00"]), /does not close/);
  assert.match(await week(["06:00-24:00"]), /closes today at 24:00/);
});

Deno.test("callContext() tells who calls, and how often before", async () => {
  const at = "2027-01-11T07:00:00Z";
  const known = await contextOf({ at, earlierCalls: 3 });
  assert.match(known, /The caller calls from \+4930123456\. The number called is \+15550100000\./);
  assert.match(known, /Earlier calls with this number on record: 3\./);
  assert.match(await contextOf({ at, earlierCalls: 0 }), /on record: none\./);
  assert.match(await contextOf({ at, earlierCalls: 100 }), /on record: 100 or more\./);
  assert.doesNotMatch(await contextOf({ at }), /Earlier calls/);
  const placed = await contextOf({ at, from: "+15550100000", to: "+4930123456", isOutbound: true });
  assert.match(
    placed,
    /This call was placed for the business, from \+15550100000 to \+4930123456: whoever answers has not called\./,
  );
});

Deno.test("callContext() says of a number that is withheld that there is none to call back", async () => {
  const at = "2027-01-11T07:00:00Z";
  const withheld = [
    "+266696687",
    "+7378742833",
    "+2562533",
    "+8656696",
    "+86282452253",
    "anonymous",
    "restricted",
    "",
  ];
  for (const from of [...withheld, "Anonymous", "unknown", "sip:anonymous@anonymous.invalid"]) {
    const text = await contextOf({ at, from });
    assert.match(text, /The caller's number is withheld\. No number is known to call back/, from);
    if (from) assert.ok(!text.includes(from), from);
  }
  for (const from of ["sip:+4930123456@pbx.example.com", 'client:say "yes"']) {
    const text = await contextOf({ at, from });
    assert.ok(
      text.includes(`The caller calls from ${JSON.stringify(from)}, which is no telephone number. No number`),
    );
  }
});

Deno.test("callContext() is left out where the business does not want it", async () => {
  const business = await businessOf({ callContext: false });
  const info = { callSid: "CA1", accountSid: "AC1", from: "", to: "", business };
  assert.equal(callContext(info, 0), undefined);
});
