import assert from "node:assert/strict";
import { created, done, functionCall, itemDone, spoken, WrittenCall } from "../support/written_call.ts";

/*
 * Models that want to leave a call by more than one way at once. The events are written by hand; a byte names an answer.
 */

const ANSWER = 20;
const TRANSFER = ["transfer_call", { target: "sales" }] as const;
const END = ["end_call", {}] as const;

/** A call whose model says a sentence, and leaves in all these ways with it. */
async function leavingBy(...ways: (readonly [string, object])[]): Promise<WrittenCall> {
  const call = await WrittenCall.begin();
  await call.hears(1);
  await call.utters("item_u1", "Sales, please.");
  call.now.tell(
    created("resp_a"),
    ...spoken("resp_a", "item_a", ANSWER, 1_500, "I put you through. Goodbye!"),
    ...ways.map(([name, args], i) => itemDone("resp_a", functionCall(name, args, `call_${i}`), i + 1)),
    done("resp_a"),
  );
  await call.run(8_000, () => call.isOver);
  return call;
}

// https://github.com/livekit/agents/issues/3702
Deno.test("A caller who is put through twice in one answer is put through once, and nothing is said of it", async () => {
  const call = await leavingBy(TRANSFER, TRANSFER);
  assert.equal(call.ended[0].reason, "transferred");
  assert.equal(call.twilio.asked.length, 1);
  assert.deepEqual(call.answers, [ANSWER]);
  assert.equal(call.written[0].requests.length, 1, "the greeting");
  const tools = call.ended[0].transcript.flatMap((entry) => entry.kind === "tool" ? [entry.outcome] : []);
  assert.deepEqual(tools, ["done", "done"]);
});

Deno.test("A caller who is put through and hung up on in one answer is put through, in whatever order", async () => {
  for (const ways of [[TRANSFER, END], [END, TRANSFER]]) {
    const call = await leavingBy(...ways);
    assert.equal(call.ended[0].reason, "transferred");
    assert.deepEqual(call.twilio.asked.map(({ what }) => what), ["leave"]);
    assert.deepEqual(call.answers, [ANSWER]);
    assert.equal(call.written[0].requests.length, 1);
  }
});

Deno.test("A model that hangs up twice in one answer hangs up once", async () => {
  const call = await leavingBy(END, END);
  assert.equal(call.ended[0].reason, "agent_hung_up");
  assert.equal(call.twilio.asked.length, 1);
  assert.deepEqual(call.answers, [ANSWER]);
});
