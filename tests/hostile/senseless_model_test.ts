import assert from "node:assert/strict";
import { MAX_TOLD_ERRORS } from "../../src/call/conversation/conversation_events.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { eventually } from "../support/eventually.ts";
import { cpuMs } from "../support/http_attacker.ts";
import { ServerRig } from "../support/server_rig.ts";
import { type Senseless, SenselessModel } from "./senseless_model.ts";

/** What a call may take for all that its model says here, on a slow machine. A talk of five seconds takes a fifth. */
const MOST_MS = 1_000;
/** How long its events are worked at. */
const AT_WORK_MS = 2_000;

const transcribed = (transcript: string) => [
  { type: "input_audio_buffer.committed", item_id: "heard" },
  {
    type: "conversation.item.input_audio_transcription.completed",
    item_id: "heard",
    content_index: 0,
    transcript,
  },
];
const answering = [{ type: "response.created", response: { id: "answer", status: "in_progress" } }];

/** What no model should say, and none of which may hold up other calls. */
const SAYS: Readonly<Record<string, Senseless>> = {
  "a cough 3,000 times, each in a bracket that does not end": transcribed("(cough".repeat(3_000)),
  "18,000 brackets": transcribed("[".repeat(18_000)),
  "a transcription of a million characters": transcribed("one ".repeat(250_000)),
  "a transcription of 7 MB": transcribed("one ".repeat(1_750_000)),
  "errors of 900 kB": [1, 2, 3].map(() => ({
    type: "error",
    error: { type: "invalid_request_error", code: "strange", message: "1 ".repeat(450_000) },
  })),
  "20,000 errors": Array.from({ length: 20_000 }, () => ({
    type: "error",
    error: { type: "invalid_request_error", code: "strange", message: "Strange." },
  })),
  "JSON four million brackets deep": [`{"type":"response.done","response":${"[".repeat(4_000_000)}`],
  "JSON that is deep, and ends": [
    `{"type":"response.done","response":${'{"a":'.repeat(150_000)}1${"}".repeat(150_000)}}`,
  ],
  "an event of 60 MB": [`{"type":"response.done","a":"${"a".repeat(60e6)}"}`],
  "arguments of 7 MB": [
    ...answering,
    {
      type: "response.output_item.done",
      response_id: "answer",
      item: { type: "function_call", call_id: "c", name: "end_call", arguments: "[".repeat(7_000_000) },
    },
  ],
  "2,000 names of 500 characters": Array.from({ length: 2_000 }, (_, index) => ({
    type: "conversation.item.added",
    item: { id: `${index}${"x".repeat(495)}`, type: "message", role: "user", content: [] },
  })),
  "10,000 calls of tools in one answer": [...answering, {
    type: "response.done",
    response: {
      id: "answer",
      status: "completed",
      output: Array.from({ length: 10_000 }, (_, index) => ({
        type: "function_call",
        id: `i${index}`,
        call_id: `c${index}`,
        name: "end_call",
        arguments: "{}",
      })),
    },
  }],
};

Deno.test("whatever a model says, its call costs the other calls no more than a talk does", async () => {
  await using model = new SenselessModel();
  await using rig = await ServerRig.start({ env: { OPENAI_REALTIME_URL: model.url } });
  const costs: Record<string, string> = {};
  for (const [what, says] of Object.entries(SAYS)) {
    await eventually("calls are taken", async () => {
      const answer = await rig.ask("/readyz");
      await answer.body?.cancel();
      return answer.ok;
    }, 30_000);
    model.says = says;
    const { said } = model;
    const startMs = await cpuMs(rig.server.pid);
    const caller = rig.caller({ speech: CallerSpeech.silence(60_000) });
    const placed = caller.place();
    await eventually("the model has said it", () => model.said > said);
    await new Promise((resolve) => setTimeout(resolve, AT_WORK_MS));
    const answer = await rig.ask("/healthz"); // once it is through with all of it
    await answer.body?.cancel();
    const ms = await cpuMs(rig.server.pid) - startMs;
    costs[what] = `${ms} ms`;
    caller.hangUp();
    await placed;
    assert.ok(ms <= MOST_MS, `${what}: ${ms} ms`);
  }
  if (Deno.args.includes("--show")) console.table(costs);
  assert.doesNotMatch(rig.server.log, /"event":"(?:uncaught_error|unhandled_rejection|stream_failed)"/);
  const told = rig.logged("realtime_error").length;
  assert.ok(told <= Object.keys(SAYS).length * MAX_TOLD_ERRORS, `${told} errors are told of`);
  const longest = Math.max(...rig.server.log.split("\n").map(({ length }) => length));
  assert.ok(longest < 4_000, `a line of the log has ${longest} characters`);
});
