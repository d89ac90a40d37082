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

  // https://github.com/openclaw/openclaw/issues/8548
  await t.step("a call that is over ends, though its stream stays open", async () => {
    const { stream, session } = await peers.call(sidOf("d"));
    session.respond("r1", 300);
    await eventually("the greeting", () => stream.soundMs >= 290, 20_000);
    await peers.hook("/voice/status", sidOf("d"), { CallStatus: "completed" });
    await eventually("the session is over", () => session.isClosed, 3_000);
    assert.equal((await recordOf(peers, sidOf("d"))).reason, "caller_hung_up");
    assert.equal((await stream.closed).code, 1000);
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

  await t.step("words of any letters are in the record, whole", async () => {
    const { stream, session } = await peers.call(sidOf("7"));
    session.respond("r1", 300);
    session.tell(
      { type: "input_audio_buffer.committed", item_id: "u1", previous_item_id: null },
      {
        type: "conversation.item.input_audio_transcription.completed",
        item_id: "u1",
        content_index: 0,
        transcript: "Zo\u0000ë, مرحبا \u{1f4de} \ud83d, sim",
        usage: { type: "duration", seconds: 1 },
      },
    );
    await eventually("the greeting", () => stream.soundMs >= 290, 20_000);
    stream.send(stopText());
    const [{ text }] = entriesOf(await recordOf(peers, sidOf("7")), "user");
    assert.ok(String(text).startsWith("Zo") && String(text).endsWith(", sim"), JSON.stringify(text));
    assert.ok(String(text).includes("مرحبا \u{1f4de}") && String(text).isWellFormed());
  });

  await t.step("a line that breaks gets the fallback, and gives its slot back", async () => {
    for (const digit of ["8", "9", "a"]) {
      const { stream, session } = await peers.call(sidOf(digit));
      session.respond("r1", 4_000);
      await eventually("the greeting", () => stream.soundMs > 0, 20_000);
      stream.socket.close(3001);
      assert.equal((await recordOf(peers, sidOf(digit))).reason, "stream_lost");
      const next = await peers.hook("/voice/after-stream?business=acme", sidOf(digit));
      assert.ok(next.includes("<Say") && !next.includes("<Stream"));
    }
  });

  await t.step("a caller is heard whose frames are typed otherwise, and in other pieces", async () => {
    const { stream, session } = await peers.call(sidOf("b"), 0);
    for (const [index, bytes] of [1, 160, 4_000, 0].entries()) {
      stream.send({
        event: "media",
        sequenceNumber: index + 2,
        media: {
          track: "inbound",
          chunk: index,
          timestamp: index * 700,
          payload: btoa("\x90".repeat(bytes)),
        },
      });
    }
    await eventually("it reaches the model", () => session.appendedMs >= 520, 20_000);
    stream.send({ event: "dtmf", dtmf: { track: "inbound_track", digit: 7 } });
    const told = () => JSON.stringify(session.of("conversation.item.create"));
    session.respond("r1", 100);
    await eventually("the key, too", () => told().includes("pressed the keys 7"), 20_000);
    stream.send(stopText());
    await recordOf(peers, sidOf("b"));
    assert.deepEqual(peers.logged("stream_violation").filter(({ call }) => call === sidOf("b")), []);
  });

  await t.step("a model that sends what nobody understands, and closes, is followed by another", async () => {
    const { stream, session } = await peers.call(sidOf("c"));
    session.respond("r1", 300);
    await eventually("the greeting", () => stream.soundMs >= 290, 20_000);
    session.socket.send(new Uint8Array(100));
    session.socket.send("{");
    session.tell({ type: "response.thoughts.delta", delta: "…" }, { type: "error", error: null } as never);
    const count = peers.sessions.length;
    session.socket.close(1011);
    await eventually("another session", () => peers.sessions.length > count, 20_000);
    stream.send(stopText());
    const record = await recordOf(peers, sidOf("c"));
    assert.equal(record.reason, "caller_hung_up");
    assert.equal(entriesOf(record, "note").length, 1);
  });
});
