import assert from "node:assert/strict";
import { decodedBase64 } from "../../src/audio/base64.ts";
import type { KeptCall } from "../../src/call/suspended_calls.ts";
import { WrittenCall } from "../support/written_call.ts";

/*
 * A call that another process is to go on with, while the database takes its time: what becomes of the talk meanwhile.
 */

/** Audio as between two words. */
const QUIET = 0x7e;

/** A call whose caller has been greeted, and whose talk rests. */
async function greeted(): Promise<WrittenCall> {
  const call = await WrittenCall.begin();
  await call.hears(1);
  await call.run(500);
  call.session!.aboutToMove();
  assert.equal(call.session!.rest, "pause");
  return call;
}

/** Begins to hand a call over. What comes of that is told when the test says so. */
function begin(call: WrittenCall) {
  const taken = Promise.withResolvers<boolean>();
  const kept: KeptCall[] = [];
  const hasLeft = call.session!.move((one) => {
    kept.push(one);
    return taken.promise;
  });
  return { kept, hasLeft, decide: taken.resolve };
}

Deno.test("A call leaves once what goes on elsewhere is kept there, and not before", async () => {
  const call = await greeted();
  const { kept, hasLeft, decide } = begin(call);
  await call.run(300);
  assert.equal(call.isOver, false);
  assert.equal(call.now.readyState, 1);
  assert.equal(call.session!.isOnItsWay, true);
  decide(true);
  assert.equal(await hasLeft, true);
  assert.equal(call.ended[0].reason, "moved");
  assert.deepEqual([kept[0].journal.streams, call.ended[0].streams], [1, 1]);
  assert.equal(kept[0].journal.booked.durationMs, call.ended[0].durationMs);
  assert.equal(call.now, undefined);
  assert.equal(call.engine.openCount, 0);
});

Deno.test("A call that nobody took goes on here as if nothing had been", async () => {
  const call = await greeted();
  const { hasLeft, decide } = begin(call);
  await call.run(300);
  decide(false);
  assert.equal(await hasLeft, false);
  assert.equal(call.session!.isOnItsWay, false);
  await call.utters("item_u1", "Are you there?");
  call.now.answer({ byte: 20, words: "Yes." });
  await call.hears(2);
  assert.equal(call.heard[1].byte, 20);
  assert.equal(call.written.length, 1);
  assert.equal(call.session!.rest, "pause");
});

Deno.test("A caller who begins to speak while the call is handed over is heard here, whole", async () => {
  for (const noticed of [true, false]) {
    const call = await greeted();
    const { hasLeft, decide } = begin(call);
    if (noticed) void call.utters("item_u1", "Wait.");
    else call.twilio.loudUntilMs = call.clock.now() + 600;
    await call.run(1_600);
    decide(true);
    assert.equal(await hasLeft, false, `noticed: ${noticed}`);
    assert.equal(call.isOver, false);
    await call.run(3_000);
    call.now.answer({ byte: 20, words: "Yes." });
    await call.hears(2);
    assert.equal(call.heard.at(-1)!.byte, 20);
  }
});

Deno.test("A caller who hangs up while the call is handed over has hung up", async () => {
  const call = await greeted();
  const { hasLeft, decide } = begin(call);
  call.twilio.end("stop_and_close");
  await call.run(500);
  decide(true);
  assert.equal(await hasLeft, false);
  assert.equal(call.ended[0].reason, "caller_hung_up");
});

Deno.test("What the agent was saying goes along; nobody took the call: it is said on here, once", async () => {
  const call = await greeted();
  call.now.answer({ byte: QUIET, ms: 6_000, words: "A long answer of many words." });
  await call.run(2_000);
  assert.equal(call.session!.rest, "gap");
  const { kept, hasLeft, decide } = begin(call);
  await call.run(400);
  const carried = decodedBase64(kept[0].carried!.agentAudio!).length / 8;
  assert.ok(Math.abs(carried - 4_000) < 300, `${carried} ms of 4000 went along`);
  decide(false);
  assert.equal(await hasLeft, false);
  await call.run(8_000);
  const heardMs = call.heard.filter(({ byte }) => byte === QUIET)
    .reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  assert.ok(Math.abs(heardMs - 6_000) < 300, `${heardMs} ms of 6000 were heard`);
  assert.equal(call.session!.rest, "pause");
});

Deno.test("Keys that the caller is typing go to the agent here, before the call leaves", async () => {
  const call = await greeted();
  call.twilio.press("1");
  await call.run(200);
  assert.equal(call.session!.rest, undefined, "the entry is not complete");
  call.twilio.press("2");
  await call.run(2_000);
  assert.match(JSON.stringify(call.now.of("conversation.item.create")), /pressed the keys 1 2/);
  await call.hears(2);
  await call.run(500);
  assert.equal(call.session!.rest, "pause");
  const { hasLeft, decide } = begin(call);
  call.twilio.press("3");
  await call.run(200);
  decide(true);
  assert.equal(await hasLeft, false);
  await call.run(2_000);
  assert.match(JSON.stringify(call.now.of("conversation.item.create")), /pressed the keys 3/);
});
