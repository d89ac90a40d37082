import { AuthTokens } from "../../src/carrier/twilio/auth_tokens.ts";
import assert from "node:assert/strict";
import {
  SimulatedOutboundCall,
  type SimulatedOutboundCallOptions,
} from "../../src/lab/twilio/simulated_outbound_call.ts";
import { EmulatedTwilioApi as Api } from "../../src/lab/twilio/emulated_twilio_api.ts";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { placeCall } from "../../src/carrier/twilio/place_call.ts";
import { TwilioRest } from "../../src/carrier/twilio/twilio_rest.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { CALLED, CALLER, PUBLIC_URL, WebhookRig } from "../support/webhook_rig.ts";

const ACCOUNT_SID = "AC" + "1".repeat(32);
const AUTH_TOKEN = "a test's auth token";

/**
 * Places a call by `POST /calls` through the emulated API, which rings and asks the webhooks back over HTTP. Nobody takes
 * the stream: its upgrade is answered 404, so that an answered call goes on to the fallback.
 */
async function placed(machineDetection: string, party: Omit<SimulatedOutboundCallOptions, "line">) {
  const clock = new SystemClock();
  const outbound = { ...DEFAULT_BUSINESS.outbound, to: ["own country"] };
  const rig = new WebhookRig({ outbound }, 1, CALLED);
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => rig.handle(request, "127.0.0.1"),
  );
  const line = {
    clock,
    server: `http://127.0.0.1:${server.addr.port}`,
    publicUrl: PUBLIC_URL,
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
  };
  const calls: SimulatedOutboundCall[] = [];
  await using api = new Api({
    clock,
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    onCreate: (request) => {
      const call = new SimulatedOutboundCall(request, { line, ...party });
      calls.push(call);
      return call;
    },
  });
  const office = placeCall({
    ...rig,
    rest: new TwilioRest({ apiUrl: api.url, authTokens: new AuthTokens(AUTH_TOKEN), clock }),
    twilioAccountSid: ACCOUNT_SID,
  });
  const answer = await office(
    new Request("http://127.0.0.1/calls", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ to: CALLER, machineDetection }),
    }),
    "127.0.0.1",
  );
  assert.equal(answer.status, 201);
  const inUse = rig.admission.inUse;
  const [call] = calls;
  assert.deepEqual(await answer.json(), { callSid: call.callSid });
  await call.ended;
  const statuses = rig.log.events.filter(({ event }) => event === "call_status")
    .map(({ attributes }) => attributes.status);
  return { rig, call, inUse, statuses };
}

for (const outcome of ["busy", "no-answer", "failed"] as const) {
  Deno.test(`An outbound call that is ${outcome} gives its slot back`, async () => {
    const { rig, call, inUse, statuses } = await placed("off", { outcome, ringMs: 50 });
    assert.equal(inUse, 1);
    assert.deepEqual(statuses, ["ringing", outcome]);
    assert.deepEqual(call.problems, []);
    assert.equal(rig.admission.inUse, 0);
  });
}

Deno.test("An outbound call that a machine answers is hung up on", async () => {
  const { rig, call, statuses } = await placed("hang_up", { answeredBy: "machine_start" });
  assert.deepEqual(statuses, ["ringing", "in-progress", "completed"]);
  assert.deepEqual(call.problems, []);
  assert.deepEqual([call.caller?.streams, call.caller?.said], [[], []]);
  assert.equal(rig.admission.inUse, 0);
});

Deno.test("An outbound call whose stream fails hears the fallback, and gives its slot back", async () => {
  const { rig, call } = await placed("hang_up", { answeredBy: "human" });
  assert.deepEqual(call.caller?.problems.map(({ code }) => code), [31920]);
  assert.deepEqual(call.caller?.said, [rig.business.fallback.words]);
  assert.equal(rig.log.names.includes("after_stream"), true);
  assert.equal(rig.admission.inUse, 0);
});
