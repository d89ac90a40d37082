import assert from "node:assert/strict";
import {
  created,
  done,
  functionCall,
  itemDone,
  WrittenCall,
  type WrittenRequest,
  type WrittenSession,
} from "../support/written_call.ts";

/*
 * Responses that OpenAI does not make when it is asked for them: the request is refused, meets a response that nobody
 * knows of, or a limit of the rate. The model's events are written by hand; a byte names an answer.
 */

/** Refuses a request, by the error that the session is told. */
function refuse(session: WrittenSession, { eventId }: WrittenRequest, code = "invalid_value"): void {
  const message = `Conversation already has an active response in progress: resp_ghost.`;
  session.tell({ type: "error", error: { type: "invalid_request_error", code, message, event_id: eventId } });
}

/** The session refuses so many of the requests that `isMeant` is true for, and makes all others. */
function refuses(
  session: WrittenSession,
  times: number,
  isMeant: (request: WrittenRequest) => boolean,
): void {
  const { onCreate } = session;
  let left = times;
  session.onCreate = (request) =>
    isMeant(request) && left-- > 0 ? refuse(session, request) : onCreate(request);
}

const isGreeting = ({ instructions }: WrittenRequest) => instructions.endsWith("Greet.");
const isGoodbye = ({ instructions }: WrittenRequest) => instructions.includes("Say goodbye");

// https://github.com/openai/openai-agents-python/issues/1466
Deno.test("A greeting that OpenAI refuses is asked for again at once, and in another session when it is refused there", async () => {
  const once = await WrittenCall.begin({}, (session) => refuses(session, 1, isGreeting));
  await once.hears(1);
  assert.ok(once.heard[0].fromMs < 500, `${once.heard[0].fromMs} ms`);
  assert.ok(once.now.requests.every(isGreeting));
  await once.record();

  const always = await WrittenCall.begin({}, (session) => {
    if (session.number === 1) refuses(session, Infinity, isGreeting);
  });
  await always.hears(1, 15_000);
  assert.equal(always.written.length, 2);
  assert.ok(isGreeting(always.now.requests[0]), "greets there");
  assert.ok(always.written[0].requests.length <= 4, "not asked for ever");
  assert.ok(always.longestSilence(0) <= 5_100);
  await always.record();
});

Deno.test("A goodbye that OpenAI refuses is said before the hang-up all the same", async () => {
  for (const times of [1, Infinity]) {
    const call = await WrittenCall.spokenTo("That is all.");
    refuses(call.now, times, isGoodbye);
    call.now.tell(created("resp_a"), itemDone("resp_a", functionCall("end_call")), done("resp_a"));
    await call.run(20_000, () => call.isOver);
    assert.equal(call.ended[0].reason, "agent_hung_up");
    const [, goodbye] = call.heard;
    assert.ok(goodbye.toMs - goodbye.fromMs >= 990 && goodbye.toMs <= call.twilio.asked[0].atMs, "heard out");
    assert.equal(call.written.length, times === 1 ? 1 : 2);
  }
});

Deno.test("The answer to a tool's result that OpenAI refuses is asked for again at once; a filler is not waited for", async () => {
  const call = await WrittenCall.spokenTo("Book it.");
  refuses(call.now, 1, () => true);
  call.now.tell(created("resp_a"), itemDone("resp_a", functionCall("fast")), done("resp_a"));
  const fromMs = call.clock.now();
  await call.hears(2);
  assert.ok(call.heard[1].fromMs - fromMs < 500);
  await call.record();

  const filled = await WrittenCall.spokenTo("Book it.");
  refuses(filled.now, Infinity, ({ toolChoice }) => toolChoice === "none");
  filled.now.tell(created("resp_a"), itemDone("resp_a", functionCall("slow")), done("resp_a"));
  const calledMs = filled.clock.now();
  await filled.hears(2);
  assert.ok(filled.heard[1].fromMs - calledMs < 3_000, `${filled.heard[1].fromMs - calledMs} ms`);
  await filled.record();
});

// https://github.com/livekit/agents/issues/6223
Deno.test("A response that nobody has told of, and that stands in the way, is cancelled when the caller has waited for too long", async () => {
  const call = await WrittenCall.begin();
  await call.hears(1);
  const { now } = call;
  const { onCreate } = now;
  const isCancelled = () => now.of("response.cancel").length > 0;
  now.onCreate = (request) =>
    isCancelled() ? onCreate(request) : refuse(now, request, "conversation_already_has_active_response");
  call.twilio.press("5");
  const fromMs = call.clock.now();
  await call.hears(2);
  assert.deepEqual(now.of("response.cancel").map(({ response_id }) => response_id), [undefined]);
  assert.equal(call.written.length, 1);
  assert.ok(call.heard[1].fromMs - fromMs < 7_500, `${call.heard[1].fromMs - fromMs} ms`);
  await call.record();
});

/** From `fromMs` on, all that is asked for or answered fails by a limit of the rate, until `untilMs`. */
function limits(call: WrittenCall, untilMs: number): (request?: WrittenRequest) => void {
  const { now } = call;
  const { onCreate } = now;
  let count = 0;
  const fail = (request?: WrittenRequest) => {
    const id = `resp_limited_${++count}`;
    const message = "Rate limit reached. Please try again in 6.2s.";
    const error = { type: "tokens", code: "rate_limit_exceeded", message };
    now.tell(
      created(id, request),
      done(id, { request, status: "failed", details: { type: "failed", error } }),
    );
  };
  now.onCreate = (request) => call.clock.now() < untilMs ? fail(request) : onCreate(request);
  return fail;
}

// https://github.com/livekit/agents/pull/2967
Deno.test("A limit of the rate that passes within 15 s is waited for: the caller hears notes, and the answer", async () => {
  const call = await WrittenCall.spokenTo("When are you open?");
  const fromMs = call.clock.now();
  limits(call, fromMs + 6_200)();
  await call.hears(2);
  assert.ok(call.heard[1].fromMs - fromMs < 7_500, `${call.heard[1].fromMs - fromMs} ms`);
  assert.ok(call.longestSilence(fromMs) <= 5_100, `${call.longestSilence(fromMs)} ms`);
  assert.equal(call.written.length, 1);
  await call.record();

  // Who asks what is the matter meanwhile does not make it end sooner.
  const asks = await WrittenCall.spokenTo("When are you open?");
  const fail = limits(asks, asks.clock.now() + 12_000);
  fail();
  for (let turn = 1; turn <= 4; turn++) {
    await asks.utters(`item_a${turn}`, "Hello?", 600);
    fail();
    await asks.run(900);
  }
  await asks.hears(2);
  assert.equal(asks.heard.length, 2);
  await asks.record();

  const always = await WrittenCall.spokenTo("When are you open?");
  const beganMs = always.clock.now();
  limits(always, Infinity)();
  await always.run(30_000, () => always.isOver);
  assert.equal(always.ended[0].reason, "agent_lost");
  assert.ok(always.endedAtMs - beganMs < 16_000, `${always.endedAtMs - beganMs} ms`);
});

// https://github.com/PatterAI/Patter/issues/154
Deno.test("A session that gives or takes other audio than it was asked for is refused: the caller hears the fallback, and no noise", async () => {
  const pcm = { format: { type: "audio/pcm", rate: 24_000 } };
  const pcmu = { format: { type: "audio/pcmu" } };
  for (const audio of [{ input: pcmu, output: pcm }, { input: pcm, output: pcmu }]) {
    const call = await WrittenCall.begin({}, (session) => session.effective = { type: "realtime", audio });
    await call.run(5_000, () => call.isOver);
    assert.equal(call.ended[0]?.reason, "agent_lost");
    assert.deepEqual(call.heard, []);
    assert.ok(call.endedAtMs < 1_000, "at once");
    const [{ attributes }] = call.log.events.filter(({ event }) => event === "agent_lost");
    assert.deepEqual([attributes.code, attributes.kind], ["realtime_other_format", "fatal"]);
  }
  const call = await WrittenCall.begin({}, (session) => {
    session.effective = { type: "realtime", audio: { input: pcmu, output: pcmu } };
  });
  await call.hears(1);
  await call.record();
});
