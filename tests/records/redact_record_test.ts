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
