import assert from "node:assert/strict";
import { type Business, DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import type { Agent, AgentOutput } from "../../src/lab/openai/agent.ts";
import { replyOutputs, type ScriptedReply } from "../../src/lab/openai/agents/scripted_agent.ts";
import type { Failure } from "../../src/lab/openai/failures/failure_script.ts";
import { sideBySide } from "../support/side_by_side.ts";
import {
  AGAIN,
  ANSWER,
  asked,
  assertOneAtATime,
  call,
  GREETING,
  say,
  Talk,
  time,
  told,
  tools,
} from "../support/talk.ts";
import { ToolEndpoint } from "../support/tool_endpoint.ts";

/*
 * Situations that users of other telephone agents have reported, each with its source: what the caller heard, what the
 * model was told, and what the record says. Turns are taken as by default.
 */

const test = sideBySide("what others' callers lived through, end to end");

interface Setup {
  business?: Partial<Business>;
  /** The replies after the greeting. */
  replies: readonly (ScriptedReply | readonly AgentOutput[])[];
  /** What is made of the caller's turns. */
  transcripts?: readonly string[];
  script?: Failure[];
  greetingMs?: number;
}

/** A call at default settings, but for what a situation needs. */
function lived({ business, replies, transcripts = [], script, greetingMs = 400 }: Setup): Promise<Talk> {
  const all = [say(GREETING, greetingMs), ...replies].map((reply) =>
    "at" in reply ? reply as readonly AgentOutput[] : replyOutputs(reply as ScriptedReply)
  );
  const agent: Agent = {
    reply: ({ responseNumber }) => all[Math.min(responseNumber, all.length) - 1],
    transcribe: (_heard, turn) => transcripts[turn - 1] ?? "I have a question.",
  };
  return Talk.start({
    business: { turns: DEFAULT_BUSINESS.turns, ...business },
    emulator: { agent: () => agent, speed: 20, script },
  });
}

/** An answer that is only written. */
function written(transcript: string): AgentOutput {
  return { ...replyOutputs(say(ANSWER, 400, transcript))[0], isWritten: true } as AgentOutput;
}

function said(talk: Talk): string[] {
  return talk.transcript.flatMap((entry) => entry.kind === "assistant" ? [entry.text] : []);
}

// https://github.com/livekit/agents/pull/6796
test("'okay, bye' into the goodbye: it is heard out, said once, and the call ends", async () => {
  const goodbye: ScriptedReply = {
    ...say(ANSWER, 3_500, "Goodbye, and have a nice day."),
    ...call("end_call"),
  };
  await using talk = await lived({
    replies: [goodbye, say(AGAIN, 400, "Take care!")],
    transcripts: ["That is all.", "Okay, thank you, bye!"],
  });
  await talk.speakAfterGreeting();
  await talk.hears(ANSWER);
  await talk.speak(600);
  const report = await talk.over();
  assert.equal(report.endedBy, "server");
  assert.ok(!talk.hasHeard(AGAIN));
  assert.ok(Math.abs(talk.heardMs - 3_900) <= 60 + talk.stoodStillMs(), `${talk.heardMs} ms`);
  assert.deepEqual(said(talk), ["(500 Hz)", "Goodbye, and have a nice day."]);
  assert.ok(talk.transcript.some((entry) => entry.kind === "user" && entry.text === "Okay, thank you, bye!"));
  assert.equal(talk.rig.summaries[0].reason, "agent_hung_up");
});

// https://github.com/livekit/agents/pull/6796
test("'thanks, one more thing' into the goodbye: the call goes on", async () => {
  const goodbye: ScriptedReply = {
    ...say(ANSWER, 4_000, "Goodbye, and have a nice day."),
    ...call("end_call"),
  };
  await using talk = await lived({
    replies: [goodbye, say(AGAIN, 400, "Of course.")],
    transcripts: ["That is all.", "Thanks, one more thing."],
  });
  await talk.speakAfterGreeting();
  await talk.hears(ANSWER);
  await talk.speak(600);
  await talk.hears(AGAIN);
  await talk.hearsOut();
  await talk.hangUp();
  const [, goodbyeSaid] = talk.transcript.filter(({ kind }) => kind === "assistant");
  assert.ok(goodbyeSaid.kind === "assistant" && goodbyeSaid.cut);
  assert.deepEqual(talk.rig.rest.requests, []);
});

// https://github.com/pipecat-ai/pipecat/issues/4579
test("coughs while a tool takes longer than a silence may: nobody is asked whether they are there, and the result is heard", async () => {
  await using endpoint = new ToolEndpoint(() => "found", 5_000);
  await using talk = await lived({
    business: {
      ...time({ silencePromptAfterMs: 2_000, silenceGoodbyeAfterMs: 2_000 }),
      ...tools({ http: [{ ...endpoint.tool("lookup"), timeoutMs: 10_000 }], fillerAfterMs: 60_000 }),
    },
    replies: [call("lookup"), say(ANSWER, 600, "It is on its way.")],
    transcripts: ["Where is my order?", "", ""],
    script: [{ failure: "silent_model", turns: [2, 3] }],
  });
  await talk.speakAfterGreeting();
  for (let cough = 0; cough < 2; cough++) {
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await talk.speak(160);
  }
  await talk.hears(ANSWER);
  const lines = asked(await talk.session(1)).filter((line) => line?.includes("still there"));
  assert.deepEqual(lines, []);
  await talk.hearsOut();
  await talk.hangUp();
  assert.deepEqual(talk.transcript.flatMap((entry) => entry.kind === "tool" ? entry.outcome : []), ["done"]);
});

// https://github.com/livekit/agents/issues/2471
test("the answer to a tool's result is only written: it is said aloud, and the record has it once", async () => {
  await using endpoint = new ToolEndpoint(() => "shipped");
  await using talk = await lived({
    business: tools({ http: [endpoint.tool("lookup")] }),
    replies: [call("lookup"), [written("It was shipped.")], say(ANSWER, 600, "It was shipped.")],
  });
  await talk.speakAfterGreeting();
  await talk.hears(ANSWER);
  assert.ok(
    asked(await talk.session(1)).some((line) =>
      line?.includes("Say it aloud now, as it stands: It was shipped.")
    ),
  );
  await talk.hearsOut();
  await talk.hangUp();
  assert.deepEqual(said(talk), ["(500 Hz)", "It was shipped."]);
});

// https://github.com/livekit/agents/issues/5808
test("an answer that ends at its token limit before a word was heard is still owed", async () => {
  await using talk = await lived({
    replies: [say(ANSWER), say(AGAIN, 600, "We are open.")],
    script: [{ failure: "response_incomplete", reason: "max_output_tokens", responses: 2 }],
  });
  await talk.speakAfterGreeting();
  await talk.hears(AGAIN);
  await talk.hearsOut();
  await talk.hangUp();
  assert.ok(
    talk.transcript.some((entry) => entry.kind === "note" && entry.text.includes("max_output_tokens")),
  );
  assert.deepEqual(said(talk), ["(500 Hz)", "We are open."]);
});

// https://github.com/dograh-hq/dograh/issues/802
test("a model that thinks for 8 s: the caller hears that the line lives, then the one answer, in the one session", async () => {
  await using talk = await lived({
    replies: [say(ANSWER, 600, "It took a while.")],
    script: [{ failure: "slow_response", delayMs: 8_000, responses: 2 }],
  });
  await talk.speakAfterGreeting();
  const heardMs = talk.heardMs;
  await talk.hears(ANSWER);
  assert.ok(talk.caller.player.runs.length >= 3, "something is heard in between");
  assert.ok(talk.heardMs > heardMs + 600);
  const { record } = await talk.session(1);
  assert.deepEqual(record.responses.map(({ status }) => status), ["completed", "completed"]);
  assert.equal(talk.rig.emulator.stats().sessionsOpened, 1);
  await talk.hearsOut();
  await talk.hangUp();
  assert.deepEqual(said(talk), ["(500 Hz)", "It took a while."]);
});

// https://github.com/microsoft/botframework-telephony/issues/25
test("digits while the model thinks: its answer to the words before is not heard, the one to the digits is", async () => {
  await using talk = await lived({
    replies: [say(ANSWER, 4_000, "An old answer."), say(AGAIN, 600, "Thank you for the number.")],
    script: [{ failure: "slow_response", delayMs: 2_500, responses: 2 }],
  });
  await talk.speakAfterGreeting();
  await talk.until("the model thinks", () => talk.rig.app.calls.snapshots()[0].state === "thinking");
  for (const digit of "4711") {
    talk.caller.press(digit);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  await talk.hears(AGAIN);
  assert.ok(!talk.hasHeard(ANSWER));
  const session = await talk.session(1);
  assertOneAtATime(session);
  assert.ok(told(session).some(({ text }) => text === "The caller pressed the keys 4 7 1 1."));
  await talk.hearsOut();
  await talk.hangUp();
  assert.deepEqual(said(talk), ["(500 Hz)", "Thank you for the number."]);
  assert.ok(talk.transcript.some((entry) => entry.kind === "keys" && entry.digits === "4711"));
});

// https://github.com/twilio-samples/speech-assistant-openai-realtime-api-node/issues/19
test("semantic voice detection, which tells no silence: a cough of 200 ms does not silence the model where 500 ms do", async () => {
  await using talk = await lived({
    business: {
      turns: {
        ...DEFAULT_BUSINESS.turns,
        detection: { type: "semantic_vad", eagerness: "auto" },
        minInterruptionMs: 500,
      },
    },
    greetingMs: 5_000,
    replies: [say(ANSWER)],
    transcripts: [""],
  });
  await talk.hears(GREETING);
  await talk.speak(200);
  await talk.hearsOut();
  assert.ok(Math.abs(talk.heardMs - 5_000) <= 60 + talk.stoodStillMs(), `${talk.heardMs} ms`);
  assert.ok(!talk.hasHeard(ANSWER));
  await talk.hearsOut();
  await talk.hangUp();
  assert.deepEqual(said(talk), ["(500 Hz)"]);
  assert.ok(talk.transcript.every((entry) => entry.kind !== "assistant" || !entry.cut));
});
