import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { RawPeers, type RawPeers as Peers } from "../support/raw_peers.ts";
import { dtmfText, markText, startText, stopText } from "../support/stream_messages.ts";

/*
 * Calls as callers have reported them of other telephone agents, played to a server by peers that are written
 * message by message.
 */

const sidOf = (digit: string) => `CA${digit.repeat(32)}`;

async function recordOf(peers: Peers, callSid: string, withinMs = 20_000): Promise<Record<string, unknown>> {
  let record: Record<string, unknown> | undefined;
  const isThere = async () => (record = await peers.record(callSid)) !== undefined;
  await eventually("the record is there", isThere, withinMs);
  return record!;
}

function entriesOf(record: Record<string, unknown>, kind: string): Record<string, unknown>[] {
  return (record.transcript as Record<string, unknown>[]).filter((entry) => entry.kind === kind);
}

Deno.test("calls by peers that are written by hand", async (t) => {
  const asked: string[] = [];
  await using desk = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    asked.push(await request.text());
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    return Response.json({ booked: "table 5" });
  });
  const tool = {
    name: "book",
    description: "Books.",
    parameters: { type: "object", properties: { seats: { type: "number" } } },
    url: `http://127.0.0.1:${desk.addr.port}/book`,
  };
  await using peers = await RawPeers.start(
    { tools: { http: [tool] }, limits: { callsAtOnce: 2 } },
    { PRIVATE_HOSTS: `127.0.0.1:${desk.addr.port}` },
  );
  const callOf = (id: string, args: string) => ({
    id: `fc_${id}`,
    type: "function_call",
    status: "completed",
    name: "book",
    call_id: id,
    arguments: args,
  });

  await t.step("a caller who hangs up while the table is booked has it in the record", async () => {
    const { stream, session } = await peers.call(sidOf("1"));
    session.respond("r1", 200);
    session.respond("r2", 0, callOf("c1", '{"seats":4}'));
    await eventually("the desk is asked", () => asked.length === 1, 20_000);
    stream.send(stopText());
    stream.socket.close();
    const [booked] = entriesOf(await recordOf(peers, sidOf("1")), "tool");
    assert.deepEqual([booked.outcome, booked.arguments], ["done", '{"seats":4}']);
    assert.match(String(booked.output), /table 5/);
    await eventually("the session is over", () => session.isClosed, 20_000);
  });

  await t.step("a caller who hangs up at the first word of the greeting leaves nothing behind", async () => {
    const { stream, session } = await peers.call(sidOf("2"));
    session.respond("r1", 5_000);
    await eventually("the first sound", () => stream.soundMs > 0, 20_000);
    stream.send(stopText());
    const record = await recordOf(peers, sidOf("2"));
    assert.equal(record.reason, "caller_hung_up");
    assert.deepEqual(entriesOf(record, "assistant").map(({ cut }) => cut), [true]);
    await stream.closed;
    await eventually("the session is over", () => session.isClosed, 20_000);
  });

  await t.step("a second start, keys into the answer, marks of nobody, messages after the stop", async () => {
    const { stream, session } = await peers.call(sidOf("3"));
    stream.send(startText(sidOf("3")));
    session.respond("r1", 8_000);
    await eventually("the answer", () => stream.soundMs >= 7_900, 20_000);
    stream.send(markText("responsePart"));
    stream.send(dtmfText("5"));
    await eventually("silence", () => stream.events.includes("clear"), 20_000);
    const told = () => JSON.stringify(session.of("conversation.item.create"));
    await eventually("the model is told", () => told().includes("pressed the keys 5"), 20_000);
    assert.equal(session.of("conversation.item.truncate").length, 1);
    session.respond("r2", 300);
    for (const text of [stopText(), stopText(), dtmfText("6")]) stream.send(text);
    const record = await recordOf(peers, sidOf("3"));
    assert.deepEqual(entriesOf(record, "keys").map(({ digits }) => digits), ["5"]);
  });

  await t.step("the call's end is told before the stream's, twice, and in the wrong order", async () => {
    const { stream, session } = await peers.call(sidOf("4"));
    session.respond("r1", 300);
    await eventually("the greeting", () => stream.soundMs >= 290, 20_000);
    for (const status of ["completed", "ringing", "completed"]) {
      await peers.hook("/voice/status", sidOf("4"), { CallStatus: status });
    }
    stream.socket.close();
    const record = await recordOf(peers, sidOf("4"));
    assert.equal(entriesOf(record, "assistant").length, 1);
    const answer = await peers.hook("/voice/after-stream?business=acme", sidOf("4"), {
      CallStatus: "completed",
    });
    assert.ok(!answer.includes("<Stream"));
    assert.ok(
      !(await peers.hook("/voice", sidOf("4"))).includes("<Stream"),
      "a call that is over begins no more",
    );
  });

  await t.step("a token opens one stream, whoever comes again", async () => {
    const twiml = await peers.hook("/voice", sidOf("5"), { CallStatus: "ringing" });
    const first = await peers.open(twiml);
    await assert.rejects(peers.open(twiml));
    first.send(`{"event":"media","streamSid":"MZ","media":{"payload":""}}`);
    assert.equal((await first.closed).code, 1008);
    // Twilio asks what comes next of a call whose stream was refused.
    assert.ok((await peers.hook("/voice/after-stream?business=acme", sidOf("5"))).includes("<"));
  });

  await t.step("what webhooks bring besides changes nothing", async () => {
    const answer = await peers.hook("/voice", sidOf("6"), {
      From: "anonymous",
      CallerName: "Zoë & <b>Söhne</b> 📞",
      "SipHeader_X-Account": "a=b&c",
      StirVerstat: "TN-Validation-Passed-A",
      CallToken: "%7B%22parentCallInfoToken%22%7D",
      Digits: "",
    });
    assert.ok(answer.includes("<Stream"));
    await peers.hook("/voice/status", sidOf("6"), { CallStatus: "completed" });
  });
});
