import assert from "node:assert/strict";
import {
  created,
  done,
  functionCall,
  itemDone,
  spoken,
  transcribed,
  WrittenCall,
  type WrittenEvent,
} from "../support/written_call.ts";

/*
 * Ways in which a model takes leave of a caller, as users of other telephone agents have reported them. The model's events
 * are written by hand: a byte names an answer, and the greeting is 1.
 */

const GOODBYE = 20;
/** What the model is asked for is heard under these bytes, in order. */
const ASKED = 2;

/** A response that calls functions, after what it says. */
function calls(names: readonly string[], speech: WrittenEvent[] = [], id = "resp_a"): WrittenEvent[] {
  return [
    created(id),
    ...speech,
    ...names.map((name, index) =>
      itemDone(id, functionCall(name, { target: "sales" }, `call_${id}_${name}`), index + 1)
    ),
    done(id),
  ];
}

function says(ms: number, words = "Thank you. Goodbye.", id = "resp_a", byte = GOODBYE): WrittenEvent[] {
  return spoken(id, `item_${id}`, byte, ms, words);
}

/** What the model was told that a tool had given. */
function outputOf(call: WrittenCall, name: string): string {
  const items = call.written.flatMap((session) => session.of("conversation.item.create"));
  const outputs = items.map(({ item }) => item as { call_id?: string; output?: string });
  return outputs.find(({ call_id }) => call_id?.endsWith(name))?.output ?? "";
}

// https://github.com/bolna-ai/bolna/pull/793, https://github.com/aplisay/llm-agent/pull/181
Deno.test("A model that hangs up without a word says goodbye first, once, and it is heard", async () => {
  const call = await WrittenCall.spokenTo("That is all I need.");
  call.now.tell(...calls(["end_call"]));
  await call.run(10_000, () => call.isOver);
  assert.deepEqual(call.answers, [ASKED]);
  const [, { toMs }] = call.heard;
  assert.ok(toMs - call.heard[1].fromMs >= 990 && toMs <= call.twilio.asked[0].atMs, "heard out");
  assert.ok(call.now === undefined && call.written[0].requests[1].instructions.includes("Say goodbye"));
  const record = await call.record();
  assert.equal(call.ended[0].reason, "agent_hung_up");
  assert.deepEqual(record.map(({ kind }) => kind), ["assistant", "user", "tool", "assistant"]);
});

// https://github.com/livekit/agents/issues/2471
Deno.test("A goodbye that is only written beside the hang-up is spoken before it", async () => {
  const call = await WrittenCall.spokenTo("That is all.");
  const item = {
    id: "item_t",
    type: "message",
    status: "completed",
    role: "assistant",
    content: [{ type: "output_text", text: "Thanks for calling Acme, goodbye." }],
  };
  call.now.tell(
    created("resp_a"),
    itemDone("resp_a", item),
    itemDone("resp_a", functionCall("end_call"), 1),
    done("resp_a", { output: [item, functionCall("end_call")] }),
  );
  await call.run(10_000, () => call.isOver);
  assert.deepEqual(call.answers, [ASKED]);
  assert.ok(call.written[0].requests[1].instructions.endsWith("Thanks for calling Acme, goodbye."));
  assert.ok(call.heard[1].toMs <= call.twilio.asked[0].atMs);
});

// https://github.com/livekit/agents/pull/6796
Deno.test("No second goodbye where the agent has said one and the caller has answered it", async () => {
  const call = await WrittenCall.spokenTo("That is all.");
  call.now.answer({ byte: GOODBYE, words: "You are welcome. Have a nice day, goodbye!" });
  await call.hears(2);
  await call.utters("item_u2", "Thanks, bye.", 800);
  call.now.tell(...calls(["end_call"], [], "resp_b"));
  await call.run(5_000, () => call.isOver);
  assert.equal(call.ended[0]?.reason, "agent_hung_up");
  assert.deepEqual(call.answers, [GOODBYE]);
});

Deno.test("A caller who speaks into the goodbye of a silent hang-up stays, and the model is told so", async () => {
  const call = await WrittenCall.spokenTo("That is all.");
  call.now.onCreate = (request) =>
    void call.now.answer({ request, byte: ASKED, ms: 4_000, words: "Goodbye then." });
  call.now.tell(...calls(["end_call"]));
  await call.run(1_000);
  await call.utters("item_u2", "Wait, one more question.", 1_200);
  call.now.answer({ byte: 40, words: "Of course." });
  await call.hears(3);
  assert.deepEqual(call.answers, [ASKED, 40]);
  assert.deepEqual(call.twilio.asked, []);
  assert.ok(outputOf(call, "end_call").includes("spoken again"));
  await call.record();
});

// https://github.com/bolna-ai/bolna/pull/1036
Deno.test("A caller who speaks into the goodbye is answered once, also where the words are known only after that", async () => {
  for (const isKnownFirst of [true, false]) {
    const call = await WrittenCall.spokenTo("That is all.");
    call.now.tell(...calls(["end_call"], says(5_000)));
    await call.run(600);
    await call.utters("item_u2", undefined, 1_500);
    const words = transcribed("item_u2", "Wait, what is the price?");
    if (isKnownFirst) call.now.tell(words);
    await call.run(50);
    call.now.answer({ byte: 40, words: "Ten euros." });
    await call.run(300);
    if (!isKnownFirst) call.now.tell(words);
    await call.run(8_000);
    assert.deepEqual(call.answers, [GOODBYE, 40], `known first: ${isKnownFirst}`);
    assert.ok(outputOf(call, "end_call").includes("spoken again"));
    assert.deepEqual(call.twilio.asked, []);
    await call.record();
  }
});

// https://github.com/inkbox-ai/hermes-agent-plugin/pull/103
Deno.test("A hang-up waits for a tool at work, and the caller hears what came of it", async () => {
  for (const tool of ["slow", "8_seconds"]) {
    const call = await WrittenCall.spokenTo("Please book it, and good night.");
    call.now.onCreate = (request) =>
      request.toolChoice === "none"
        ? call.now.answer({ request, byte: 40, words: "One moment." })
        : call.now.tell(
          created("resp_c", request),
          ...spoken("resp_c", "item_c", 41, 1_000, "It is booked. Goodbye."),
          itemDone("resp_c", functionCall("end_call", {}, "call_again"), 1),
          done("resp_c", { request }),
        );
    call.now.tell(...calls([tool, "end_call"], says(1_000)));
    await call.run(20_000, () => call.isOver);
    assert.deepEqual(call.answers.filter((byte) => byte !== 40), [GOODBYE, 41], tool);
    assert.ok(call.heard.at(-1)!.toMs <= call.twilio.asked[0].atMs, "heard out");
    assert.ok(call.longestSilence(call.heard[1].fromMs) < 6_100);
    assert.ok(outputOf(call, "_end_call").includes("has not heard what it gave"));
    const tools = (await call.record()).flatMap((entry) =>
      entry.kind === "tool" ? [`${entry.name} ${entry.outcome}`] : []
    );
    assert.deepEqual(tools, [`${tool} done`, "end_call done", "end_call done"]);
    assert.deepEqual(call.errors, []);
  }
});

Deno.test("A hang-up waits for a tool of an earlier answer, too", async () => {
  const call = await WrittenCall.spokenTo("Please book it.");
  call.now.onCreate = (request) =>
    void call.now.answer({ request, byte: request.toolChoice === "none" ? 40 : 41 });
  call.now.tell(...calls(["8_seconds"], says(800, "One moment.")));
  await call.run(1_200);
  await call.utters("item_u2", "I have to go, bye.", 1_000);
  call.now.tell(...calls(["end_call"], says(800, "Goodbye.", "resp_b", 30), "resp_b"));
  await call.run(12_000);
  assert.ok(call.answers.filter((byte) => byte !== 40).join() === `${GOODBYE},30,41`, `${call.answers}`);
  assert.equal(call.now.requests.filter(({ toolChoice }) => toolChoice !== "none").length, 1, "told once");
  assert.deepEqual(call.twilio.asked, []);
  await call.record();
});

Deno.test("A tool that is done before its goodbye was heard does not keep the call; one that failed does", async () => {
  const quick = await WrittenCall.spokenTo("Take a message, bye.");
  quick.now.tell(...calls(["fast", "end_call"], says(2_000)));
  await quick.run(5_000, () => quick.isOver);
  assert.deepEqual(quick.answers, [GOODBYE]);
  assert.equal(quick.ended[0].reason, "agent_hung_up");

  const failed = await WrittenCall.spokenTo("Take a message, bye.");
  failed.now.onCreate = (request) =>
    void failed.now.answer({ request, byte: 41, words: "That did not work." });
  failed.now.tell(...calls(["failing", "end_call"], says(2_000)));
  await failed.run(6_000);
  assert.deepEqual(failed.answers, [GOODBYE, 41]);
  assert.deepEqual(failed.twilio.asked, []);
  await failed.record();
});

Deno.test("A caller who speaks while a hang-up waits for a tool stays", async () => {
  const call = await WrittenCall.spokenTo("Please book it, bye.");
  call.now.onCreate = (request) =>
    void call.now.answer({ request, byte: request.toolChoice === "none" ? 40 : 41 });
  call.now.tell(...calls(["8_seconds", "end_call"], says(500)));
  await call.run(5_000);
  await call.utters("item_u2", "Are you still there?");
  call.now.answer({ byte: 50, words: "Yes." });
  await call.run(10_000);
  assert.deepEqual(call.twilio.asked, []);
  assert.ok(outputOf(call, "end_call").includes("spoken again"));
  assert.ok(call.answers.includes(41), "what the tool gave is heard");
  await call.record();
});

Deno.test("A transfer waits for a tool at work, and says nothing of it", async () => {
  const call = await WrittenCall.spokenTo("Write that down, and put me through.");
  call.now.onCreate = (request) =>
    void call.now.answer({ request, byte: request.toolChoice === "none" ? 40 : 41 });
  call.now.tell(...calls(["slow", "transfer_call"], says(800, "I put you through.")));
  await call.run(10_000, () => call.isOver);
  assert.ok(!call.answers.includes(41));
  const record = await call.record();
  assert.equal(call.ended[0].reason, "transferred");
  assert.deepEqual(record.flatMap((entry) => entry.kind === "tool" ? [entry.outcome] : []), ["done", "done"]);
});

Deno.test("A goodbye of a silent hang-up that does not come is waited for like any answer, then the caller hears the fallback", async () => {
  const call = await WrittenCall.begin();
  await call.hears(1);
  await call.utters("item_u1", "That is all.");
  call.prepare = (session) => session.onCreate = () => {};
  call.now.onCreate = () => {};
  const fromMs = call.clock.now();
  call.now.tell(...calls(["end_call"]));
  await call.run(40_000, () => call.isOver);
  assert.equal(call.ended[0].reason, "agent_lost");
  assert.ok(call.endedAtMs - fromMs < 12_000, `${call.endedAtMs - fromMs} ms`);
  assert.ok(call.longestSilence(fromMs) <= 6_100);

  // Another session says it.
  const other = await WrittenCall.begin();
  await other.hears(1);
  await other.utters("item_u1", "That is all.");
  other.now.onCreate = () => {};
  other.now.tell(...calls(["end_call"]));
  await other.run(20_000, () => other.isOver);
  assert.equal(other.ended[0].reason, "agent_hung_up");
  assert.equal(other.heard.length, 2);
  assert.ok(other.heard[1].toMs <= other.twilio.asked[0].atMs);
});

// https://github.com/utsavk1993/wren/issues/55, https://github.com/livekit/agents/pull/6750
Deno.test("However long a caller takes leave, the goodbye is heard out, once, and the call ends", async () => {
  const cases: [words: string, language: string | undefined][] = [
    ["Perfect, thank you so much for your help, you have a great day too, bye bye!", "en"],
    ["No, that's it. Thank you. Bye.", undefined],
    ["Great, thanks. Have a good weekend!", "en"],
    ["Super, vielen herzlichen Dank für Ihre Hilfe, einen schönen Tag noch, tschüss!", "de"],
    ["Parfait, merci beaucoup pour votre aide, bonne journée à vous aussi, au revoir.", "fr"],
  ];
  for (const [words, language] of cases) {
    const call = await WrittenCall.spokenTo("That is all.", { language });
    call.now.tell(...calls(["end_call"], says(4_000)));
    await call.run(1_500);
    await call.utters("item_u2", words, 1_800);
    if (!call.isOver) call.now.answer({ byte: 40, words: "You too!" });
    await call.run(6_000, () => call.isOver);
    assert.equal(call.ended[0]?.reason, "agent_hung_up", words);
    const ms = call.heard.slice(1).reduce(
      (sum, { byte, fromMs, toMs }) => byte === GOODBYE ? sum + toMs - fromMs : NaN,
      0,
    );
    assert.ok(ms >= 3_990, `${words}: ${ms} ms of 4000, and nothing else`);
  }
});

Deno.test("A caller who agrees to be put through is put through; one who says no, or agrees to a goodbye, is not let go", async () => {
  const cases = [
    { way: "transfer_call", words: "Yes please, that would be great.", isLeft: true },
    { way: "transfer_call", words: "Perfect, thank you.", isLeft: true },
    { way: "transfer_call", words: "No, thanks.", isLeft: false },
    { way: "transfer_call", words: "Wait, please.", isLeft: false },
    { way: "end_call", words: "Yes, please.", isLeft: false },
    { way: "end_call", words: "No, thanks.", isLeft: true },
  ];
  for (const { way, words, isLeft } of cases) {
    const call = await WrittenCall.spokenTo("A person, please.");
    call.now.tell(...calls([way], says(4_000, "I put you through to sales.")));
    await call.run(1_500);
    await call.utters("item_u2", words, 900);
    if (!call.isOver) call.now.answer({ byte: 40, words: "Yes?" });
    await call.run(6_000, () => call.isOver);
    assert.equal(call.isOver, isLeft, `${way}: ${words}`);
    assert.equal(call.answers.includes(40), !isLeft, `${way}: ${words}`);
    await call.record();
  }
});

// https://github.com/vocodedev/vocode-core/pull/191
Deno.test("Two sides that say goodbye again and again are parted: after the agent's second one, heard out", async () => {
  const goodbyes = async (hasLateWords: boolean, ends: string): Promise<WrittenCall> => {
    const call = await WrittenCall.spokenTo("That is all.");
    for (let turn = 0; turn < 5 && !call.isOver; turn++) {
      call.now.answer({ byte: GOODBYE + turn, words: `Thank you, goodbye! ${ends}`.trim() });
      if (hasLateWords && turn > 0) call.now.tell(transcribed(`item_b${turn}`, "Goodbye, have a nice day!"));
      await call.run(1_600, () => call.isOver);
      const words = hasLateWords ? undefined : "Goodbye, have a nice day!";
      if (!call.isOver) await call.utters(`item_b${turn + 1}`, words, 900);
    }
    return call;
  };
  for (const hasLateWords of [false, true]) {
    const call = await goodbyes(hasLateWords, "");
    assert.deepEqual(call.answers, [GOODBYE, GOODBYE + 1]);
    assert.equal(call.ended[0]?.reason, "agent_hung_up");
    const { fromMs, toMs } = call.heard[2];
    assert.ok(toMs - fromMs >= 990 && toMs <= call.twilio.asked[0].atMs, "heard out");
  }
  const asks = await goodbyes(false, "Or is there anything else?");
  assert.equal(asks.isOver, false);
  await asks.record();
});

// https://github.com/sonichi/sutando/pull/298
Deno.test("A model that asks something and hangs up in one breath is not let go, nor does it say anything more", async () => {
  for (const words of ["Hello, how can I help you?", "¿Algo más?", "他に何かありますか？"]) {
    const call = await WrittenCall.spokenTo("Close the other one.");
    call.now.tell(...calls(["end_call"], says(2_000, words)));
    await call.run(8_000);
    assert.deepEqual(call.answers, [GOODBYE], words);
    assert.deepEqual(call.twilio.asked, [], words);
    assert.ok(outputOf(call, "end_call").includes("Wait for the answer"), words);
    await call.utters("item_u2", "No, thanks.", 800);
    call.now.tell(...calls(["end_call"], says(1_000, "Goodbye.", "resp_b", 30), "resp_b"));
    await call.run(5_000, () => call.isOver);
    assert.equal(call.ended[0]?.reason, "agent_hung_up", words);
  }
  const greeting = await WrittenCall.begin({}, (session) => {
    session.onCreate = (request) =>
      session.tell(
        created("resp_g", request),
        ...spoken("resp_g", "item_g", 1, 2_000, "Acme, how may I help?"),
        itemDone("resp_g", functionCall("end_call"), 1),
        done("resp_g", { request }),
      );
  });
  await greeting.run(6_000);
  assert.equal(greeting.isOver, false);
  await greeting.record();

  const leaves = await WrittenCall.spokenTo("That is all.");
  leaves.now.tell(...calls(["end_call"], says(1_000, "Thanks for calling, goodbye! Talk to you soon?")));
  await leaves.run(5_000, () => leaves.isOver);
  assert.equal(leaves.ended[0]?.reason, "agent_hung_up");
});

// https://github.com/kirklandsig/AIReceptionist/issues/10
Deno.test("A tool in code that ends the call by itself, or puts the caller through, does not wait for itself", async () => {
  for (
    const [tool, reason] of [["books_and_ends", "agent_hung_up"], ["books_and_transfers", "transferred"]]
  ) {
    const call = await WrittenCall.spokenTo("Book it, and goodbye.");
    call.now.tell(...calls([tool], says(1_500)));
    await call.run(4_000, () => call.isOver);
    assert.equal(call.ended[0]?.reason, reason);
    assert.deepEqual(call.answers, [GOODBYE]);
    assert.ok(call.heard[1].toMs <= call.twilio.asked[0].atMs, "heard out");
    const tools = (await call.record()).flatMap((entry) => entry.kind === "tool" ? [entry.outcome] : []);
    assert.deepEqual(tools, ["done"]);
  }
});

Deno.test("A tool in code that ends the call waits for the others, and goes on where the caller stays", async () => {
  const waits = await WrittenCall.spokenTo("Book it, and goodbye.");
  waits.now.onCreate = (request) => void waits.now.answer({ request, byte: 40, words: "It is booked." });
  waits.now.tell(...calls(["slow", "books_and_ends"], says(500)));
  await waits.run(2_000);
  assert.deepEqual(waits.twilio.asked, [], "one is at work");
  await waits.record();

  const stays = await WrittenCall.spokenTo("Book it, and goodbye.");
  stays.now.tell(...calls(["books_and_ends"], says(4_000)));
  await stays.run(1_000);
  await stays.utters("item_u2", "Wait, one more question.", 900);
  stays.now.answer({ byte: 40, words: "Of course." });
  await stays.run(3_000);
  assert.equal(stays.isOver, false);
  assert.deepEqual(stays.twilio.asked, []);
  await stays.record();
});
