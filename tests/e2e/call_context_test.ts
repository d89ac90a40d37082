import assert from "node:assert/strict";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { CONTEXT_HEAD } from "../../src/call/conversation/call_context.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { AGAIN, ANSWER, call, contexts, GREETING, say, sessions, Talk } from "../support/talk.ts";
import { TempFolder } from "../support/temp_folder.ts";

const test = sideBySide("what the model is told of its call, end to end");

test("the model is told of its call before anything else, once a session, with the time of that session", async () => {
  await using talk = await Talk.startSpoken({
    business: { timeZone: "Pacific/Auckland" },
    emulator: { agent: sessions([say(GREETING), say(ANSWER)], [say(AGAIN)]) },
  });
  await talk.hears(ANSWER);
  await talk.hearsOut();
  const first = await talk.session(1);
  const { item } = first.record.eventsOf("conversation.item.create")[0] as unknown as {
    item: { role: string; content: { text: string }[] };
  };
  assert.equal(item.role, "system");
  assert.ok(item.content[0].text.startsWith(CONTEXT_HEAD));
  const inAuckland = new Date().toLocaleDateString("sv-SE", { timeZone: "Pacific/Auckland" });
  assert.ok(item.content[0].text.includes(`Today is `) && item.content[0].text.includes(inAuckland));
  assert.match(item.content[0].text, /The caller calls from \+15550100001\./);
  // instructions stay the same from call to call
  assert.ok(!first.config.instructions.includes(inAuckland));
  first.fail({ failure: "drop" });
  const second = await talk.session(2);
  await talk.until("the next session is told too", () => contexts(second).length === 1);
  assert.match(contexts(second)[0], /The caller calls from \+15550100001\./);
  assert.equal(contexts(first).length, 1);
  await talk.hangUp();
});

test("a caller whose number is withheld is no number: not to the model, not to a message, and not to OpenAI", async () => {
  await using talk = await Talk.start({
    emulator: {
      agent: sessions([say(GREETING), call("take_message", { name: "Ada", text: "Call me." }), say(ANSWER)]),
    },
  }, { from: "+266696687" });
  await talk.speakAfterGreeting();
  await talk.hears(ANSWER);
  const session = await talk.session(1);
  assert.match(contexts(session)[0], /The caller's number is withheld/);
  assert.ok(!JSON.stringify(session.record.events).includes("266696687"));
  assert.equal(session.safetyIdentifier, undefined);
  const taken = talk.rig.log.events.find(({ event }) => event === "message_taken");
  assert.equal(taken?.attributes.number, undefined);
  await talk.hangUp();
});

test("a caller who has called before is counted where records keep numbers, and nowhere else", async () => {
  using temp = new TempFolder();
  const agent = sessions([say(GREETING)]);
  const start = (business: object, from: string) =>
    Talk.start({ business, emulator: { agent }, keepsRecords: true, env: { DATA_DIR: temp.path } }, { from });
  const told = async (from: string, business = {}) => {
    await using talk = await start(business, from);
    await talk.hears(GREETING);
    const text = contexts(await talk.session(1))[0];
    talk.caller.hangUp();
    await talk.until("the call is over", () => talk.rig.summaries.length === 1);
    const { callSid } = talk.rig.summaries[0].info;
    await talk.until("its record has arrived", async () => {
      const answer = await talk.rig.get(`/records?call=${callSid}`);
      await answer.body?.cancel();
      return answer.ok && !answer.headers.has("x-slimline-waits-for");
    });
    return /on record: (\w+)/.exec(text)?.[1];
  };
  let counted: (string | undefined)[] = [];
  // On a busy machine the store may take longer than a call waits for it, which is told nothing then.
  for (let caller = 1; caller <= 5 && (caller === 1 || counted.includes(undefined)); caller++) {
    const from = `+1555010000${caller}`;
    counted = [await told(from), await told(from)];
  }
  assert.deepEqual(counted, ["none", "1"]);
  const { records } = DEFAULT_BUSINESS;
  assert.equal(await told("+15550100001", { records: { ...records, redact: ["caller"] } }), undefined);
});
