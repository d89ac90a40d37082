import assert from "node:assert/strict";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import type { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { eventually } from "../support/eventually.ts";
import { hasTone } from "../../src/lab/call/tone_detector.ts";
import { PUBLIC_URL, ServerRig } from "../support/server_rig.ts";
import { ANSWER, call, GREETING, say, sessions } from "../support/talk.ts";
import { WebhookEndpoint } from "../support/webhook_endpoint.ts";

const TO = "+15550100100";

/** Events of the process, not of a call; a stranger's request is nobody's call. */
const OF_THE_PROCESS =
  /^(?:listening|draining|stopped|memory|service_\w+|login\w*|businesses_\w+|hold_words_\w+|webhook_refused|request_failed)$/;

interface Line {
  event: string;
  level: string;
  call?: string;
  request?: string;
}

/** What a server has logged, once it has stopped. */
async function linesOf(rig: ServerRig): Promise<Line[]> {
  rig.server.signal("SIGTERM");
  await rig.server.ended();
  return rig.server.log.trim().split("\n").map((line) => JSON.parse(line));
}

async function hears(caller: SimulatedCaller, rig: ServerRig, frequencyHz: number): Promise<void> {
  await eventually(
    `${frequencyHz} Hz is heard`,
    () => hasTone(caller.player.heard(rig.clock.now()), frequencyHz),
    20_000,
  );
}

/** A call from beginning to end: greeting, a question, a tool that fails, the answer, goodbye. */
async function wholeCall(rig: ServerRig): Promise<string> {
  const caller = rig.caller({
    to: TO,
    statusCallback: { url: `${PUBLIC_URL}/voice/status`, method: "POST" },
  });
  const over = caller.place();
  await hears(caller, rig, GREETING);
  await new Promise<void>((resolve) => caller.speech.say(CallerSpeech.tone(300, 600), resolve));
  await hears(caller, rig, ANSWER);
  caller.hangUp();
  const { problems } = await over;
  assert.deepEqual(problems, []);
  return caller.callSid;
}

Deno.test("every line of the log that concerns a call has its CallSid, from its webhook to its record", async () => {
  await using endpoint = new WebhookEndpoint();
  endpoint.status = 500;
  await using rig = await ServerRig.start({
    agent: sessions([say(GREETING, 600), call("lookup", { id: "1" }), say(ANSWER, 600)]),
    script: [{ at: { on: "appended", afterMs: 8_000 }, failure: "drop" }], // later than the first call ends
    businesses: {
      "practice.json": {
        name: "Practice",
        numbers: [TO],
        instructions: "You answer for a practice.",
        tools: {
          http: [{
            name: "lookup",
            description: "Looks something up.",
            parameters: { type: "object", properties: { id: { type: "string" } } },
            url: "http://127.0.0.1:9/lookup", // nobody is there
          }],
        },
        limits: { callsAtOnce: 1 },
        records: { webhook: { url: endpoint.url, signingSecret: "a secret of this test" } },
      },
    },
    env: {
      LOG_LEVEL: "debug",
      PRIVATE_HOSTS: `127.0.0.1:9,${new URL(endpoint.url).host}`,
      WARM_SESSIONS: "0",
    },
  });
  const first = await wholeCall(rig);
  await eventually("its record waits", () => rig.logged("delivery_failed").length > 0);

  // One whose session is lost on its way, and one that is turned away meanwhile.
  const second = rig.caller({ to: TO });
  const secondOver = second.place();
  await hears(second, rig, GREETING);
  const third = rig.caller({ to: TO });
  await third.place();
  const isBack = () => rig.logged("agent_back").some((line) => line.call === second.callSid);
  await eventually("the agent is back", isBack);
  second.hangUp();
  await secondOver;

  const lines = await linesOf(rig);
  const ofCalls = lines.filter(({ event }) => !OF_THE_PROCESS.test(event));
  assert.deepEqual(ofCalls.filter((line) => line.call === undefined), []);
  const sids = [first, second.callSid, third.callSid];
  assert.deepEqual(ofCalls.filter((line) => !sids.includes(line.call!)), []);
  const eventsOf = (sid: string) => lines.filter((line) => line.call === sid).map(({ event }) => event);
  for (
    const event of [
      "call_started",
      "agent_ready",
      "tool_finished",
      "call_ended",
      "call_status",
      "delivery_failed",
    ]
  ) {
    assert.ok(eventsOf(first).includes(event), `${event} of the first call: ${eventsOf(first)}`);
  }
  for (const event of ["call_started", "agent_down", "agent_back", "call_ended"]) {
    assert.ok(eventsOf(second.callSid).includes(event), event);
  }
  assert.ok(eventsOf(third.callSid).includes("call_refused"));
});

Deno.test("each request has an id: the one that it brings, or a new one, in its answer and in its lines", async () => {
  await using rig = await ServerRig.start();
  const params = new URLSearchParams({ CallSid: `CA${"7".repeat(32)}`, CallStatus: "completed" });
  const post = async (path: string, headers: Record<string, string>) =>
    await fetch(rig.url + path, {
      method: "POST",
      headers: { ...headers, connection: "close" },
      body: params,
    });
  const idOf = async (response: Response) => {
    await response.body?.cancel();
    return response.headers.get("x-request-id");
  };

  const signed = await rig.signed("/voice/status", params);
  assert.equal(
    await idOf(await post("/voice/status", { ...signed, "x-request-id": "twilio-1" })),
    "twilio-1",
  );
  const form = { "content-type": "application/x-www-form-urlencoded" };
  assert.equal(await idOf(await post("/voice", { ...form, "x-request-id": "stranger-1" })), "stranger-1");
  const made = await idOf(await post("/voice", { ...form, "x-request-id": `${"a".repeat(65)}` }));
  assert.match(made!, /^[0-9a-f-]{36}$/);
  const made2 = await idOf(await fetch(`${rig.url}/nowhere`, { headers: { connection: "close" } }));
  assert.match(made2!, /^[0-9a-f-]{36}$/);
  assert.notEqual(made, made2);
  const stream = await rig.ask("/media/stream/token", { headers: { "x-request-id": "stream-1" } });
  assert.equal(await idOf(stream), "stream-1");

  const lines = await linesOf(rig);
  const requestsOf = (event: string) =>
    lines.filter((line) => line.event === event).map(({ request }) => request);
  assert.deepEqual(requestsOf("call_status"), ["twilio-1"]);
  assert.deepEqual(requestsOf("webhook_refused"), ["stranger-1", made]);
});
