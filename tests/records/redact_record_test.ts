import assert from "node:assert/strict";
import type { RedactionChoice } from "../../src/businesses/business.ts";
import type { RecordEntry } from "../../src/records/call_record.ts";
import { redactRecord } from "../../src/records/redact_record.ts";
import { recordWith } from "./records.ts";

const TEL = "[telephone number]";
const CARD = "[card number]";
const DEFAULT: RedactionChoice[] = ["telephone", "email", "card", "iban", "ssn", "passport"];

const user = (text: string): RecordEntry => ({ kind: "user", atMs: 0, text });
const assistant = (text: string): RecordEntry => ({ kind: "assistant", atMs: 0, text, cut: false });
const tool = (args: string, output: string): RecordEntry => ({
  kind: "tool",
  atMs: 0,
  name: "take_message",
  arguments: args,
  output,
  outcome: "done",
  durationMs: 1,
});

async function redacted(
  transcript: RecordEntry[],
  choices: RedactionChoice[] = DEFAULT,
): Promise<RecordEntry[]> {
  return [...(await redactRecord(recordWith({ transcript }), choices)).transcript];
}

Deno.test("redactRecord() masks a number that is said in several turns, and what the other side repeats of it", async () => {
  assert.deepEqual(
    await redacted([
      user("My card is forty-two forty-two,"),
      assistant("Four two four two, yes?"),
      user("forty-two forty-two, 4242,"),
      assistant("Yes."),
      user("4242."),
    ]),
    [
      user(`My card is ${CARD}`),
      assistant(`${CARD}, yes?`),
      user(CARD),
      assistant("Yes."),
      user(`${CARD}.`),
    ],
  );
});

Deno.test("redactRecord() masks what tools were given and gave, and leaves JSON that can be parsed", async () => {
  assert.deepEqual(
    await redacted([
      tool(
        '{"number":4155550123,"text":"Call 415 555 0123","count":12,"list":["a@b.example"]}',
        '{"taken":true}',
      ),
      tool('{"text":"call 415 555 0123 and th', "Sent to a@b.example"),
    ]),
    [
      tool(
        `{"number":"${TEL}","text":"Call ${TEL}","count":12,"list":["[e-mail address]"]}`,
        '{"taken":true}',
      ),
      tool(`{"text":"call ${TEL} and th`, "Sent to [e-mail address]"),
    ],
  );
});

Deno.test("redactRecord() masks a card number that was keyed in", async () => {
  const keys = (digits: string): RecordEntry => ({ kind: "keys", atMs: 0, digits });
  assert.deepEqual(
    await redacted([keys("42424242"), user("Hm."), keys("42424242#"), keys("1")]),
    [keys(CARD), user("Hm."), keys(`${CARD}#`), keys("1")],
  );
});

Deno.test("redactRecord() masks names where it is asked to: those of introductions and of tools, everywhere", async () => {
  const transcript = [
    user("Hi, my name is Ana María O'Neil."),
    assistant("Thank you, Ana. And whom shall I tell?"),
    user("Tell Bob Stone that O'Neil called. This is important."),
    tool('{"name":"Bob Stone","text":"Ana called Bob"}', "{}"),
  ];
  assert.deepEqual(await redacted(transcript, ["name"]), [
    user("Hi, my name is [name]."),
    assistant("Thank you, [name]. And whom shall I tell?"),
    user("Tell [name] that [name] called. This is important."),
    tool('{"name":"[name]","text":"[name] called [name]"}', "{}"),
  ]);
  assert.deepEqual(await redacted(transcript), transcript);
});

Deno.test("redactRecord() masks the caller's number where it is asked to, and never the business's", async () => {
  const inbound = recordWith();
  assert.equal((await redactRecord(inbound, DEFAULT)).from, inbound.from);
  assert.deepEqual(await redactRecord(inbound, ["caller"]), { ...inbound, from: "…23" });
  const outbound = recordWith({ direction: "outbound", from: "+15550100000", to: "+15550000123" });
  assert.deepEqual(await redactRecord(outbound, ["caller"]), { ...outbound, to: "…23" });
});

Deno.test("redactRecord() leaves readable whom a call was put through to, whatever the caller is called", async () => {
  const transcript: RecordEntry[] = [
    user("Hi, my name is Anna Müller. Please put me through."),
    {
      ...tool(
        '{"target":"Anna in sales"}',
        '{"error":"The call could not be put through to Anna in sales."}',
      ),
      name: "transfer_call",
    },
    tool('{"name":"Anna Müller"}', "{}"),
  ];
  const [said, transfer, message] = await redacted(transcript, ["name", "telephone"]);
  assert.equal(said.text, "Hi, my name is [name]. Please put me through.");
  assert.deepEqual(transfer, transcript[1]);
  assert.equal(message.arguments, '{"name":"[name]"}');
});

Deno.test("redactRecord() keeps a booking as it was made, and masks the number that was left with it", async () => {
  const transcript: RecordEntry[] = [
    assistant("We are open 9-12, 14-18. How many people?"),
    user("4"),
    assistant("Which day?"),
    user("12"),
    assistant("At what time?"),
    user("19 30"),
    assistant("And your phone number, please?"),
    user("415"),
    assistant("Yes?"),
    user("555"),
    assistant("Go on."),
    user("0123"),
    tool(
      '{"guests":4,"date":"2026-12-12","time":"19:30","phone":"4155550123","orderId":4471920331}',
      '{"booked":true}',
    ),
  ];
  const kept = await redacted(transcript);
  assert.deepEqual(kept.slice(0, 7), transcript.slice(0, 7));
  assert.deepEqual(kept.slice(7, 12).map(({ text }) => text), [TEL, "Yes?", TEL, "Go on.", TEL]);
  assert.equal(
    kept[12].arguments,
    `{"guests":4,"date":"2026-12-12","time":"19:30","phone":"${TEL}","orderId":4471920331}`,
  );
});
