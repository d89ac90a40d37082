import assert from "node:assert/strict";
import type { TranscriptEntry } from "../../src/call/journal/transcript_entry.ts";
import { created, done, functionCall, itemDone, spoken, WrittenCall } from "../support/written_call.ts";

/*
 * Callers who hang up while a tool is at work: a booking that went through must be in the record. Events are
 * written by hand; the greeting is the first answer.
 */

/** A call whose model has just called a tool. */
async function using(...names: string[]): Promise<WrittenCall> {
  const call = await WrittenCall.begin();
  await call.hears(1);
  await call.utters("item_u1", "Book me a table.");
  call.now.tell(
    created("resp_a"),
    ...names.map((name, index) => itemDone("resp_a", functionCall(name, { id: 7 }), index)),
    done("resp_a"),
  );
  await call.run(500);
  return call;
}

function toolsIn(entries: readonly TranscriptEntry[]): string[] {
  return entries.flatMap((entry) =>
    entry.kind === "tool" ? [`${entry.name} ${entry.outcome} ${entry.output}`.trim()] : []
  );
}

Deno.test("A tool at work when the caller hangs up ends, and the record has what it gave", async () => {
  const call = await using("8_seconds");
  const { length } = call.now.got;
  call.twilio.end("stop_and_close");
  await call.run(500);
  assert.ok(call.endedAtMs < Infinity, "released at once");
  assert.equal(call.isOver, false);
  await call.run(9_000, () => call.isOver);
  assert.deepEqual(toolsIn(call.ended[0].transcript), ['8_seconds done "done 7"']);
  assert.equal(call.ended[0].reason, "caller_hung_up");
  assert.ok(call.ended[0].durationMs < call.clock.now() - 7_000, "the call lasts until they hang up");
  assert.ok(call.written[0].of("response.create").length < 3, "nobody is told");
  assert.equal(call.written[0].got.length, length);
  await call.run(1_000);
  assert.equal(call.clock.pending - call.modelClock.pending, 0, "no deadline is left");
});

Deno.test("A tool that hangs is waited for until its time-out, and the record says so", async () => {
  const call = await using("stuck");
  call.twilio.end("close");
  await call.run(4_000);
  assert.equal(call.isOver, false);
  await call.run(1_000);
  assert.equal(toolsIn(call.ended[0].transcript)[0].split(" {")[0], "stuck timed_out");
  assert.match(toolsIn(call.ended[0].transcript)[0], /not known whether it has done anything/);
});

Deno.test("A tool that fails after the hang-up is in the record as failed; several are each in it", async () => {
  const call = await using("slow", "8_seconds", "fast");
  call.twilio.end("stop");
  await call.run(9_000, () => call.isOver);
  assert.deepEqual(toolsIn(call.ended[0].transcript), [
    'slow done "done 7"',
    '8_seconds done "done 7"',
    'fast done "done 7"',
  ]);
});

Deno.test("What leaves the call does not outlive it", async () => {
  const call = await using();
  call.now.tell(
    created("resp_b"),
    ...spoken("resp_b", "item_b", 20, 4_000, "Goodbye."),
    itemDone("resp_b", functionCall("end_call"), 1),
    done("resp_b"),
  );
  await call.run(500);
  call.twilio.end("stop_and_close");
  await call.run(500);
  assert.equal(call.isOver, true);
  assert.deepEqual(toolsIn(call.ended[0].transcript), ["end_call call_ended"]);
});

Deno.test("A server that stops waits three seconds for tools; what it no longer waits for is not known", async () => {
  const call = await using("slow", "8_seconds");
  call.session!.end("server_stopped");
  call.session!.settleSoon();
  await call.run(2_900);
  assert.equal(call.isOver, false);
  await call.run(200);
  assert.deepEqual(toolsIn(call.ended[0].transcript), ['slow done "done 7"', "8_seconds call_ended"]);
  assert.equal(call.clock.pending - call.modelClock.pending, 0, "no deadline is left");

  const back = await using("8_seconds");
  back.twilio.end("close");
  await back.run(500);
  back.session!.settle(); // its next stream is here
  assert.deepEqual(toolsIn(back.ended[0].transcript), ["8_seconds call_ended"]);
});

Deno.test("What is written down of a call while a tool is at work says that it was begun", async () => {
  const call = await using("8_seconds");
  assert.deepEqual(toolsIn(call.session!.progress().transcript), ["8_seconds begun"]);
  await call.run(8_000);
  assert.deepEqual(toolsIn(await call.record()), ['8_seconds done "done 7"']);
});

Deno.test("A session that takes over while a tool is at work knows that it was begun, and is told what it gives", async () => {
  const call = await using("8_seconds");
  call.now.closeByPeer(1011);
  await call.run(3_000);
  assert.equal(call.written.length, 2);
  const told = () => call.now.of("conversation.item.create").map(({ item }) => JSON.stringify(item));
  assert.ok(
    told().some((text) => text.includes("You used the tool 8_seconds") && text.includes("nothing yet")),
  );
  await call.run(6_000);
  assert.ok(told().some((text) => text.includes("The result of 8_seconds is: ")));
  assert.deepEqual(toolsIn(await call.record()), ['8_seconds done "done 7"']);
});
