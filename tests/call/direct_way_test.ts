import { Reconnects } from "../../src/model/reconnects.ts";
import assert from "node:assert/strict";
import { PcmuEngine } from "../../src/audio/pcmu_engine.ts";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { CallSession } from "../../src/call/call_session.ts";
import { SuspendedCalls } from "../../src/call/suspended_calls.ts";
import type { Tool } from "../../src/call/tools/tool.ts";
import { MediaStream } from "../../src/carrier/twilio/media_stream.ts";
import { RealtimeSession } from "../../src/model/openai/realtime_session.ts";
import { Metrics } from "../../src/observability/metrics/metrics.ts";
import { FakeCallControl } from "../support/fake_call_control.ts";
import { FakeSocket } from "../support/fake_socket.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "../support/microtasks.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { audioDelta, SESSION_REQUEST, sessionUpdated } from "../support/session_rig.ts";
import { ACCOUNT_SID, CALL_SID, CONNECTED, mediaText, startText } from "../support/stream_messages.ts";

/** The functions of the program that are running, the latest first. Class names vary with what a function is called on. */
function running(): string[] {
  const usual = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const { stack = "" } = new Error();
  Error.stackTraceLimit = usual;
  const frames = stack.split("\n").filter((line) => line.includes("/src/"));
  return frames.map((line) => {
    const [, name, file] = /at (?:async )?(?:\w+\.)?(#?\w+).*\/(\w+)\.ts:/.exec(line) ?? [];
    return `${file} ${name}`;
  });
}

/** A socket that notes on what way each kind of message came to it. */
class TracingSocket extends FakeSocket {
  readonly ways = new Map<string, string[]>();

  override send(data: string): void {
    this.ways.set(/"(?:type|event)":"[a-z_.]+"/.exec(data)?.[0] ?? "", running());
    super.send(data);
  }
}

/** A call that is ready, between two sockets. */
async function traced(tools: Tool[] = []) {
  const clock = new ManualClock();
  const twilio = new TracingSocket();
  const openAi = new TracingSocket("connecting");
  const info = {
    callSid: CALL_SID,
    accountSid: ACCOUNT_SID,
    from: "+15550100001",
    to: "+15550100000",
    business: DEFAULT_BUSINESS,
  };
  const services = {
    clock,
    log: new RecordingLog(),
    metrics: new Metrics(),
    playback: { leadMs: 10_000, bufferMs: 120_000 },
    appendSize: { ms: 20 },
    toolsFor: () => tools,
    openRealtime: (_info: unknown, handler: ConstructorParameters<typeof RealtimeSession>[1]) =>
      new RealtimeSession({ open: () => openAi, session: SESSION_REQUEST, clock }, handler),
    reconnects: new Reconnects(clock),
    openControl: () => Object.assign(new FakeCallControl(), { fallBack: () => Promise.resolve() }),
    callCost: () => undefined,
    book() {},
    spentLimit: () => undefined,
    suspended: new SuspendedCalls(() => clock.now()),
  };
  const refuse = (error: unknown) => {
    throw error;
  };
  new MediaStream(
    twilio,
    clock,
    (_start, stream) =>
      Promise.resolve(
        new CallSession(stream, info, services, new PcmuEngine(), { released: () => {}, ended: () => {} }),
      ),
    { onViolation: refuse, onHandlerError: refuse },
  );
  twilio.deliver(CONNECTED);
  twilio.deliver(startText());
  await settle();
  openAi.open();
  openAi.deliver(sessionUpdated());
  return { twilio, openAi };
}

Deno.test("a caller's frame takes seven calls from Twilio's socket to OpenAI's", async () => {
  const { twilio, openAi } = await traced();
  twilio.deliver(mediaText(0));
  assert.deepEqual(openAi.ways.get(`"type":"input_audio_buffer.append"`)?.toReversed(), [
    "media_stream #receive",
    "media_stream #onMessage",
    "media_stream #onMedia",
    "uplink write",
    "uplink #take",
    "uplink #append",
    "realtime_session appendAudio",
  ]);
});

Deno.test("audio of the model takes ten calls from OpenAI's socket to Twilio's", async () => {
  const { twilio, openAi } = await traced();
  openAi.deliver(audioDelta(btoa("\xff".repeat(800))));
  assert.deepEqual(twilio.ways.get(`"event":"media"`)?.toReversed(), [
    "realtime_session #onMessage",
    "realtime_session #dispatch",
    "conversation_events onAudioDelta",
    "answer_audio delta",
    "buffered_engine down",
    "answer_audio #play",
    "playback write",
    "playback_sender send",
    "media_stream sendMedia",
    "media_stream #send",
  ]);
});

Deno.test("a tool is run seven calls behind OpenAI's socket, and its output takes five back", async () => {
  const started: string[][] = [];
  const { openAi } = await traced([{
    name: "look_up",
    description: "",
    get parameters() {
      started.push(running()); // read just before the tool is run
      return { type: "object" };
    },
    timeoutMs: 1_000,
    run: () => Promise.resolve({ output: 1, wantsResponse: true }),
  }]);
  openAi.deliver({
    type: "response.output_item.done",
    event_id: "e1",
    output_index: 0,
    response_id: "r1",
    item: {
      type: "function_call",
      id: "i1",
      call_id: "c1",
      name: "look_up",
      arguments: "{}",
      status: "completed",
    },
  });
  await settle();
  assert.deepEqual(started[0].toReversed(), [
    "realtime_session #onMessage",
    "realtime_session #dispatch",
    "realtime_session #onParsed",
    "conversation_events onEvent",
    "function_calls event",
    "function_calls #itemDone",
    "tool_runner start",
    "prepare_call prepare",
  ]);
  assert.deepEqual(openAi.ways.get(`"type":"conversation.item.create"`)?.toReversed(), [
    "tool_runner #run",
    "tool_runner #finish",
    "function_calls onOutput",
    "item_sender send",
    "realtime_session send",
  ]);
});
